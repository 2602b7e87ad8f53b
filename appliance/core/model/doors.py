"""Doors, their relays, sensors and rules."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.access import Attempt, Means
from appliance.core.model.clock import Period
from appliance.core.model.ids import DoorId, SensorId


class DoorState(StrEnum):
    """What a door is now: its relay at rest, energised, or so for long; or nothing opens it."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    HELD = "held"
    LOCKED_DOWN = "locked_down"


class SensorKind(StrEnum):
    """What a sensor watches: a door's leaf, the panel's housing, who comes near, or something that is only told."""

    CONTACT = "contact"
    TAMPER = "tamper"
    MOTION = "motion"
    OTHER = "other"


class Strike(StrEnum):
    """What a strike does without current: stays locked, or opens. Either way the relay is energised to open."""

    FAIL_SECURE = "fail_secure"
    FAIL_SAFE = "fail_safe"


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """A door: one pulse's length, the bound that no pulses exceed, and the digits that open it in a call.

    max_hold_s: how long it may be held open; 0: never.
    """

    id: DoorId
    pulse_s: float = 3.0
    max_s: float = 10.0
    digits: str = ""
    max_hold_s: float = 0.0
    strike: Strike = Strike.FAIL_SECURE


@dataclass(frozen=True, slots=True)
class Rule:
    """`door` opens by itself when an event of the type `on` comes; `times`: only then, none: always.

    where: what its fields must be, as text; true and false are so.
    """

    name: str
    on: str
    door: DoorId
    where: tuple[tuple[str, str], ...] = ()
    times: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """A sensor. A contact: of which door, and how long that may be open; 0: as long as it likes.

    block_s: for how long a tamper contact blocks opening; 0: not at all.
    """

    id: SensorId
    kind: SensorKind
    door: DoorId | None = None
    open_s: float = 60.0
    block_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """A door's pulse. `id`: CLOCK_MONOTONIC nanoseconds of the decision; `began` and `until` in seconds.

    `confirmed`: the guard took this id; `energised`: it said that the relay is on, be it by an earlier id. `held`: the
    door is held open; `warned`: that this ends soon was told. `attempts`: codes and cards whose outcome the guard's
    answer decides.
    """

    id: int
    began: float
    until: float
    by: str
    means: Means
    confirmed: bool = False
    energised: bool = False
    held: bool = False
    warned: bool = False
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensing:
    """A sensor's line. `active`: the level that counts, None until one has settled; `level`: the newest seen.

    until: a door's leaf should not be open for longer. ours_until: nobody forces it so soon after the relay's end.
    alarm: forced, or held_open, until the leaf is closed.
    """

    active: bool | None = None
    level: bool = False
    settles: float | None = None
    since: float = 0.0
    until: float | None = None
    ours_until: float = 0.0
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Nothing is opened until then, since that sensor reported tampering."""

    sensor: SensorId
    until: float
