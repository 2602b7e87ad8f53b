"""Times of day, days of the week, and the clock on the wall."""

from dataclasses import dataclass
from enum import StrEnum


class Day(StrEnum):
    """A day of the week, in the order of datetime.weekday()."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when nobody here is to be disturbed, each day: HH:MM of local time; both "" for never."""

    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """From when to when lamps shine less, each day: HH:MM of local time, not the same."""

    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Period:
    """A time of these days, HH:MM of local time; `end` may be 24:00, and before `begin`: it is the next day's then."""

    days: tuple[Day, ...]
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock on the wall: what it showed at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's lead on UTC.

    trusted: it is synchronised with a time server, or the configuration says that it may be relied on.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool
