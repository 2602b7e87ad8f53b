"""Detects our own digits that a far end's sound returns: nobody pressed them."""

from collections import deque

from appliance.base.record import Record

RATE = 8000  # samples per second, the unit of all times here
# A round trip of 400 ms each way, the longest that networks are planned for (ITU-T G.114 §4), plus reflection there.
ECHO = RATE
UNEVEN = RATE // 10  # an echo may seem to begin so much earlier: detectors notice a noisy digit at different times
REMEMBERED = 64  # digits; a second has at most twenty


class HeardDigit(Record):
    """A digit in some sound. begin, end: samples since both detectors were opened; end None: it continues."""

    digit: str
    begin: int
    end: int | None


class Echoes:
    """The digits that we recently sent in one call, to compare with received ones."""

    def __init__(self) -> None:
        self._sent: deque[HeardDigit] = deque(maxlen=REMEMBERED)

    def sent(self, heard: HeardDigit) -> None:
        """A digit was in our sent sound: called when it begins, and again when it ends."""
        if self._sent and self._sent[-1].end is None:
            self._sent.pop()
        self._sent.append(heard)

    def is_ours(self, heard: HeardDigit) -> bool:
        """Whether this received digit may be the echo of a sent one."""
        return any(
            ours.digit == heard.digit
            and (heard.end is None or heard.end >= ours.begin - UNEVEN)
            and (ours.end is None or heard.begin <= ours.end + ECHO)
            for ours in self._sent
        )
