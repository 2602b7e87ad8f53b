"""What clients write on the bus: texts of a bounded length, words of a list, and what recordings are searched by."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import Cause, RecordingKind, RecordingSearch

LONGEST = 512  # characters of a text from a client
Word = TypeVar("Word", bound=StrEnum)


def bounded(text: str) -> str:
    """The same text. Raises IntercomError for a long one."""
    if len(text) > LONGEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"{len(text)} characters are too long.", f"The limit is {LONGEST} characters."
        )
    return text


def chosen(name: str, written: str, words: Iterable[Word]) -> Word:
    """The word of these that a text is; `name` is that of the argument. Raises IntercomError."""
    known = list(words)
    if (found := next((each for each in known if each == written), None)) is None:
        what = f"{name} cannot be {bounded(written)!r}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, "", f"Choose from: {', '.join(known)}.")
    return found


def search_of(given: dict[str, str]) -> RecordingSearch:
    """What recordings are searched by. Raises IntercomError."""
    names = RecordingSearch.__struct_fields__
    unknown = [name for name in given if name not in names]
    if unknown:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Recordings are not searched by {bounded(unknown[0])}.",
            f"Choose from: {', '.join(names)}.",
        )
    if given.get("outcome"):
        chosen("outcome", given["outcome"], Cause)
    if given.get("kind"):
        chosen("kind", given["kind"], RecordingKind)
    return RecordingSearch(
        **{name: _moment(text) if name in {"after", "before"} else bounded(text) for name, text in given.items()}
    )


def _moment(text: str) -> str:
    """A time as the index has it: with its offset, brought to UTC."""
    try:
        at = datetime.fromisoformat(bounded(text))
        in_utc = None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # of the year 0 or 10000 in UTC
        in_utc = None
    if in_utc is None:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, f"{text} is no time.", "", "Write it as 2026-11-20T08:30:00Z.")
    return in_utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
