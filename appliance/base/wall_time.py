"""The wall clock: its relation to the monotonic clock, whether something corrects it, and what events have of both."""

import ctypes
import time
from datetime import UTC, datetime, tzinfo

from appliance.base.types import Json

READING_S = 0.001  # by which two readings of unchanged clocks may differ
UNKNOWN_US = 16_000_000  # the kernel's maximum error of an uncorrected clock (NTP_PHASE_LIMIT)

_epoch = 0.0


def epoch() -> float:
    """The wall clock's time at CLOCK_MONOTONIC 0, in seconds since 1970.

    The value stays the same until the wall clock is set: corrections by NTP change the rate of both clocks. If each
    call computed the value, it would include the time between the two readings, and a moment would differ from answer
    to answer.
    """
    global _epoch  # noqa: PLW0603 - one for the process, as the clocks are
    before, now, after = time.monotonic(), time.time(), time.monotonic()
    if not now - after - READING_S <= _epoch <= now - before + READING_S:
        _epoch = now - after
    return _epoch


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); microseconds."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_char * 512),
    )


def synchronised() -> bool:
    """Whether the clock is being corrected, as timedatectl reports it: by the kernel's limit of its error."""
    timex = _Timex()
    return int(ctypes.CDLL(None).adjtimex(ctypes.byref(timex))) >= 0 and int(timex.maxerror) < UNKNOWN_US


def utc(moment: datetime) -> str:
    """A time as events have it. Raises ValueError or OverflowError where UTC has none."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def offset_s(at: datetime, zone: str = "") -> float:
    """Seconds by which local time, or that of another zone, is ahead of UTC then. at: local time if it has no offset.

    Raises OSError or ValueError for a zone that the machine does not know.
    """
    where: tzinfo | None = None
    if zone:
        from zoneinfo import ZoneInfo  # noqa: PLC0415  late: few stations name another zone

        where = ZoneInfo.no_cache(zone)  # a newer tzdata counts, whatever Python has read before
    lead = at.astimezone(where).utcoffset()
    return lead.total_seconds() if lead is not None else 0.0


def stamp() -> str:
    """The time now, as events have it."""
    return utc(datetime.now(UTC))


def enveloped(number: int, kind: str, uptime: float, boot: str, call: str | None, data: Json) -> Json:
    """An event's envelope (docs/reference/contract.md); `uptime`: seconds of CLOCK_MONOTONIC."""
    return {
        "id": number,
        "type": kind,
        "time": stamp(),
        "uptime": round(uptime, 6),
        "boot": boot,
        "call": call,
        "data": data,
    }
