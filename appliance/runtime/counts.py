"""Counts of what events report, since the start: for GET /metrics.

All keys are made before the first event: from the words of the core and from the configuration. So nothing that a
stranger sends can make a new one.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from appliance.base.types import Json
from appliance.core.model import Cause, Direction

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
FINAL = frozenset({"call.ended", "call.failed", "call.canceled", "call.rejected"})
OPENINGS = {"door.unlocked": "opened", "door.denied": "denied"}
SIDES = ("capture", "playback")


class Histogram:
    """How many values were at most each bound; their number and their sum."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(BOUNDS_S, value)] += 1
        self.sum += value

    def cumulated(self) -> list[tuple[str, float]]:
        """Each bound as text, with the number of values up to it; the last is +Inf."""
        names = [*map(str, BOUNDS_S), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class Counts:
    """Counts events; `take` is called with the envelope of each, on the loop's thread. doors: the configured ones."""

    def __init__(self, doors: Iterable[str]) -> None:
        self.calls = {(direction, cause): 0 for direction in Direction for cause in Cause}
        self.setup = {direction: Histogram() for direction in Direction}
        self.doors = {(door, result): 0 for door in doors for result in OPENINGS.values()}
        self.xruns = dict.fromkeys(SIDES, 0)
        self.audio_failures = 0
        self._incoming: set[str] = set()  # calls that have not ended

    def take(self, envelope: Json) -> None:
        """Count an event if it is one of those that count."""
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

    def _call(self, kind: str, call: str, data: Json) -> None:
        if kind == "call.incoming":
            self._incoming.add(call)
        elif kind == "call.connected":
            self.setup[Direction.INCOMING if call in self._incoming else Direction.OUTGOING].add(data["after_s"])
        elif kind in FINAL:
            self._incoming.discard(call)
            self.calls[Direction(data["direction"]), Cause(data["cause"])] += 1
