"""[profile.NAME], [holidays], [forwarding], [quiet_hours], [clock] and [log]."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from appliance.base import schedule_text
from appliance.config.schema.base import Table, setting
from appliance.core.model import HolidayRule

_DAY = "YYYY-MM-DD, or MM-DD for every year"


def weekly(text: str) -> str:
    """Check a time of the week."""
    schedule_text.parse(text)
    return text


def _dates(text: str) -> str:
    schedule_text.dates(text)
    return text


def _date(text: str) -> str:
    schedule_text.day(text)
    return text


def profile_setting(text: str, *, example: str = "office", live: bool = False) -> Any:
    """The setting for the name of a time profile; the empty one means none."""
    return setting(
        f"{text} Empty: none.",
        allowed='the name of a [profile.…] table, or ""',
        default="",
        example=example,
        live=live,
    )


class ProfileTable(Table):
    """A time with a name. Codes, cards, rules, quiet hours, the night of lamps, the ringer and forwarding may use it.

    All of its settings must fit. A profile is not active while the clock is not synchronised (see [clock]), except for
    quiet hours.
    """

    times: Annotated[list[Annotated[str, AfterValidator(weekly)]], Field(max_length=32)] = setting(
        "Times of the week, in the zone of the profile. Empty: all day, every day.",
        allowed=f"a list of at most 32 of {schedule_text.ALLOWED}",
        default=[],
        example=["mon-fri 08:00-18:00"],
    )
    dates: Annotated[list[Annotated[str, AfterValidator(_dates)]], Field(max_length=64)] = setting(
        "Days of the year, or first and last day. Empty: all.",
        allowed=f'a list of at most 64 texts such as "2026-12-24", "07-20..08-31"; a day is {_DAY}',
        default=[],
        example=["12-24..01-06"],
    )
    holidays: HolidayRule = setting(
        "Holidays, which [holidays] has. any: they are days as others. never: the profile is not active then. only: it "
        "is active only then. also: it is active then, too, whatever the day of the week.",
        default="any",
    )
    zone: str = setting(
        "Time zone of the times and dates, as in /usr/share/zoneinfo. Empty: the machine's time zone.",
        allowed='a name such as "Europe/Berlin", or ""',
        default="",
        pattern=r"^([A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2})?$",
    )


class HolidaysTable(Table):
    """Holidays, for profiles and rules: from a list, and from the rules of a country.

    The holidays of a country need the Debian package python3-holidays.
    """

    country: str = setting(
        "Country whose public holidays count, two letters (ISO 3166). Empty: only those of the list.",
        allowed='two letters such as "DE", or ""',
        default="",
        pattern=r"^([A-Z]{2})?$",
        example="DE",
    )
    region: str = setting(
        "Part of the country whose public holidays count, too, as python3-holidays names it.",
        allowed='letters and digits such as "BY", or ""',
        default="",
        pattern=r"^[A-Za-z0-9 -]{0,40}$",
        example="BY",
    )
    dates: Annotated[list[Annotated[str, AfterValidator(_date)]], Field(max_length=200)] = setting(
        "More holidays.",
        allowed=f"a list of at most 200 days: {_DAY}",
        default=[],
        example=["2026-10-31", "12-24"],
    )


def _rule(which: str) -> Any:
    return setting(
        f"{which}: the name of a [target.…] table, or a number at the first account. Empty: not forwarded.",
        allowed="at most 64 letters, digits and any of . _ ~ + * # -",
        default="",
        pattern=r"^[A-Za-z0-9._~+*#-]{0,64}$",
    )


class ForwardingTable(Table):
    """Forwarding of calls to this station (302): the caller is redirected to another address.

    Clients may change it while the station runs (PATCH /v1/config/runtime); their change lasts until the file changes.
    A rule does not apply to a call that has been at its address already.
    """

    always: str = _rule("All calls")
    quiet: str = _rule("Calls in the quiet hours, or during do not disturb; without this rule they are refused")
    busy: str = _rule("Calls beyond sip.max_calls; without this rule they are refused as busy")
    profile: str = profile_setting(
        "Time profile within which the rule for all calls applies; otherwise always.", example=""
    )
    no_answer: str = _rule("Calls that are not answered in time")
    no_answer_s: float = setting(
        "How long a call rings before it is forwarded. Has no effect if deadlines.incoming_s is shorter.",
        unit="s",
        default=20.0,
        ge=1,
        le=600,
    )


def _time(what: str) -> Any:
    return setting(
        f"{what} of each day, in the machine's local time. Empty: none.",
        allowed='a time such as "22:30", or ""',
        default="",
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$",
    )


class QuietHoursTable(Table):
    """Times without ringing for calls; the station's buttons ring. Clients may change it, as with [forwarding]."""

    begin: str = _time("Begin")
    end: str = _time("End")
    profile: str = profile_setting("Time profile that is quiet, too, or instead.")


class ClockTable(Table):
    """Trust in the clock, for codes and rules with times."""

    trust: Literal["synchronised", "always"] = setting(
        "When the clock is trusted. synchronised: while a time server sets it. Without that, codes with a schedule "
        "or an expiry are refused, and rules with times open no door, so that nobody can open a door by setting the "
        "clock. always: for a board with a battery for its clock and no time server.",
        default="synchronised",
    )


def _count(of: str, text: str, default: int, least: int, most: int) -> Any:
    return setting(f"How many {of} are kept{text}; the oldest are removed.", default=default, ge=least, le=most)


def _days(of: str) -> Any:
    return setting(
        f"Longest time for which {of} are kept. Counts only while the station's clock is right; see [clock]. Unset: no "
        "limit.",
        default=None,
        unit="d",
        example=90,
        ge=1,
        le=36_500,
    )


class LogTable(Table):
    """How long the station remembers, in its database. The audit of doors has the events of the journal that it needs.

    Each list has its own limits; `intercomctl doctor` checks that all of it can be read.
    """

    keep_events: int = _count(
        "events", " in the journal for clients that reconnect, all kinds together, also in memory", 10_000, 100, 100_000
    )
    keep_events_days: int | None = _days("events in the journal")
    keep_calls: int = _count("calls", " in the call log", 10_000, 1, 999_999)
    keep_calls_days: int | None = _days("calls in the call log")
    keep_doors: int = _count(
        "events",
        " in the audit of doors: so many openings and changes of codes, and as many refusals and changes of rules",
        50_000,
        100,
        999_999,
    )
    keep_doors_days: int | None = _days("events in the audit of doors")
