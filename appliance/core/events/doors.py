"""Doors, sensors and rules."""

from appliance.base.errors import ErrorCode
from appliance.core.events.base import Event
from appliance.core.model import DoorId, OpenedBy, RuleLimit, SensorId, SensorKind


class DoorUnlocked(Event):
    """The relay is energised. by: the person or part that opened the door; means: how; held: the door is held open."""

    TYPE = "door.unlocked"
    door: DoorId
    by: str
    means: OpenedBy
    seconds: float
    held: bool


class DoorLocked(Event):
    """The relay is at rest again."""

    TYPE = "door.locked"
    door: DoorId


class DoorDenied(Event):
    """A door was not opened although it was requested."""

    TYPE = "door.denied"
    door: DoorId
    by: str
    means: OpenedBy
    why: str


class DoorHoldEnding(Event):
    """The hold of a door ends in `seconds`."""

    TYPE = "door.hold_ending"
    door: DoorId
    seconds: float


class DoorLockedDown(Event):
    """The door is locked down: nothing opens it until the lockdown ends."""

    TYPE = "door.locked_down"
    door: DoorId
    by: str


class DoorLockdownEnded(Event):
    """The lockdown has ended; the door can be opened again."""

    TYPE = "door.lockdown_ended"
    door: DoorId
    by: str


class DoorOpened(Event):
    """The leaf of the door has opened, as its contact reports; of several leaves the first."""

    TYPE = "door.opened"
    door: DoorId


class DoorClosed(Event):
    """The leaf of the door is closed again, of several the last; `seconds`: how long the door was open."""

    TYPE = "door.closed"
    door: DoorId
    seconds: float


class DoorHeldOpen(Event):
    """The leaf of the door has been open for too long, `seconds`, without a hold."""

    TYPE = "door.held_open"
    door: DoorId
    seconds: float


class DoorForced(Event):
    """The leaf of the door has opened without our relay."""

    TYPE = "door.forced"
    door: DoorId


class SensorChanged(Event):
    """A sensor became active, or returned to rest."""

    TYPE = "sensor.changed"
    sensor: SensorId
    kind: SensorKind
    active: bool


class SensorBlocked(Event):
    """A tamper contact is active: doors open only from inside, until `seconds` after it has returned to rest."""

    TYPE = "sensor.blocked"
    sensor: SensorId
    seconds: float


class SensorUnblocked(Event):
    """Doors can be opened again. `by`: the client that ended the blocking; "": its time was over."""

    TYPE = "sensor.unblocked"
    sensor: SensorId
    by: str


class RuleTriggered(Event):
    """A rule acts. on: type of the event that triggered it, or `time`. door: that it opens; orders: that it gives.

    Its orders may still be refused: see `rule.failed`, and `door.denied`.
    """

    TYPE = "rule.triggered"
    rule: str
    on: str
    door: DoorId | None
    orders: tuple[str, ...] = ()


class RuleStopped(Event):
    """A rule does not act although its conditions hold: it would follow from its own acts, or it acts too often.

    Reported once; the next acts may happen when others did not follow for a while.
    """

    TYPE = "rule.stopped"
    rule: str
    why: RuleLimit


class RuleFailed(Event):
    """An order of a rule was refused, or did not succeed. code: of the error, as in `error`."""

    TYPE = "rule.failed"
    rule: str
    order: str
    code: ErrorCode
    message: str
    cause: str
    resolution: str


class RuleAdded(Event):
    """A client has made a rule, or replaced one of its own."""

    TYPE = "rule.added"
    rule: str
    by: str


class RuleRemoved(Event):
    """A client has removed a rule."""

    TYPE = "rule.removed"
    rule: str
    by: str
