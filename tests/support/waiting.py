"""Wait for a condition: in a blocking test with `until`, in an asynchronous one with `until_async`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

PATIENCE_S = 120.0
LOOK_S = 0.02


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
        time.sleep(every)
        every = max(every, min(every * 1.5, slowest))
    return None


async def until_async(
    condition: Callable[[], Any], what: str = "", patience: float = PATIENCE_S, log: Callable[[], object] = str
) -> Any:
    """The same in a coroutine; the condition may be a coroutine function."""
    for _ in _looks(what or condition, patience, log):
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        await asyncio.sleep(LOOK_S)
    return None


def _looks(what: object, patience: float, log: Callable[[], object]) -> Iterator[None]:
    """Allow another look at the condition until the time is over."""
    end = time.monotonic() + patience
    while True:
        yield
        if time.monotonic() >= end:
            message = f"waited {patience} s in vain for {what}\n{log()}"
            raise AssertionError(message)
