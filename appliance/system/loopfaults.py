"""What goes wrong in the event loop itself, logged once a minute for each kind.

Without a descriptor left, asyncio reports each connection that it cannot accept, and tries all of them again each
second: the log grew with the square of the time.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

EVERY_S = 60.0
KINDS = 32  # remembered


class Rarely:
    """A loop's exception handler."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}  # kind: when it was logged last, and how often it came since

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log it as asyncio does, unless the same was logged just now."""
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
