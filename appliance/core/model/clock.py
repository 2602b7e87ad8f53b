"""Times of day, days of the week, and the wall clock."""

from enum import StrEnum

from appliance.base.record import Record


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
    """When nobody here should be disturbed, each day: HH:MM of local time; both "" for never."""

    begin: str = ""
    end: str = ""


class Night(Record):
    """When lamps are dimmed, each day: HH:MM of local time; the two differ."""

    begin: str
    end: str


class Period(Record):
    """A time span on certain days, HH:MM of local time; `end` may be 24:00, or before `begin`: then on the next day."""

    days: tuple[Day, ...]
    begin: str
    end: str


class Clock(Record):
    """The wall clock: its time at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's offset from UTC.

    trusted: synchronised with a time server, or declared reliable by the configuration. zone: name of the time zone;
    "" if it is unknown.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool
    zone: str = ""
