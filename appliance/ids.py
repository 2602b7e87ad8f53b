"""Ids of our own: sortable by time, never used twice, the same in every process."""

import os
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new(prefix: str) -> str:
    """`prefix`, a hyphen, 26 characters: 48 bits of milliseconds since 1970, then 80 random bits (as a ULID)."""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    return f"{prefix}-" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
