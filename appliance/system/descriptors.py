"""Reserved descriptors: when all others are used up, the SIP process and the relay guard can still start."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress

COUNT = 16  # a process takes up to ten while it starts


class Reserve:
    """Holds `count` descriptors without purpose, and lends their numbers."""

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        self._held: list[int] = []
        self._fill()

    @contextmanager
    def lend(self) -> Generator[None, None, None]:
        """Free the reserved descriptors for the body of the `with`; afterwards reserve free ones again."""
        self.close()
        try:
            yield
        finally:
            self._fill()

    def close(self) -> None:
        """Release all."""
        while self._held:
            os.close(self._held.pop())

    def _fill(self) -> None:
        with suppress(OSError):  # some are in use; those that return are reserved the next time
            while len(self._held) < self._count:
                self._held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
