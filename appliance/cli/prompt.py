"""The person who tests the panel and answers with lines on standard input; nobody after its end."""

import os
import select
import time


class Person:
    """Reads `descriptor` itself, not through a buffer that would hide received text."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._typed = b""
        self.there = True  # until the end of the input

    def says(self, seconds: float) -> str | None:
        """The next line in lower case, as soon as it comes; None: none came in that time, or nobody is there."""
        end = time.monotonic() + seconds
        while b"\n" not in self._typed:
            left = end - time.monotonic()
            if not self.there or not select.select([self._descriptor], [], [], max(0.0, left))[0]:
                return None
            came = os.read(self._descriptor, 1024)
            self.there = bool(came)
            self._typed += came
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace").strip().lower()
