"""Simulated keypads and readers: keys and cards as if a person used them."""

import time
from collections.abc import Callable

from appliance.base.record import Record
from appliance.core.inputs import CardRead, Input, KeypadKey
from appliance.core.model import KeypadId, ReaderId

KEYS = frozenset("0123456789*#")


class SimulatedEntry(Record):
    """Keypads and readers by their ids. Raises ValueError, with the reason, for an impossible order."""

    keypads: frozenset[str]
    readers: frozenset[str]
    post: Callable[[Input], None]

    def keys(self, keypad: str, keys: str) -> float:
        """Press these keys one after another; returns the moment of the first."""
        if keypad not in self.keypads:
            raise ValueError(f"no keypad {keypad!r}; there is: {', '.join(sorted(self.keypads))}")
        if not keys or not set(keys) <= KEYS:
            raise ValueError("keys are 0 to 9, * and #")
        now = time.monotonic()
        for key in keys:
            self.post(KeypadKey(at=now, keypad=KeypadId(keypad), key=key))
        return now

    def card(self, reader: str, number: str, bits: int) -> float:
        """Hold a card to a reader; returns the moment."""
        if reader not in self.readers:
            raise ValueError(f"no reader {reader!r}; there is: {', '.join(sorted(self.readers))}")
        now = time.monotonic()
        self.post(CardRead(at=now, reader=ReaderId(reader), number=number, bits=bits))
        return now
