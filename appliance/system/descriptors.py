"""Descriptors kept back: when something has used all others up, the SIP process and the relay guard can still start."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress

COUNT = 16  # a process takes up to ten while it starts


class Reserve:
    """Holds `count` descriptors of nothing, and lends their numbers."""

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        self._held: list[int] = []
        self._fill()

    @contextmanager
    def lend(self) -> Generator[None, None, None]:
        """Have so many free; what is left free afterwards is kept back again."""
        self.close()
        try:
            yield
        finally:
            self._fill()

    def close(self) -> None:
        """Give all back."""
        while self._held:
            os.close(self._held.pop())

    def _fill(self) -> None:
        with suppress(OSError):  # some are in use; those that come back are taken the next time
            while len(self._held) < self._count:
                self._held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
