"""Calls that are over: a client that was not looking still reads for a while how each ended."""

from collections import deque
from dataclasses import replace
from typing import Any

from appliance.core import snapshot
from appliance.core.model import Call, CallState, State

READABLE_S = 600.0
MOST = 100  # the oldest give way; all of them are in the call log


class Ended:
    """Those of the last minutes."""

    def __init__(self) -> None:
        self._calls: deque[tuple[Call, float]] = deque(maxlen=MOST)

    def add(self, call: Call, at: float) -> None:
        """One is over since `at`."""
        self._calls.append((replace(call, state=CallState.ENDED), at))

    def view(self, wanted: str, state: State, now: float, epoch: float) -> dict[str, Any] | None:
        """It as clients see it; None for one that never was, or is over for long."""
        while self._calls and now - self._calls[0][1] > READABLE_S:
            self._calls.popleft()
        for call, at in self._calls:
            if call.id == wanted:
                return snapshot.call_view(state, call, at, epoch) | {"ended": snapshot.iso(at, epoch)}
        return None
