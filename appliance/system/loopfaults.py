"""Faults of the event loop itself, logged once a minute for each kind.

Without a free descriptor, asyncio reports each connection that it cannot accept, and retries all of them each second:
the log grew with the square of the time.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

EVERY_S = 60.0
KINDS = 32  # kinds that are remembered


class Rarely:
    """A loop's exception handler."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # kind: when it was last logged, and how often it occurred since

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log a fault as asyncio does, unless the same was logged recently."""
        kind, now = f"{context.get('message')} {type(context.get('exception')).__name__}", self._clock()
        logged, unsaid = self._seen.get(kind, (-EVERY_S, 0))
        if now - logged < EVERY_S:
            self._seen[kind] = logged, unsaid + 1
            return
        if len(self._seen) >= KINDS:
            self._seen.clear()
        self._seen[kind] = now, 0
        if unsaid:
            context = {**context, "message": f"{context.get('message')} ({unsaid} more since the last such line)"}
        loop.default_exception_handler(context)
