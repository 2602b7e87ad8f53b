"""The order in which connections are read: one in every few turns of the loop, so that a press never waits for many.

A request takes up to a millisecond of the loop, in a few of its turns. A press takes a handful of turns from its edge
to its INVITE. If each turn read a connection, a press would wait for a handful of requests; with every few turns
reading one, the press waits for one or two requests. Each source has its own lines, and the lines take turns.

A request waits unread. If many plain requests of clients wait already, further requests are refused, which takes a
fraction of the time of any other answer: they are neither parsed nor passed to the application.
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple, Protocol

EACH = 4  # turns of the loop from one reading to the next
ROOM = 64  # requests in a line; beyond it, plain requests of clients are refused
REFUSED_AT_ONCE = 4  # in a turn in which none is read
LONGEST = 4096  # bytes of a plain request

# A whole GET without a body, in one piece, by HTTP/1.1, that leaves its connection as it is. A supervisor's request is
# none, and no browser asks again for a refused stream of events.
_PLAIN = re.compile(
    rb"GET (?P<path>/(?!livez|readyz|v1/events)[\w./~-]*)(?:\?[!-~]*)? HTTP/1\.1\r\n"
    rb"(?:(?!(?i:(?:content-length|transfer-encoding|upgrade|expect):|connection:(?![ \t]*keep-alive\r)))"
    rb"[\w!#$%&'*+.^`|~-]+:[^\r\n]*\r\n)*\r\n"
)


def plain(data: bytes) -> str:
    """The path of a request that can be refused without being parsed; "" for anything else."""
    found = _PLAIN.fullmatch(data) if len(data) <= LONGEST else None
    return found["path"].decode() if found is not None else ""


class Line(NamedTuple):
    """A line of connections that wait to be read. client: their previous request was authorised."""

    source: str
    client: bool
    plain: bool


class Reader(Protocol):
    """A connection that has something to be read."""

    loop: asyncio.AbstractEventLoop

    def read_on(self) -> None:
        """Read it."""

    def refuse(self) -> None:
        """Refuse it."""


class Turns:
    """The lines of one loop."""

    def __init__(self) -> None:
        self._pending = 0  # turns until the next reading; 0: none is needed
        self._lines: dict[Line, deque[Reader]] = {}  # the one whose turn it is comes first
        self._surplus: deque[Reader] = deque()

    def take(self, reader: Reader, line: Line) -> bool:
        """Return True if the connection may be read now; otherwise call its `read_on` or `refuse` in a later turn."""
        if not self._pending:
            self._pending = EACH
            reader.loop.call_soon(self._turn, reader.loop)
            return True
        if line.client and line.plain and len(self._lines.get(line, ())) >= ROOM:
            self._surplus.append(reader)
        else:
            self._lines.setdefault(line, deque()).append(reader)
        return False

    def leave(self, reader: Reader) -> None:
        """Forget a connection that is lost."""
        if reader in self._surplus:
            self._surplus.remove(reader)
        for line, waiting in self._lines.items():
            if reader in waiting:
                waiting.remove(reader)
                if not waiting:
                    del self._lines[line]
                return

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._pending -= 1
        if not self._pending and not self._lines and not self._surplus:
            return
        loop.call_soon(self._turn, loop)
        if not self._pending:
            self._pending = EACH
            if self._lines:
                self._next().read_on()
        else:
            for _ in range(min(REFUSED_AT_ONCE, len(self._surplus))):
                self._surplus.popleft().refuse()

    def _next(self) -> Reader:
        line, waiting = next(iter(self._lines.items()))
        del self._lines[line]
        reader = waiting.popleft()
        if waiting:
            self._lines[line] = waiting
        return reader
