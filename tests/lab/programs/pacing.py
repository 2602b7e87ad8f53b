"""The pace of those who move lines and look at them: a finger on a button, a reader's pulses, a look at a level.

Their time is what a test is made of, and sysfs says nothing when a level changes, so there is no condition to wait for.
Everything else waits by `until`. Standard library only, since programs in the guest use it too.
"""

import select
import time
from collections.abc import Iterator


def pause(seconds: float) -> None:
    """Let that time pass."""
    pause_until(time.monotonic() + seconds)


def pause_until(moment: float) -> None:
    """Let the time pass until a moment of CLOCK_MONOTONIC."""
    while (left := moment - time.monotonic()) > 0:
        select.select((), (), (), left)


def paced(seconds: float) -> Iterator[float]:
    """Moments for ever, with as much time between them."""
    while True:
        yield time.monotonic()
        pause(seconds)
