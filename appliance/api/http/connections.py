"""Connections of the HTTP interface: each has a deadline for a whole request, and waiting ones make room for others.

In each turn of the loop only a few of them are read: see `admission` for the reason.

uvicorn limits only idle time after an answer, and how many requests it handles, not how many connections it holds. A
client that is reading a stream of events, or a WebSocket, waits for nothing and stays.
"""

import asyncio
import json
import socket
import struct
from collections import Counter, deque
from typing import Any
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from appliance.api.http.auth import place
from appliance.base.errors import ErrorCode, IntercomError, problem

REQUEST_S = 10.0  # from the connection, or the previous answer, to the end of the request's body
MOST = 256  # at each listener
MOST_OF_ONE = 224  # of one source
READ_AT_ONCE = 4  # in a turn of the loop
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def bare_answer(status: str, error: IntercomError, *headers: str) -> bytes:
    """The whole answer to a client whose request is not read; its connection is closed."""
    body = json.dumps({**problem(error), "instance": "/"}).encode()
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        *headers,
        "Connection: close",
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body


REFUSAL = bare_answer(
    "503 Service Unavailable",
    IntercomError(
        ErrorCode.UNAVAILABLE, "The station is busy.", f"It has {MOST_OF_ONE} connections of one source, or {MOST}."
    ),
    "Retry-After: 1",
)


class Turns:
    """Lets a few connections of a loop be read in each of its turns, in the order of their data."""

    def __init__(self) -> None:
        self._read = 0
        self._waiting: deque[Connection] = deque()

    def take(self, connection: "Connection") -> bool:
        """Whether it is read now; otherwise `read_on` is called in a later turn."""
        if not self._read:
            connection.loop.call_soon(self._turn, connection.loop)
        if self._read < READ_AT_ONCE and not self._waiting:
            self._read += 1
            return True
        self._waiting.append(connection)
        return False

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._read = min(READ_AT_ONCE, len(self._waiting))
        if self._read:
            loop.call_soon(self._turn, loop)
        for _ in range(self._read):
            self._waiting.popleft().read_on()


TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class Connection(H11Protocol):
    """uvicorn's connection with a deadline for each request, and a limit for all connections together."""

    _deadline: asyncio.TimerHandle | None = None
    _held = b""  # data that waits for a turn

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the deadline, and make room if there are too many connections."""
        super().connection_made(transport)
        self.source = source_of(transport)
        self._look()
        surplus = self._surplus()
        if surplus is self:
            self.transport.write(REFUSAL)
            self.transport.close()
        elif surplus is not None:
            surplus.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Process a part of a request, now or in a later turn of the loop."""
        if self._held:
            self._held += data
        elif TURNS.setdefault(self.loop, Turns()).take(self):
            self._process(data)
        else:
            self._held = data
            self.transport.pause_reading()

    def read_on(self) -> None:
        """Process the data that has waited."""
        data, self._held = self._held, b""
        if self.transport.is_closing():
            return
        self._process(data)
        if not self.flow.read_paused:
            self.transport.resume_reading()

    def _process(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline."""
        self._forget()
        super().connection_lost(exc)

    @property
    def waiting(self) -> bool:
        """Whether it has no complete request: neither a WebSocket, nor a request that is being answered."""
        unfinished = self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
        return unfinished and self.transport.get_protocol() is self

    def _look(self) -> None:
        if not self.waiting:
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _surplus(self) -> "Connection | None":
        """The connection to close for this one, or this one itself if all others are busy."""
        if len(self.connections) <= MOST_OF_ONE:
            return None
        living = [each for each in self.connections if not each.transport.is_closing()]
        counts = Counter(source_of(each.transport) for each in living)
        if counts[self.source] > MOST_OF_ONE:
            greedy = self.source
        elif len(living) > MOST:
            greedy = counts.most_common(1)[0][0]
        else:
            return None
        idle = (each for each in living if isinstance(each, Connection) and each.waiting and each is not self)
        of_it = [each for each in idle if each.source == greedy]
        return min(of_it, key=lambda each: each.since, default=self)

    @property
    def since(self) -> float:
        """When it started to wait, by the loop's clock."""
        return self._deadline.when() if self._deadline is not None else 0.0


def source_of(transport: Any) -> str:
    """The source of a connection: an address, all of this machine's as one, or the user of a Unix socket."""
    connected = transport.get_extra_info("socket")
    if connected is not None and connected.family == socket.AF_UNIX:
        try:
            raw = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return "uid:unknown"
        return f"uid:{_CREDENTIALS.unpack(raw)[1]}"
    peer = transport.get_extra_info("peername")
    return place(peer[0] if peer else "unknown")
