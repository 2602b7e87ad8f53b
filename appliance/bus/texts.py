"""Checks of the arguments of clients on the bus: texts of a bounded length, and words of a list."""

from collections.abc import Iterable
from typing import TypeVar

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import Content

LONGEST = 512  # characters of a text from a client
Word = TypeVar("Word", bound=str)


def bounded(text: str) -> str:
    """Return the text. Raises IntercomError if the text is too long."""
    if len(text) > LONGEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"{len(text)} characters are too long.", f"The limit is {LONGEST} characters."
        )
    return text


def chosen(name: str, written: str, words: Iterable[Word]) -> Word:
    """Return the word of `words` that the text names. name: of the argument, for errors. Raises IntercomError."""
    known = list(words)
    if (found := next((each for each in known if each == written), None)) is None:
        what = f"{name} cannot be {bounded(written)!r}."
        raise IntercomError(ErrorCode.PARAMETER_INVALID, what, "", f"Choose from: {', '.join(known)}.")
    return found


def all_chosen(name: str, written: Iterable[str], words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words that several texts name, each word once. Raises IntercomError."""
    return tuple(dict.fromkeys(chosen(name, each, words) for each in written))


def plain(text: str) -> Content:
    """The content of a message to people. Raises IntercomError for none."""
    if not text:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "The text is empty.", "", "Give 1 to 1,000 bytes of text.")
    return Content("text/plain", text)
