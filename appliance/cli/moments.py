"""Moments: of options, which may also be spans such as 30m or 7d, and in answers, which are shown in local time."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

WRITTEN = "2026-11-20T08:30 (local time), or 30m, 2h or 7d"
THERE = WRITTEN.replace("local time", "the station's time zone")
_HERE = "here"  # in the place of a time zone's name
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_THERE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_ANSWERED = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)(?:\[([\w/+-]+)\])?")


def ago(text: str) -> str:
    """Convert to UTC a moment of local time, or with an offset; or a span before now. For argparse."""
    return _utc(text, lambda span: datetime.now(UTC) - span)


def ahead(text: str) -> str:
    """Convert to UTC a moment of local time, or with an offset; or a span from now on. For argparse."""
    return _utc(text, lambda span: datetime.now(UTC) + span)


def ahead_there(text: str) -> str:
    """A moment of the station's time zone as it is; else what `ahead` returns. For argparse."""
    return text if _THERE.fullmatch(text) else ahead(text)


def there(moment: str, zone: str) -> str:
    """A moment of an answer that `local` shows in the station's time zone (RFC 9557)."""
    return f"{moment}[{zone}]" if zone else moment


def here(moment: str) -> str:
    """A moment of an answer that `local` shows in the machine's local time, with the name of its time zone."""
    return f"{moment}[{_HERE}]"


def local(text: str) -> str:
    """The text with each moment in the machine's local time, or in the time zone that it names."""
    return _ANSWERED.sub(lambda found: _local(found[1], found[2]), text)


def in_utc(text: str) -> str:
    """The text with each moment in UTC."""
    return _ANSWERED.sub(lambda found: found[1], text)


def _utc(text: str, counted: Callable[[timedelta], datetime]) -> str:
    try:
        span = _SPAN.fullmatch(text)
        at = counted(timedelta(**{_UNITS[span[2]]: int(span[1])})) if span else datetime.fromisoformat(text)
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time. Write {WRITTEN}.") from None


def _local(moment: str, zone: str | None) -> str:
    try:
        at = datetime.fromisoformat(moment).astimezone(_zone(zone) if zone and zone != _HERE else None)
    except (ValueError, OverflowError, LookupError):  # the last for a zone that this machine does not know
        return moment
    milliseconds = f".{at.microsecond // 1000:03}" if at.microsecond else ""
    named = at.tzname() if zone == _HERE else zone
    return f"{at:%Y-%m-%d %H:%M:%S}{milliseconds}{f', {named}' if named else ''}"


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  late: most answers name no zone

    return ZoneInfo(name)
