"""Times of day, days of the week, and the wall clock."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from appliance.base.record import Record

# A time at which the core must act by itself. While a row of the state has it, its room's `wake` is never later.
Deadline = Annotated[float, "deadline"]
MINUTE_S = 60.0
BEGIN, END = r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z"  # of a period


class Day(StrEnum):
    """A day of the week, in the order of datetime.weekday()."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class QuietHours(Record):
    """When nobody here should be disturbed, each day: HH:MM of local time, both "" for never; or while `profile` is.

    profile: name of a time profile; "": none.
    """

    begin: str = ""
    end: str = ""
    profile: str = ""


class Night(Record):
    """When lamps are dimmed, each day: HH:MM of local time; the two differ."""

    begin: str
    end: str


class Period(Record):
    """A time on some days of the week, in the station's time zone."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    begin: Annotated[str, Meta(pattern=BEGIN, examples=["08:00"])]
    end: Annotated[
        str,
        Meta(
            pattern=END,
            description="If it is earlier than begin, it is on the next day.",
            examples=["12:00"],
        ),
    ]


class Clock(Record):
    """The wall clock: its time at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's offset from UTC.

    trusted: synchronised with a time server, or declared reliable by the configuration. zone: name of the time zone;
    "" if it is unknown. offsets: from UTC, of the other zones in time profiles.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool
    zone: str = ""
    offsets: tuple[tuple[str, float], ...] = ()


class Often(Record):
    """How often something has happened in the minute that began with its first time, `since`."""

    count: int = 0
    since: float = 0.0

    def again(self, at: float) -> "Often":
        """With one more time; the first one after a minute begins another."""
        if self.count and self.since <= at < self.since + MINUTE_S:
            return Often(self.count + 1, self.since)
        return Often(1, at)


class Holidays(Record):
    """Holidays as dates, YYYY-MM-DD, and the years of which all are known."""

    years: tuple[int, ...] = ()
    dates: tuple[str, ...] = ()


HolidayRule = Literal["any", "never", "only", "also"]


class Profile(Record):
    """A named time that several settings share. times: periods of the week; empty: all day.

    dates: first and last day, each YYYY-MM-DD, or MM-DD for every year; empty: every day. holidays: any: they are days
    as others; never: not then; only: only then; also: then too, whatever the day of the week. zone: name of the time
    zone; "": the station's. A period past midnight belongs to the day on which it begins.
    """

    name: str
    times: tuple[Period, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    holidays: HolidayRule = "any"
    zone: str = ""
