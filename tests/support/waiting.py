"""Wait for a condition: in a blocking test with `until`, in an asynchronous one with `until_async`.

`paced` gives senders their rate. `pause` is for what is about time itself: a moment at random, a while in which a thing
must not change, a loop that is held up. No test sleeps in the hope that something has happened by then.
"""

import asyncio
import math
import select
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

PATIENCE_S = 120.0
_waited: dict[str, float] = {}  # seconds by what was waited for, since `waited` was asked last
LONGEST = 80  # characters that describe a wait
LOOK_S = 0.02
STEP_S = 0.002  # a sender that is ahead of its rate waits at least that long, then sends what is due


def until(
    condition: Callable[[], Any],
    what: str = "",
    patience: float = PATIENCE_S,
    log: Callable[[], object] = str,
    every: float = LOOK_S,
    slowest: float = 0.0,
) -> Any:
    """Return the first true value of the condition, or fail with the text and the log.

    Looks are `every` seconds apart; where each one is dear, `slowest` lets them become rarer, to as many seconds apart.
    """
    for _ in _looks(what or condition, patience, log):
        if found := condition():
            return found
        pause(every)
        every = max(every, min(every * 1.5, slowest))
    return None


async def until_async(
    condition: Callable[[], Any],
    what: str = "",
    patience: float = PATIENCE_S,
    log: Callable[[], object] = str,
    slowest: float = 0.0,
) -> Any:
    """The same in a coroutine; the condition may be a coroutine function."""
    every = LOOK_S
    for _ in _looks(what or condition, patience, log):
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        await asyncio.sleep(every)
        every = max(every, min(every * 1.5, slowest))
    return None


def pause(seconds: float) -> None:
    """Let this much time pass; the whole thread stands still."""
    select.select((), (), (), seconds)


@contextmanager
def noted(what: object) -> Iterator[None]:
    """Add the time that the block takes to what a test waited for."""
    begin = time.monotonic()
    try:
        yield
    finally:
        words = (str(what).splitlines() or ["something"])[0][:LONGEST]
        _waited[words] = _waited.get(words, 0.0) + time.monotonic() - begin


def waited() -> list[tuple[str, float]]:
    """Return what was waited for since the last time, and how many seconds, and forget it."""
    taken = sorted(_waited.items(), key=lambda each: -each[1])[:10]
    _waited.clear()
    return taken


def paced(rate: float, seconds: float = math.inf) -> Iterator[int]:
    """Count from zero, so many numbers a second and for so long; numbers that are late come at once."""
    begin = time.monotonic()
    for number in count():
        ahead = begin + number / rate - time.monotonic()
        if ahead > 0:
            pause(max(ahead, STEP_S))
        if time.monotonic() - begin >= seconds:
            return
        yield number


def _looks(what: object, patience: float, log: Callable[[], object]) -> Iterator[None]:
    """Allow another look at the condition until the time is over."""
    end = time.monotonic() + patience
    with noted(getattr(what, "__qualname__", what)):
        while True:
            yield
            if time.monotonic() >= end:
                message = f"waited {patience} s in vain for {what}\n{log()}"
                raise AssertionError(message)
