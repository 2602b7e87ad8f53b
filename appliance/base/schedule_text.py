"""Times in people's notation: "mon-fri 08:00-12:00" of the week, and "07-20..08-31" or "2026-12-24" of the year."""

import re
from datetime import date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PATTERN = r"[a-z,-]+ ([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
ALLOWED = 'days and a time, as in "mon-fri 08:00-12:00" or "sat,sun 22:00-06:00"'


def parse(text: str) -> tuple[tuple[str, ...], str, str]:
    """Days, begin and end, in local time; an end that is not after the begin is on the next day. Raises ValueError."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(text)
    named, times = text.split(" ")
    begin, end = times.split("-")
    if begin == end:
        raise ValueError(text)
    return tuple(day for part in named.split(",") for day in _days(part)), begin, end


def _days(part: str) -> list[str]:
    """The days of "mon", or of a range, which may cross the end of the week."""
    first, _, last = part.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [DAYS[number % len(DAYS)] for number in range(begin, end + 1 + (len(DAYS) if end < begin else 0))]


def moment(text: str) -> tuple[tuple[str, ...], str]:
    """Days and time of "mon-fri 07:30", or of "07:30" for every day. Raises ValueError."""
    named, _, time = text.rpartition(" ")
    if not re.fullmatch(r"([a-z,-]+ )?([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(text)
    return tuple(day for part in named.split(",") for day in _days(part)) if named else DAYS, time


def day(text: str) -> str:
    """A day as it is: YYYY-MM-DD, or MM-DD for every year. Raises ValueError."""
    if not re.fullmatch(r"([0-9]{4}-)?[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    date.fromisoformat(text if len(text) > len("12-24") else f"2024-{text}")  # a year with a 29 February
    return text


def dates(text: str) -> tuple[str, str]:
    """First and last day of "07-20..08-31", or of one day; days of every year may cross its end. Raises ValueError."""
    first, _, last = text.partition("..")
    first, last = day(first), day(last or first)
    if len(first) != len(last) or (len(first) > len("12-24") and last < first):
        raise ValueError(text)
    return first, last
