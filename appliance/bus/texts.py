"""What clients write on the bus: texts of a bounded length, and words of a list."""

from collections.abc import Iterable
from typing import TypeVar

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import Content

LONGEST = 512  # characters of a text from a client
Word = TypeVar("Word", bound=str)


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


def all_chosen(name: str, written: Iterable[str], words: Iterable[Word]) -> tuple[Word, ...]:
    """The same for several texts, each word once."""
    return tuple(dict.fromkeys(chosen(name, each, words) for each in written))


def plain(text: str) -> Content:
    """The content of a message to people. Raises IntercomError for none."""
    if not text:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "The text is empty.", "", "Give 1 to 1,000 bytes of text.")
    return Content("text/plain", text)
