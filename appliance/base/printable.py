"""What is printed: characters that people can see, for a reader who may go before the end, as `head` does."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

JOINERS = "\u200c\u200d"  # between letters of Persian and Indic scripts, and between the parts of an emoji


def printable(each: str) -> bool:
    """Whether a character, or a space, can be seen, and steers no terminal or direction of text (UAX #9)."""
    return each.isprintable() or each in JOINERS


@contextmanager
def unread_is_dropped() -> Iterator[None]:
    """Drop what nobody reads any more, and end with status 0 where the program is in the middle of it.

    Else the program would end in a traceback; or, as Python writes at its end what waits, with a complaint and status
    120.
    """
    try:
        yield
    except BrokenPipeError:
        raise SystemExit(0) from None
    finally:
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
        except OSError:  # a full disc: the command has reported it, or Python does
            pass
