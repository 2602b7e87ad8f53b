"""DTMF digits of one call: sent one after another by RFC 4733, received once each whatever tells of them."""

from collections import deque

EACH_S = 0.3  # pjmedia sends a digit for 200 ms; 50 ms of pause at least (ITU-T Q.24), and room for its packets
SAME_S = 1.0  # two ways that tell of one press do so within this time; INFO comes at its begin or at its end
REMEMBERED = 32  # presses
END_LOST_S = 0.25  # an event is updated every 20 ms (RFC 4733 §2.5.1.2): so long after the last, its end was lost


class Sending:
    """Digits waiting for their turn."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._going = ""
        self._until = 0.0

    def add(self, digits: str) -> None:
        """Send these after those already waiting."""
        self._waiting.extend(digits)

    def drop(self) -> None:
        """Nothing more can be sent."""
        self._waiting.clear()
        self._going = ""

    def turn(self, now: float) -> tuple[str, str]:
        """The digit that has gone out meanwhile, and the one to begin now; "" for none."""
        if self._going and now < self._until:
            return "", ""
        gone, self._going = self._going, self._waiting.popleft() if self._waiting else ""
        self._until = now + EACH_S
        return gone, self._going


Event = tuple[str, int]  # digit, RTP timestamp of its beginning: the same in all its packets


class Receiving:
    """The digit whose packets are coming."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._done: Event | None = None  # its last packet comes three times, also into a stream made anew meanwhile
        self._duration_ms, self._updated = 0, 0.0

    def packet(self, event: Event, duration_ms: int, now: float, *, last: bool) -> list[tuple[str, int]]:
        """Take what one packet said; the digits that are now complete, with their durations in milliseconds."""
        if event == self._done:
            return []
        done = self._complete() if event != self._event else []
        self._event, self._duration_ms, self._updated = event, duration_ms, now
        return done + self._complete() if last else done

    def turn(self, now: float) -> list[tuple[str, int]]:
        """The digit whose end got lost."""
        return self._complete() if now - self._updated > END_LOST_S else []

    def _complete(self) -> list[tuple[str, int]]:
        if self._event is None:
            return []
        self._done, self._event = self._event, None
        return [(self._done[0], self._duration_ms)]


class Once:
    """A far end may tell of one press by RFC 4733 and by INFO: whichever comes first counts."""

    def __init__(self) -> None:
        # digit, method, begin and end of those told by one method only, the oldest first
        self._told: deque[tuple[str, str, float, float]] = deque(maxlen=REMEMBERED)

    def is_new(self, digit: str, method: str, begin: float, end: float) -> bool:
        """Whether this is a press of its own, and not the other method's word of one that was told."""
        for told in self._told:
            together = begin - SAME_S <= told[3] and told[2] - SAME_S <= end
            if told[0] == digit and told[1] != method and together:
                self._told.remove(told)
                return False
        self._told.append((digit, method, begin, end))
        return True
