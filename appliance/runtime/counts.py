"""Counts calls, openings and other facts from events, since the start: for GET /metrics.

All keys are made before the first event: from the words of the core and from the configuration. So a stranger cannot
make a new key.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from appliance.base.types import Json
from appliance.core.model import Cause, Direction

SETUP_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
LAG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
MOS = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.25)
FINAL = frozenset({"call.ended", "call.failed", "call.canceled", "call.rejected"})
OPENINGS = {"door.unlocked": "opened", "door.denied": "denied"}
SIDES = ("capture", "playback")
THREADS = ("loop", "sip")


class Histogram:
    """How many values were at most each bound; their number and their sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def cumulated(self) -> list[tuple[str, float]]:
        """Each bound as text, with the number of values up to it; the last is +Inf."""
        names = [*map(str, self._bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class Counts:
    """Counts events; `take` is called with the envelope of each, on the loop's thread. doors: the configured ones."""

    def __init__(self, doors: Iterable[str]) -> None:
        self.calls = {(direction, cause): 0 for direction in Direction for cause in Cause}
        self.setup = {direction: Histogram(SETUP_S) for direction in Direction}
        self.mos = Histogram(MOS)
        self.lag = {thread: Histogram(LAG_S) for thread in THREADS}
        self.doors = {(door, result): 0 for door in doors for result in OPENINGS.values()}
        self.xruns = dict.fromkeys(SIDES, 0)
        self.audio_failures = 0
        self._incoming: set[str] = set()  # calls that have not ended

    def lagged(self, thread: str, seconds: float) -> None:
        """Count how long a thread made its work wait."""
        self.lag[thread].add(seconds)

    def take(self, envelope: Json) -> None:
        """Count an event if its type is counted."""
        kind: str = envelope["type"]
        if kind.startswith("call."):
            self._call(kind, envelope["call"], envelope["data"])
        elif kind in OPENINGS:
            key = envelope["data"]["door"], OPENINGS[kind]
            if key in self.doors:
                self.doors[key] += 1
        elif kind == "audio.xruns":
            for side in SIDES:
                self.xruns[side] += envelope["data"][side]
        elif kind == "audio.failed":
            self.audio_failures += 1
        elif kind == "media.statistics":
            data = envelope["data"]
            if data["final"] and data["mos"] is not None:
                self.mos.add(data["mos"])

    def _call(self, kind: str, call: str, data: Json) -> None:
        if kind == "call.incoming":
            self._incoming.add(call)
        elif kind == "call.connected":
            self.setup[Direction.INCOMING if call in self._incoming else Direction.OUTGOING].add(data["after_s"])
        elif kind in FINAL:
            self._incoming.discard(call)
            self.calls[Direction(data["direction"]), Cause(data["cause"])] += 1
