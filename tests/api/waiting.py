"""Waits for what must come, and fails with a text when it does not."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(found: Callable[[], T], what: str = "", seconds: float = 120.0) -> T:
    """What `found` returns once that is true."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what or found}"
        time.sleep(0.01)
    return value
