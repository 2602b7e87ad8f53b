"""The guard's reports, sensors, and requests about doors."""

from appliance.base.record import Tagged
from appliance.core.inputs.base import Input
from appliance.core.model import DoorId, Opening, SensorId


class GuardReady(Input, kw_only=True):
    """The relay guard runs and all relays are at rest; earlier pulses are void."""


class GuardLost(Input, kw_only=True):
    """The relay guard is gone."""

    why: str


class RelayChanged(Input, kw_only=True):
    """The guard energised a door's relay, or ended the pulse."""

    door: DoorId
    energised: bool
    pulse: int


class OpeningsRead(Input, kw_only=True):
    """The last opening of each door, as the audit has it."""

    openings: tuple[Opening, ...]


class OpenDoor(Tagged):
    """Open a door for one pulse; `seconds` None: the door's own length."""

    door: DoorId
    seconds: float | None = None


class HoldDoor(Tagged):
    """Hold a door open; `seconds` None: as long as the door allows."""

    door: DoorId
    seconds: float | None = None


class ReleaseDoor(Tagged):
    """End a door's hold."""

    door: DoorId


class LockDoor(Tagged):
    """Lock a door down; the reply follows when that is on disc."""

    door: DoorId


class UnlockDoor(Tagged):
    """End a door's lockdown; the reply follows when that is on disc."""

    door: DoorId


class ClearSensor(Tagged):
    """End the block of a sensor, so that doors open again."""

    sensor: SensorId


Lockdown = LockDoor | UnlockDoor


class SensorEdge(Input, kw_only=True):
    """The level of a sensor's line has changed, or is known for the first time; None: the line is lost."""

    sensor: SensorId
    active: bool | None
