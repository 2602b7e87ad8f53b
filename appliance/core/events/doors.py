"""Doors, sensors and rules."""

from dataclasses import dataclass

from appliance.core.events.base import Event
from appliance.core.model import DoorId, Means, SensorId, SensorKind


@dataclass(frozen=True, slots=True)
class DoorUnlocked(Event):
    """The relay is energised. `by`: who opened it; `means`: by what; `held`: it is held open."""

    TYPE = "door.unlocked"
    door: DoorId
    by: str
    means: Means
    seconds: float
    held: bool


@dataclass(frozen=True, slots=True)
class DoorLocked(Event):
    """The relay is at rest again."""

    TYPE = "door.locked"
    door: DoorId


@dataclass(frozen=True, slots=True)
class DoorDenied(Event):
    """Somebody wanted the door to open, and it does not."""

    TYPE = "door.denied"
    door: DoorId
    by: str
    means: Means
    why: str


@dataclass(frozen=True, slots=True)
class DoorHoldEnding(Event):
    """A door that is held open is locked soon."""

    TYPE = "door.hold_ending"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorLockedDown(Event):
    """Nothing opens the door any more, until it is unlocked."""

    TYPE = "door.locked_down"
    door: DoorId
    by: str


@dataclass(frozen=True, slots=True)
class DoorLockdownEnded(Event):
    """The door can be opened again."""

    TYPE = "door.lockdown_ended"
    door: DoorId
    by: str


@dataclass(frozen=True, slots=True)
class DoorOpened(Event):
    """The door's leaf has opened, as its contact tells."""

    TYPE = "door.opened"
    door: DoorId


@dataclass(frozen=True, slots=True)
class DoorClosed(Event):
    """The door's leaf is closed again; `seconds`: how long it was open."""

    TYPE = "door.closed"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorHeldOpen(Event):
    """The door's leaf has been open for longer than it should, and nobody holds it open by our relay."""

    TYPE = "door.held_open"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorForced(Event):
    """The door's leaf has opened, and we had not opened it."""

    TYPE = "door.forced"
    door: DoorId


@dataclass(frozen=True, slots=True)
class SensorChanged(Event):
    """A sensor's contact has left its rest, or is back in it."""

    TYPE = "sensor.changed"
    sensor: SensorId
    kind: SensorKind
    active: bool


@dataclass(frozen=True, slots=True)
class SensorBlocked(Event):
    """Somebody tampers: no door is opened, but from inside, for so long from when it has stopped."""

    TYPE = "sensor.blocked"
    sensor: SensorId
    seconds: float


@dataclass(frozen=True, slots=True)
class SensorUnblocked(Event):
    """Doors are opened again. `by`: who said so; "": its time was over."""

    TYPE = "sensor.unblocked"
    sensor: SensorId
    by: str


@dataclass(frozen=True, slots=True)
class RuleTriggered(Event):
    """A rule of the configuration opens a door, or tries to. `on`: the type of event that it waited for."""

    TYPE = "rule.triggered"
    rule: str
    on: str
    door: DoorId
