"""Times of day, days of the week, and the wall clock."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

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
    """A time on some days of the week, in the station's time zone."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]
    begin: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", examples=["08:00"])]
    end: Annotated[
        str,
        Meta(
            pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z",
            description="If it is earlier than begin, it is on the next day.",
            examples=["12:00"],
        ),
    ]


class Clock(Record):
    """The wall clock: its time at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's offset from UTC.

    trusted: synchronised with a time server, or declared reliable by the configuration. zone: name of the time zone;
    "" if it is unknown.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool
    zone: str = ""
