"""The guard's reports, sensors, and orders for doors."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import DoorId, SensorId


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReady(Input):
    """The relay guard is there and all relays are inactive; pulses older than its birth are void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLost(Input):
    """The relay guard is gone."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayChanged(Input):
    """The guard energised a door's relay, or ended the pulse."""

    door: DoorId
    energised: bool
    pulse: int


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """One pulse; `seconds` None: the door's own."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HoldDoor:
    """Hold open; `seconds` None: as long as the door may be."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """End the hold."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class LockDoor:
    """Lock down; replied to when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class UnlockDoor:
    """End the lockdown; replied to when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class ClearSensor:
    """Let doors open again that a sensor blocks."""

    sensor: SensorId


Lockdown = LockDoor | UnlockDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorEdge(Input):
    """A sensor's line is so from now on, or since it was taken; None: it is lost."""

    sensor: SensorId
    active: bool | None
