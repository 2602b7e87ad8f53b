"""Times of day, days of the week, and the wall clock."""

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
    """When nobody here should be disturbed, each day: HH:MM of local time; both "" for never."""

    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """When lamps are dimmed, each day: HH:MM of local time; the two differ."""

    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Period:
    """A time span on certain days, HH:MM of local time; `end` may be 24:00, or before `begin`: then on the next day."""

    days: tuple[Day, ...]
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock: its time at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's offset from UTC.

    trusted: synchronised with a time server, or declared reliable by the configuration.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool
