"""Moments: of options, which may also be spans such as 30m or 7d, and in answers, which are shown in local time."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

WRITTEN = "2026-11-20T08:30 (local time), or 30m, 2h or 7d"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_ANSWERED = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")


def ago(text: str) -> str:
    """Convert to UTC a moment of local time, or with an offset; or a span before now. For argparse."""
    return _utc(text, lambda span: datetime.now(UTC) - span)


def ahead(text: str) -> str:
    """Convert to UTC a moment of local time, or with an offset; or a span from now on. For argparse."""
    return _utc(text, lambda span: datetime.now(UTC) + span)


def local(text: str) -> str:
    """The text with each moment in the machine's local time."""
    return _ANSWERED.sub(lambda found: _local(found[0]), text)


def _utc(text: str, counted: Callable[[timedelta], datetime]) -> str:
    try:
        span = _SPAN.fullmatch(text)
        at = counted(timedelta(**{_UNITS[span[2]]: int(span[1])})) if span else datetime.fromisoformat(text)
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time. Write {WRITTEN}.") from None


def _local(moment: str) -> str:
    try:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone()
    except (ValueError, OverflowError):
        return moment
    milliseconds = f".{at.microsecond // 1000:03}" if at.microsecond else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{milliseconds}"
