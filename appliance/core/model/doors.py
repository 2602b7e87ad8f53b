"""Doors, their relays, sensors and rules."""

from enum import StrEnum
from typing import Literal

from appliance.base.record import Record
from appliance.core.model.access import AccessScope, Attempt, OpenedBy
from appliance.core.model.clock import Clock, Day, Deadline, Often, Period
from appliance.core.model.ids import DoorId, SensorId

LeafState = Literal["open", "closed", "unknown"]
LeafAlarm = Literal["forced", "held_open"]


class DoorState(StrEnum):
    """The state of a door: relay at rest, energised by a pulse, energised by a hold, or locked down."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    HELD = "held"
    LOCKED_DOWN = "locked_down"


class SensorKind(StrEnum):
    """The kinds of sensors: for a door's leaf, the panel's housing, motion, or anything else that is only reported."""

    CONTACT = "contact"
    TAMPER = "tamper"
    MOTION = "motion"
    OTHER = "other"


class Strike(StrEnum):
    """The state of a strike without current: locked, or open. In both cases the station energises the relay to open."""

    FAIL_SECURE = "fail_secure"
    FAIL_SAFE = "fail_safe"


class DoorSettings(Record):
    """A door: the length of a pulse, the limit of all pulses, and the digits that open it in a call. Seconds.

    max_hold_s: its longest hold; 0: no holds. display_name: its name for people; "": its id.
    """

    id: DoorId
    pulse_s: float = 3.0
    max_s: float = 10.0
    digits: str = ""
    max_hold_s: float = 0.0
    strike: Strike = Strike.FAIL_SECURE
    display_name: str = ""


class Moment(Record):
    """A time on some days of the week, in the station's time zone. time: HH:MM."""

    days: tuple[Day, ...]
    time: str


class Act(Record):
    """An order that a rule gives, of the list of orders. scopes: a token for the order needs them.

    values: the parts of its path and the fields of its body, as a JSON object; `{name}` in a text of it stands for a
    field of the event.
    """

    order: str
    values: str
    scopes: tuple[AccessScope, ...] = ()


class Rule(Record):
    """What happens by itself when an event of type `on` is reported, or at the moments `at`.

    door: it opens; None: the rule gives the orders `then`, within the scopes `allow`. where: the values that fields of
    the event must have, as text, true and false included. times: only then; empty: always. profile: name of a time
    profile within which it applies; "": none. holiday: true: it applies on holidays only; false: never then. state:
    values of the state by their paths. maker: id of the token that made it; by: who made it; "" for both: the
    configuration, or for the token a client that may do everything.
    """

    name: str
    on: str = ""
    door: DoorId | None = None
    where: tuple[tuple[str, str], ...] = ()
    times: tuple[Period, ...] = ()
    profile: str = ""
    at: tuple[Moment, ...] = ()
    holiday: bool | None = None
    state: tuple[tuple[str, str], ...] = ()
    then: tuple[Act, ...] = ()
    allow: tuple[AccessScope, ...] = ()
    maker: str = ""
    by: str = ""


def author(rule: str) -> str:
    """The name of a rule as the author of what it does: in events, in the audit, and of calls."""
    return f"rule {rule}"


class RuleLimit(StrEnum):
    """Why a rule does not act: it follows from too many acts of rules, or acts too often."""

    DEPTH = "depth"
    RATE = "rate"


class Acted(Record):
    """What a rule did. free_at: its acts fill their share until then; depth: acts of rules that led to the last one.

    stopped: the limit that forbids its acts, as reported.
    """

    rule: str
    free_at: float = 0.0
    at: float = 0.0
    depth: int = 0
    stopped: RuleLimit | None = None


class RulesPart(Record):
    """The rules that clients have made, what rules did lately, and when one acts by the clock.

    looked: seconds of local time until which moments have acted; None: the clock is not trusted. showed: the local time
    at the last look, and its `now`. planned: when the next moment comes, by `clock`, of the rules `at_times`.
    """

    made: tuple[Rule, ...] = ()
    acted: tuple[Acted, ...] = ()
    looked: float | None = None
    showed: tuple[float, float] = (0.0, 0.0)
    planned: Deadline | None = None
    clock: Clock | None = None
    at_times: tuple[Rule, ...] = ()


class SensorSettings(Record):
    """A sensor. A contact belongs to `door`; open_s: how long that door may stay open; 0: no limit.

    block_s: how long a tamper contact blocks opening; 0: not at all. debounce_s: how long a new level lasts
    before it counts.
    """

    id: SensorId
    kind: SensorKind
    door: DoorId | None = None
    open_s: float = 60.0
    block_s: float = 300.0
    debounce_s: float = 0.05


class Pulse(Record):
    """A door's pulse. `id`: CLOCK_MONOTONIC nanoseconds of the decision; `began` and `until` in seconds.

    `confirmed`: the guard accepted this id; `energised`: it reported that the relay is on, even if for an earlier id.
    `held`: the pulse is a hold; `warned`: its near end was reported. `attempts`: codes and cards whose outcome depends
    on the guard's answer.
    """

    id: int
    began: float
    until: float
    by: str
    means: OpenedBy
    confirmed: bool = False
    energised: bool = False
    held: bool = False
    warned: bool = False
    attempts: tuple[Attempt, ...] = ()


class Opening(Record):
    """The last opening of a door. at: seconds since 1970; None: before the station knew the time."""

    door: DoorId
    at: float | None
    by: str
    means: OpenedBy
    held: bool


class Sensing(Record):
    """A sensor's line. `active`: the level that counts, None until one has settled; `level`: the newest level.

    until: when a door's leaf will have been open for too long. ours_until: until then, shortly after a pulse, an
    opening is not forced. ours: the door was open, or was until a moment ago, when the level changed that has yet to
    last. alarm: until the leaf is closed. changes: of the level that counts. flaps: there were too many of them, and
    a level must last for longer.
    """

    active: bool | None = None
    level: bool = False
    settles: Deadline | None = None
    since: float = 0.0
    until: Deadline | None = None
    ours_until: float = 0.0
    ours: bool = False
    alarm: LeafAlarm | Literal[""] = ""
    changes: Often = Often()
    flaps: bool = False


class TamperBlock(Record):
    """A block of doors until `until`, because the sensor reported tampering."""

    sensor: SensorId
    until: Deadline


class DoorsPart(Record):
    """The doors, their sensors, and their relays."""

    pulses: tuple[tuple[DoorId, Pulse], ...] = ()
    locked_down: tuple[DoorId, ...] = ()
    sensors: tuple[tuple[SensorId, Sensing], ...] = ()  # sensors of which something is known
    blocks: tuple[TamperBlock, ...] = ()
    openings: tuple[Opening, ...] = ()
    relay_ready: bool = False
    orders: tuple[tuple[str, Often], ...] = ()  # how often each client has ordered to open, or to end a lockdown
