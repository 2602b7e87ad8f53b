"""Our own ids: sortable by time, never used twice, the same in every process."""

import os
import threading
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


_lock = threading.Lock()
_newest_ms = 0


def new(prefix: str) -> str:
    """`prefix`, a hyphen, 26 characters: 48 bits of milliseconds since 1970, then 80 random bits (as a ULID).

    Each is greater than all earlier ones of this process, even after the clock was set back: lists are sorted by them.
    """
    global _newest_ms  # noqa: PLW0603 - one for the process, as the clock is
    with _lock:
        _newest_ms = max(time.time_ns() // 1_000_000, _newest_ms + 1)
        number = _newest_ms << 80 | int.from_bytes(os.urandom(10))
    return f"{prefix}-" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
