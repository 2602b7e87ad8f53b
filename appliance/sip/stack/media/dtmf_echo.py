"""Which digits in a call's sound are our own, come back: no far end has pressed them."""

from collections import deque
from dataclasses import dataclass

RATE = 8000  # samples a second, which times are told in
# A way and back of 400 ms each, the longest that a network is planned for (ITU-T G.114 §4), and what reflects it there.
ECHO = RATE
UNEVEN = RATE // 10  # so much earlier may an echo seem to begin: of a noisy digit both ears hear the begin differently
REMEMBERED = 64  # digits; a second has at most twenty


@dataclass(frozen=True, slots=True)
class Heard:
    """A digit in some sound. begin, end: samples since both ears were opened; end None: it goes on."""

    digit: str
    begin: int
    end: int | None


class Echoes:
    """What we have sent of late in one call, to hold against what came."""

    def __init__(self) -> None:
        self._sent: deque[Heard] = deque(maxlen=REMEMBERED)

    def sent(self, heard: Heard) -> None:
        """A digit was in what we send: told once when it began, and again when it ended."""
        if self._sent and self._sent[-1].end is None:
            self._sent.pop()
        self._sent.append(heard)

    def is_ours(self, heard: Heard) -> bool:
        """Whether this, which came, may be one of them."""
        return any(
            ours.digit == heard.digit
            and (heard.end is None or heard.end >= ours.begin - UNEVEN)
            and (ours.end is None or heard.begin <= ours.end + ECHO)
            for ours in self._sent
        )
