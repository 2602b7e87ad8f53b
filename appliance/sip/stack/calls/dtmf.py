"""DTMF digits of one call: sent one after another, received once each, whatever carries them."""

import math
import re
from collections import deque
from typing import NamedTuple

from appliance.core.model import Content, DigitMethod
from appliance.core.orders import SendDigit

SAME_S = 1.0  # two reports of one press come within this time; INFO comes at its beginning or at its end
REMEMBERED = 32  # presses
FORMS = 4  # of digits that are not read, which are reported in a call
DIGITS = "0123456789*#ABCD"  # in the order of their event numbers (RFC 4733 §3.2)
RELAY, ALONE = "application/dtmf-relay", "application/dtmf"
OTHERS = {"application/vnd.nortelnetworks.digits", "audio/telephone-event"}  # digits too, but not decoded
SIGNAL = re.compile(r"^[ \t]*Signal[ \t]*=[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
DURATION = re.compile(r"^[ \t]*Duration[ \t]*=[ \t]*(\d{1,5})[ \t]*$", re.IGNORECASE | re.MULTILINE | re.ASCII)
LATE_S = 1.0  # so long after the end of a stream, packets of it may still come, into the next one
LONGEST_MS = 1300  # an event may say: 65535 units (RFC 4733 §2.3.5) of a 48 kHz clock, less packets that were lost
NEXT_PART_MS = 60  # a longer press goes on as another event, where the former ends, or a packet later
END_LOST_S = 0.25  # an event is updated every 20 ms (RFC 4733 §2.5.1.2): after so long its end was lost


class Press(NamedTuple):
    """A digit to send, with the length of its tone and of the silence behind it."""

    digit: str
    tone_s: float
    pause_s: float
    inband: bool
    hidden: bool


class Sending:
    """Digits that wait to be sent."""

    def __init__(self) -> None:
        self._waiting: deque[Press] = deque()
        self._going: Press | None = None
        self._until = 0.0

    @property
    def busy(self) -> bool:
        """Whether a digit is being sent, or waits."""
        return self._going is not None or bool(self._waiting)

    def add(self, order: SendDigit) -> None:
        """Append digits."""
        self._waiting.extend(
            Press(digit, order.tone_s, order.pause_s, order.inband, order.hidden) for digit in order.digits
        )

    def drop(self) -> None:
        """Drop all digits: none can be sent."""
        self._waiting.clear()
        self._going = None

    def turn(self, now: float) -> tuple[Press | None, Press | None]:
        """The press that was sent meanwhile, and the one to send now."""
        if self._going is not None and now < self._until:
            return None, None
        gone, self._going = self._going, self._waiting.popleft() if self._waiting else None
        if self._going is not None:
            self._until = now + self._going.tone_s + self._going.pause_s
        return gone, self._going


class Unread:
    """The forms of digits that are not read, each of them once."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def is_new(self, content_type: str) -> bool:
        """Whether no digit of that form has come before; False after many forms, which a far end could invent."""
        if content_type in self._forms or len(self._forms) == FORMS:
            return False
        self._forms.add(content_type)
        return True


Event = tuple[str, int]  # digit, RTP timestamp of its beginning: the same in all its packets


class Receiving:
    """The digit whose packets are arriving.

    Some phones give all digits of a call one timestamp: where the duration falls back, the same digit is pressed again.
    pjsip drops what others have overtaken. A stream that has just begun does not know the packets before it: there, a
    duration that falls back belongs to a late packet.

    A key that is held for longer than an event can say comes as several events, of which only the last one ends
    (RFC 4733 §2.5.1.3): one digit.
    """

    def __init__(self) -> None:
        self._event: Event | None = None
        self._done: deque[Event] = deque(maxlen=REMEMBERED)  # the newest last; its last packet comes three times
        self._duration_ms, self._updated = 0, 0.0  # as last reported
        self._earlier_ms = 0  # of the press, in the events that it went on from
        self._stream_ended = -math.inf

    @property
    def busy(self) -> bool:
        """Whether the end of a digit is awaited."""
        return self._event is not None

    def packet(self, event: Event, duration_ms: int, now: float, *, last: bool) -> list[tuple[str, int]]:
        """Process one packet; returns digits that are complete now, with durations in milliseconds."""
        if self._goes_on(event):
            self._event, self._duration_ms, self._earlier_ms = event, 0, self._earlier_ms + self._duration_ms
        late = now - self._stream_ended < LATE_S
        again = duration_ms < self._duration_ms and not late
        known = event in self._done if late else bool(self._done) and event == self._done[-1]
        if known and event != self._event and not again:
            return []
        done = self._complete() if event != self._event or again else []
        self._event, self._duration_ms, self._updated = event, duration_ms, now
        return done + self._complete() if last else done

    def stream_ended(self, now: float) -> None:
        """The packets that come from now on come into another stream."""
        self._stream_ended = now

    def turn(self, now: float) -> list[tuple[str, int]]:
        """Complete a digit whose end was lost."""
        return self._complete() if now - self._updated > END_LOST_S else []

    def _goes_on(self, event: Event) -> bool:
        """Whether the press that is arriving goes on as this event."""
        if self._event is None or self._duration_ms < LONGEST_MS:
            return False
        (digit, began), end = event, self._event[1] + self._duration_ms
        return digit == self._event[0] and abs(began - end) <= NEXT_PART_MS

    def _complete(self) -> list[tuple[str, int]]:
        if self._event is None:
            return []
        done, lasted_ms = self._event, self._earlier_ms + self._duration_ms
        self._event, self._earlier_ms = None, 0
        self._done.append(done)
        return [(done[0], lasted_ms)]


class Once:
    """A far end may report one press both by RFC 4733 and by INFO: the first report counts."""

    def __init__(self) -> None:
        # digit, method, begin and end of presses that one method has reported, the oldest first
        self._reported: deque[tuple[str, DigitMethod, float, float]] = deque(maxlen=REMEMBERED)

    def is_new(self, digit: str, method: DigitMethod, begin: float, end: float) -> bool:
        """Whether this is a new press, and not the other method's report of a known one."""
        for earlier in self._reported:
            together = begin - SAME_S <= earlier[3] and earlier[2] - SAME_S <= end
            if earlier[0] == digit and earlier[1] != method and together:
                self._reported.remove(earlier)
                return False
        self._reported.append((digit, method, begin, end))
        return True


def carries(content: Content) -> bool:
    """Whether the content of an INFO is a digit, by its type or its text."""
    return content.type in {RELAY, ALONE, *OTHERS} or SIGNAL.search(content.body) is not None


def signalled(body: str) -> tuple[str, int] | None:
    """The digit of such an INFO and its duration in milliseconds; None without a digit.

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
