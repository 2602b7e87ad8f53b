"""The guard's reports, sensors, and requests about doors."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input
from appliance.core.model import DoorId, SensorId


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReady(Input):
    """The relay guard runs and all relays are at rest; earlier pulses are void."""


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
    """Open a door for one pulse; `seconds` None: the door's own length."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HoldDoor:
    """Hold a door open; `seconds` None: as long as the door allows."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """End a door's hold."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class LockDoor:
    """Lock a door down; the reply follows when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class UnlockDoor:
    """End a door's lockdown; the reply follows when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class ClearSensor:
    """End the block of a sensor, so that doors open again."""

    sensor: SensorId


Lockdown = LockDoor | UnlockDoor


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorEdge(Input):
    """The level of a sensor's line has changed, or is known for the first time; None: the line is lost."""

    sensor: SensorId
    active: bool | None
