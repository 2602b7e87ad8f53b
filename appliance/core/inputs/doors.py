"""The guard's reports, sensors, and requests about doors."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, Input
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


class OpenDoor(Action):
    """Energise the relay for one pulse, at most for the door's own limit."""

    door: DoorId
    seconds: (
        Annotated[
            float, Meta(gt=0, le=60, description="Length of the pulse; null: the configured one.", examples=[3.0])
        ]
        | None
    ) = None


class HoldDoor(Action):
    """Hold the door open, at most for the door's own limit; `door.hold_ending` warns before the end."""

    door: DoorId
    seconds: (
        Annotated[
            float,
            Meta(gt=0, le=43_200, description="Duration of the hold; null: the longest one allowed.", examples=[600.0]),
        ]
        | None
    ) = None


class ReleaseDoor(Action):
    """End the hold."""

    door: DoorId


class LockDoor(Action):
    """Lock the door down: nothing opens it, also after a restart or power cut. The answer comes after it is saved."""

    door: DoorId


class UnlockDoor(Action):
    """End the lockdown; this does not open the door. The answer comes after it is saved."""

    door: DoorId


class ClearSensor(Action):
    """End the blocking of doors by a tamper contact."""

    sensor: SensorId


Lockdown = LockDoor | UnlockDoor


class SensorEdge(Input, kw_only=True):
    """The level of a sensor's line has changed, or is known for the first time; None: the line is lost."""

    sensor: SensorId
    active: bool | None
