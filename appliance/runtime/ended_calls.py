"""Ended calls: a client that looks late can still read for a while how each ended."""

from collections import deque

from msgspec.structs import replace

from appliance.core.model import Call, CallState

READABLE_S = 600.0
MOST = 100  # the oldest are dropped; the call log has all of them


class Ended:
    """The calls that ended in the last minutes."""

    def __init__(self) -> None:
        self._calls: deque[tuple[Call, float]] = deque(maxlen=MOST)

    def add(self, call: Call, at: float) -> None:
        """Add a call that ended at `at`."""
        self._calls.append((replace(call, state=CallState.ENDED), at))

    def __contains__(self, wanted: object) -> bool:
        """Whether a call of that id is among them."""
        return any(call.id == wanted for call, _ in self._calls)

    def call(self, wanted: str) -> Call | None:
        """The call of that id as it ended; None if it is not among them."""
        return next((call for call, _ in self._calls if call.id == wanted), None)

    def find(self, wanted: str, now: float) -> tuple[Call, float] | None:
        """A call and when it ended; None if there was none, or if it ended long ago."""
        while self._calls and now - self._calls[0][1] > READABLE_S:
            self._calls.popleft()
        return next((each for each in self._calls if each[0].id == wanted), None)
