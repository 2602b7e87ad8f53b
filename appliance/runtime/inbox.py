"""The reactor's inbox: one order for all inputs, and separate room for each kind.

Far ends and clients can send inputs faster than the core decides. Each kind of such input has a lane, limited so that
all lanes together are decided within a fraction of a second; an input for a full lane is dropped. The panel, the relay,
the clock, the ends of calls and everything else from the station itself have a lane that nothing else can fill.

The lanes are counters, not queues: inputs are processed in the order of their arrival, whatever their lane. An end that
overtook the arrival of its call, or a digit that overtook the answer, would leave the core with a call that never ends
or a code that lacks a digit. So a press waits for earlier inputs, which the lanes' limits keep short.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum

from appliance.core import inputs


class Lane(StrEnum):
    """The source of an input."""

    STATION = "station"
    CALLS = "calls"
    CLIENTS = "clients"
    OUTSIDE = "outside"


ROOM = {
    Lane.STATION: 10_000,  # full only if the loop has stood still for long
    Lane.CALLS: 500,
    Lane.CLIENTS: 200,
    Lane.OUTSIDE: 100,
}
LANES: dict[type[inputs.Input], Lane] = {
    **dict.fromkeys(
        (inputs.CallArrived, inputs.MessageReceived, inputs.AccessDenied, inputs.RequestsDropped),
        Lane.OUTSIDE,
    ),
    # Inputs that the far end of a call, or a server, may repeat as often as it likes.
    **dict.fromkeys(
        (
            inputs.CallProgressed,
            inputs.ContactNotified,
            inputs.DigitReceived,
            inputs.InfoReceived,
            inputs.MediaCounted,
            inputs.TransferProgressed,
            inputs.TransferRequested,
            inputs.UpdateReceived,
        ),
        Lane.CALLS,
    ),
    inputs.Requested: Lane.CLIENTS,
}


class Inbox:
    """Waiting inputs, added by any thread.

    `put` calls `wake` for the first input since `take` found none.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake, self._awake = wake, False
        self._lock = threading.Lock()
        self._waiting: deque[inputs.Input] = deque()
        self._held: Counter[Lane] = Counter()
        self._dropped: Counter[Lane] = Counter()

    def put(self, given: inputs.Input) -> bool:
        """Add an input; returns False if its lane is full and the input was dropped."""
        lane = LANES.get(type(given), Lane.STATION)
        with self._lock:
            room = self._held[lane] < ROOM[lane]
            if room:
                self._held[lane] += 1
                self._waiting.append(given)
            else:
                self._dropped[lane] += 1
            sleeps, self._awake = not self._awake, True
        if sleeps:
            self._wake()
        return room

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> inputs.Input | None:
        """Remove and return the input that has waited longest; None if the inbox is empty."""
        with self._lock:
            if not self._waiting:
                self._awake = False
                return None
            given = self._waiting.popleft()
            self._held[LANES.get(type(given), Lane.STATION)] -= 1
            return given

    def dropped(self) -> dict[Lane, int]:
        """How many inputs of each lane were dropped since the last call; lanes without any are omitted."""
        with self._lock:
            counts, self._dropped = dict(self._dropped), Counter()
            return counts
