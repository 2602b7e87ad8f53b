"""Complete delivery: every event in order, again and again until its reader has it.

That the broker has a message proves nothing about the reader: a broker takes messages that nobody is subscribed to, and
forgets what it had when it is killed. So the cursor moves by the reader's word alone.
"""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import reason
from appliance.base.times import Times
from appliance.base.types import Json

WINDOW = 100  # events on the way
LONGEST = 20  # digits of an id


class Cursor:
    """The id up to which a reader has all, in a file; 0: nothing. A kill costs the last second: that is sent again."""

    def __init__(self, file: Path, times: Times) -> None:
        self._file, self._times = file, times
        self.at = self._kept = _read(file)
        self._written = 0.0

    @property
    def due(self) -> float | None:
        """When to write it; None: it has not moved."""
        return None if self.at == self._kept else self._written + self._times.cursor_written_s

    def save(self, now: float, *, last: bool = False) -> str:
        """Write it if it has moved, once in a while; why it cannot be written, or ""."""
        if self.at == self._kept or not (last or now >= self._written + self._times.cursor_written_s):
            return ""
        self._written = now
        try:
            durable.replace(self._file, f"{self.at}\n")
        except OSError as error:
            return reason(error)
        self._kept = self.at
        return ""


def _read(file: Path) -> int:
    try:
        with file.open("rb") as kept:
            text = kept.read(LONGEST + 1).strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() and len(text) <= LONGEST else 0


class Complete:
    """What is to be sent to the reader. page: the events after an id, which raises IntercomError.

    Each envelope names the one before it, `after`, so that the reader sees whether it lacks one; and the place from
    which it began, `acknowledged`, for a reader that knows of none before.
    """

    def __init__(self, cursor: Cursor, page: Callable[[int], list[Json]], times: Times) -> None:
        self._cursor, self._page, self._times = cursor, page, times
        self._sent: deque[int] = deque()
        self._unsent: deque[Json] = deque()
        self._after = cursor.at
        self._more = True  # the journal may have events after `_after`
        self._moved, self._pause_s = 0.0, times.reader_again_s[0]
        self._greeted = -times.reader_again_s[0]

    def begin(self, now: float) -> None:
        """Send from the cursor on: a new connection."""
        self._sent.clear()
        self._unsent.clear()
        self._after, self._more, self._moved = self._cursor.at, True, now

    def touch(self) -> None:
        """The journal has a new event."""
        self._more = True

    def due(self, now: float) -> Iterator[Json]:
        """The events to send now. Raises IntercomError."""
        if self._sent and now >= self._moved + self._pause_s:
            self._pause_s = min(2 * self._pause_s, self._times.reader_again_s[1])
            self.begin(now)
        while len(self._sent) < WINDOW:
            if not self._unsent:
                if not self._more:
                    return
                page = self._page(self._after)
                self._more = bool(page)
                self._unsent.extend(page)
                continue
            envelope = self._unsent.popleft()
            if not self._sent:
                self._moved = now
            envelope.pop("state", None)  # of events.lost: large, and not of that time
            place = {"after": self._after, "acknowledged": self._cursor.at}
            self._after = envelope["id"]
            self._sent.append(envelope["id"])
            yield envelope | place

    @property
    def again(self) -> float | None:
        """When to send again; None: the reader has all."""
        return self._moved + self._pause_s if self._sent else None

    def acknowledged(self, payload: bytes, now: float) -> bool:
        """Take an acknowledgement of the reader. False: it names no event that was sent.

        Even an invalid one shows that the reader is there: missing events are sent again, unless that was just done.
        """
        text = payload[: LONGEST + 1].strip()
        number = int(text) if text.isdigit() and len(text) <= LONGEST else -1
        if number not in self._sent:
            if now >= self._greeted + self._times.reader_again_s[0]:
                self._greeted, self._pause_s = now, self._times.reader_again_s[0]
                self.begin(now)
            return number >= 0
        while self._sent.popleft() != number:
            pass
        self._cursor.at, self._moved, self._pause_s = number, now, self._times.reader_again_s[0]
        return True
