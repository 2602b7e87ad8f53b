"""[door.NAME], [guard] and [rule.NAME]."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from appliance.base import schedule_text
from appliance.config.schema.base import Name, Table, name_setting, setting
from appliance.config.schema.lines import LINE_WHY, chip_setting, line_setting
from appliance.config.schema.policy import profile_setting, weekly
from appliance.core.doors.rules import TRIGGERS
from appliance.core.events import EVENTS
from appliance.core.model import Strike


def _trigger(text: str) -> str:
    if text and text not in EVENTS:
        raise ValueError
    return text


def _moment(text: str) -> str:
    schedule_text.moment(text)
    return text


class DoorTable(Table):
    """A door with a strike at a relay. One [door.<id>] for each.

    To open the door, the relay is energised, for each kind of strike; docs/how-to/open-doors.md shows the wiring.
    """

    name: Name = name_setting("door", "Front door")
    strike: Strike = setting(
        "fail_secure: current opens the strike, so the door stays locked in a power cut; wire it to the normally "
        "open contact of the relay. fail_safe: current keeps it locked, as with a magnet, so a power cut opens the "
        "door, also during a lockdown; wire it to the normally closed contact.",
        default=Strike.FAIL_SECURE,
        strict=False,
        live=True,
    )

    chip: str = chip_setting(LINE_WHY, "pinctrl-bcm2711")
    line: str = line_setting(LINE_WHY, "GPIO26")
    active_low: bool = setting("Whether the relay is energised when its line is at 0 V.", default=False)
    pulse_s: float = setting(
        "How long one opening energises the relay.", unit="s", default=3.0, ge=0.1, le=60, live=True
    )
    max_s: float = setting(
        "Longest time that consecutive openings may energise the relay.",
        why="a strike left powered overheats",
        unit="s",
        default=10.0,
        ge=0.1,
        le=60,
    )
    max_hold_s: float = setting(
        "How long a client may hold the door open; an event warns a minute before the end. 0: never. Only for a "
        "strike whose manufacturer allows current for this time (100 % duty), or a fail_safe one.",
        allowed="0, or from max_s to 43200",
        unit="s",
        default=0.0,
        ge=0,
        le=43_200,
    )
    digits: str = setting(
        "Digits (DTMF) that open the door when a target that names the door types them in a call. For codes with an "
        "owner, times and limits use intercomctl code. Empty: no digits.",
        allowed="1 to 12 digits, with * or # in front, or # behind, or both",
        default="",
        pattern=r"^([*#]?[0-9]{1,12}#?)?$",
        secret=True,
        live=True,
    )


class GuardTable(Table):
    """The process that holds the relays of the doors, and ends each opening whatever happens to the daemon."""

    socket: Annotated[str, Field(pattern=r"^(/[^\x00]{1,100})?$")] = setting(
        'Unix socket of a guard that runs as a separate service: "/run/intercomd/guard.sock" is the socket of '
        "intercomd-guard.service. Restart that service after a change of a door's chip, line, active_low, max_s or "
        "max_hold_s. Empty: the daemon starts a guard itself, as it always does for simulated lines.",
        allowed='a path of at most 101 characters that begins with /, or ""',
        default="",
    )


class RuleTable(Table):
    """What happens by itself when something happens, or at a time. One [rule.<name>] for each.

    A rule with a door opens it for a limited time, and not during a lockdown or while a tamper contact blocks the door.
    A rule with then gives orders, as a client does. Events have the name of the rule.
    """

    on: Annotated[str, AfterValidator(_trigger)] = setting(
        "Type of the event (docs/reference/events.md). Of a rule with a door: one of "
        f"{', '.join(kind.TYPE for kind in TRIGGERS)}. Empty: the rule acts at its times (at).",
        allowed='the type of an event, or ""',
        default="",
        example="ring.started",
    )
    at: Annotated[list[Annotated[str, AfterValidator(_moment)]], Field(max_length=16)] = setting(
        "Times at which the rule acts, in the machine's time zone, for a rule without on. The clock must be "
        "synchronised (see [clock]). What comes while the station does not run is not made up for.",
        allowed='a list of times, with days or without, such as "mon-fri 07:30" or "22:00"',
        default=[],
    )
    where: Annotated[dict[str, str | bool], Field(min_length=1)] | None = setting(
        "Conditions on the event: fields of its data with their values. Without this setting: every event of the type.",
        allowed='an inline table such as { button = "ring" } or { sensor = "pir", active = true }',
        default=None,
        example={"button": "ring"},
    )
    times: Annotated[list[Annotated[str, AfterValidator(weekly)]], Field(min_length=1, max_length=16)] | None = setting(
        "Times at which the rule applies, in the machine's time zone. Without this setting: always. The clock must "
        "be synchronised (see [clock]).",
        allowed=f"a list of {schedule_text.ALLOWED}",
        default=None,
        example=["mon-fri 08:00-12:00"],
    )
    profile: str = profile_setting("Time profile within which the rule applies, besides its times.")
    holiday: bool | None = setting(
        "Whether the rule applies on holidays only (true), or never then (false); see [holidays]. Unset: on all days.",
        default=None,
    )
    state: Annotated[dict[str, Any], Field(max_length=8)] = setting(
        "Values that the state must have: places in GET /v1/state with their values; parts of lists by their id or "
        "name. Empty: none.",
        allowed='an inline table such as { "doors.front.state" = "locked", "runtime.do_not_disturb" = false }',
        default={},
    )
    door: str = setting(
        "Door to open. Empty: the rule gives orders (then).",
        allowed='the name of a [door.…] table, or ""',
        default="",
        example="front",
    )
    then: Annotated[list[dict[str, Any]], Field(max_length=8)] = setting(
        "Orders to give, one after another: for each its name and its values, which are the parts of its path and the "
        "fields of its body (docs/reference/openapi.json). {name} in a text stands for a field of the event.",
        allowed='a list of at most 8 tables such as { order = "lock_door", door = "front" }',
        default=[],
    )
    allow: Annotated[list[Literal["view", "call", "listen", "digits", "door", "admin"]], Field(max_length=8)] = setting(
        "Scopes within which the rule gives orders, as those of a token. An order that needs another is an error.",
        allowed='a list of "view", "call", "listen", "digits", "door", "admin"',
        default=[],
    )
