"""Live delivery: an event while it happens, to those who are there; and the state's parts, which the broker keeps."""

import json
import time
from collections.abc import Callable

from appliance.base.times import Times
from appliance.base.types import Json

RING_S, EVENT_S = 10.0, 30.0  # an older event helps nobody
_RINGS = ("ring.", "button.", "call.incoming")


def left_s(envelope: Json, now: float) -> float:
    """For how long an event is still of use; `now` is of CLOCK_MONOTONIC, as is the envelope's `uptime`."""
    lasts = RING_S if envelope["type"].startswith(_RINGS) else EVENT_S
    return lasts - (now - float(envelope["uptime"]))


class States:
    """Which parts of the state to publish: all at first, then every changed part.

    read: returns the present state, and is called once for all events of a moment.
    """

    def __init__(self, read: Callable[[], Json], times: Times) -> None:
        self._read, self._times = read, times
        self._known: dict[str, str] = {}
        self.last: Json = {}  # as it was when it was looked at
        self._at: float | None = 0.0  # when to look next, None: nothing has happened
        self._looked = 0.0

    def forget(self) -> None:
        """A new connection: the broker may be another one."""
        self._known.clear()
        self._at = 0.0

    def touch(self) -> None:
        """Something has happened."""
        if self._at is None:
            self._at = self._looked + self._times.states_again_s

    @property
    def due(self) -> float | None:
        """When to look; None: when something has happened."""
        return self._at

    def changed(self) -> dict[str, str]:
        """The parts to publish, as JSON, if it is time. Raises IntercomError."""
        now = time.monotonic()
        if self._at is None or now < self._at:
            return {}
        self._looked, self._at = now, None
        state = self.last = self._read()
        parts = {
            name: json.dumps(part, separators=(",", ":"), ensure_ascii=False)
            for name, part in state.items()
            if part is None or isinstance(part, dict | list)
        }
        found = {name: text for name, text in parts.items() if self._known.get(name) != text}
        self._known = parts
        return found
