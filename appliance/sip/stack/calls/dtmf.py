"""DTMF digits of one call: sent one after another, received once each whatever brings them."""

import re
from collections import deque

from appliance.core.model import Content

EACH_S = 0.3  # pjmedia sends a digit for 200 ms; 50 ms of pause at least (ITU-T Q.24), and room for its packets
SAME_S = 1.0  # two ways that tell of one press do so within this time; INFO comes at its begin or at its end
REMEMBERED = 32  # presses
DIGITS = "0123456789*#ABCD"  # by their numbers as events (RFC 4733 §3.2)
RELAY, ALONE = "application/dtmf-relay", "application/dtmf"
OTHERS = {"application/vnd.nortelnetworks.digits", "audio/telephone-event"}  # what they hold is not read
SIGNAL = re.compile(r"^[ \t]*Signal[ \t]*=[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
DURATION = re.compile(r"^[ \t]*Duration[ \t]*=[ \t]*(\d{1,5})[ \t]*$", re.IGNORECASE | re.MULTILINE | re.ASCII)
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


def carries(content: Content) -> bool:
    """Whether the content of an INFO is a digit: by its type, or by what it says."""
    return content.type in {RELAY, ALONE, *OTHERS} or SIGNAL.search(content.body) is not None


def signalled(body: str) -> tuple[str, int] | None:
    """The digit of such an INFO and its duration in milliseconds, None where it has none.

    `Signal=5` and `Duration=160` in lines (application/dtmf-relay), or the digit alone (application/dtmf); gateways
    write 10 and 11 for * and #, 12 to 15 for A to D, and 16 for a flash, as RFC 4733 numbers them.
    """
    found, lasted = SIGNAL.search(body), DURATION.search(body)
    given = (found[1] if found is not None else body).strip().upper()
    if given.isascii() and given.isdigit() and len(given) <= 2:  # noqa: PLR2004 - the number of an event
        digit = DIGITS[int(given) : int(given) + 1]
    else:
        digit = given if len(given) == 1 and given in DIGITS else ""
    return (digit, int(lasted[1]) if lasted is not None else 0) if digit else None
