"""Connections of the HTTP interface: each has a deadline for a whole request, and waiting ones make room for others.

`turns` decides when each of them is read.

uvicorn limits only idle time after an answer, and how many requests it handles, not how many connections it holds. A
client that is reading a stream of events, or a WebSocket, waits for nothing and stays.
"""

import asyncio
import json
import logging
import socket
import struct
from collections import Counter
from functools import cache, lru_cache
from typing import Any, cast
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from appliance.api.http.admission import TOO_MANY, BusyError
from appliance.api.http.auth import STRANGER, place
from appliance.api.http.dependencies import WHO
from appliance.api.http.headers import HEADERS
from appliance.api.http.problems import RETRY_S
from appliance.api.http.turns import LONGEST, Line, Turns, plain
from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError, problem

MOST = 256  # at each listener
MOST_OF_ONE = 224  # of one source
CLIENTS: dict[str, None] = {}  # the sources of the newest requests that were authorised, oldest first
MOST_CLIENTS = 64
CLOSE = "Connection: close"
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def bare_answer(status: str, error: IntercomError, *headers: str, instance: str = "/") -> bytes:
    """The whole answer to a client whose request does not reach the application."""
    body = json.dumps({**problem(error), "instance": instance}).encode()
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        *headers,
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body


UNAVAILABLE, LATER = "503 Service Unavailable", f"Retry-After: {RETRY_S}"
REFUSAL = bare_answer(
    UNAVAILABLE,
    IntercomError(
        ErrorCode.UNAVAILABLE, "The station is busy.", f"It has {MOST_OF_ONE} connections of one source, or {MOST}."
    ),
    LATER,
    CLOSE,
)
TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


@lru_cache(maxsize=16)
def busy(path: str) -> bytes:
    """The answer to a plain request that is refused; its connection stays."""
    return bare_answer(UNAVAILABLE, BusyError(TOO_MANY), LATER, instance=path)


class Unread:
    """Cuts a connection whose client does not read its answers: the client would occupy a connection for ever."""

    transport: asyncio.Transport
    _patience: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Wait until the client has taken most of it."""
        self._patience = asyncio.get_running_loop().call_later(times.current.http_unread_s, self.transport.abort)
        super().pause_writing()  # type: ignore[misc]  # of uvicorn's class beside this one

    def resume_writing(self) -> None:
        """The client has."""
        self._end_patience()
        super().resume_writing()  # type: ignore[misc]

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._end_patience()
        super().connection_lost(exc)  # type: ignore[misc]

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


@cache
def websocket() -> type[asyncio.Protocol]:
    """Uvicorn's WebSocket, which is cut in the same way."""
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol  # noqa: PLC0415  late, as uvicorn imports it

    logging.getLogger("uvicorn.error").addFilter(_is_of_use)
    return type("WebSocket", (Unread, cast("type[asyncio.Protocol]", AutoWebSocketsProtocol)), {})


def _is_of_use(record: logging.LogRecord) -> bool:
    """Whether to log a line of uvicorn: not the one that later versions write for each stranger's refused WebSocket."""
    return record.msg != "ASGI callable returned without completing handshake."


class Connection(Unread, H11Protocol):
    """uvicorn's connection with a turn and a deadline for each request, and a limit for all connections together."""

    _deadline: asyncio.TimerHandle | None = None
    _held = b""  # data that waits for a turn
    _waits = False  # for a turn
    _answered = False  # while uvicorn goes on after an answer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the deadline, and make room if there are too many connections."""
        super().connection_made(transport)
        self.source = source_of(transport)
        self._turns = TURNS.setdefault(self.loop, Turns())
        self._look()
        surplus = self._surplus()
        if surplus is self:
            self.transport.write(REFUSAL)
            self.transport.close()
        elif surplus is not None:
            surplus.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Process a part of a request, now or in a later turn of the loop."""
        if not self._waits and self._may_go_on(self._plain(data)):
            self._process(data)
            return
        self._unset_keepalive_if_required()
        self._held += data
        if len(self._held) > LONGEST:
            self.transport.pause_reading()

    def read_on(self) -> None:
        """Process the data that has waited for this connection's turn, and read on."""
        data, self._held, self._waits = self._held, b"", False
        if self.transport.is_closing():
            return
        if data:
            self._process(data)
        else:
            self.handle_events()
            self._look()
        if not self.flow.read_paused:
            self.transport.resume_reading()

    def refuse(self) -> None:
        """Answer the plain request that has waited with 503; if more has come after it, let it wait for a turn."""
        path = plain(self._held)
        if not path:
            if self._may_go_on(""):
                self.read_on()
            return
        self._held, self._waits = b"", False
        if self.flow.write_paused:  # it asks, but reads no answers
            self.transport.abort()
        if self.transport.is_closing():
            return
        self.transport.write(busy(path))
        self._forget()
        self._look()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def handle_events(self) -> None:
        """Process the received data. A request that came together with an earlier request waits for its own turn."""
        if not self._answered or not self.conn.trailing_data[0] or self._may_go_on(""):
            super().handle_events()
        else:
            self._unset_keepalive_if_required()

    def _may_go_on(self, path: str) -> bool:
        """Whether this is read now; if not, `read_on` or `refuse` will be called. path: of a plain request."""
        self._waits = not self._turns.take(self, Line(self.source, self.authorised, bool(path)))
        return not self._waits

    @property
    def authorised(self) -> bool:
        """Whether its previous request was authorised."""
        previous = cast("dict[str, Any] | None", self.scope) or {}
        return bool(previous.get(WHO, STRANGER) != STRANGER)

    def _plain(self, data: bytes) -> str:
        """The path of a request that can be refused as it is; "" if not."""
        conn = self.conn
        idle = conn.our_state is h11.IDLE and conn.their_state is h11.IDLE and not conn.trailing_data[0]
        return plain(data) if idle else ""

    def _process(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._answered = True
        if self.authorised:
            CLIENTS.pop(self.source, None)
            CLIENTS[self.source] = None
            if len(CLIENTS) > MOST_CLIENTS:
                del CLIENTS[next(iter(CLIENTS))]
        super().on_response_complete()
        self._answered = False
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline."""
        self._forget()
        self._turns.leave(self)
        super().connection_lost(exc)

    @property
    def waiting(self) -> bool:
        """Whether the connection waits for its client: it has no WebSocket, and no request that is being answered."""
        unfinished = self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
        return unfinished and self.transport.get_protocol() is self

    def _look(self) -> None:
        if not self.waiting:
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(times.current.http_request_s, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _surplus(self) -> "Connection | None":
        """The connection to close for this one, or this one itself if all others are busy.

        Of one source with too many, one of it. Else strangers go before clients: who has many addresses shuts no client
        out. Then the source with the most.
        """
        if len(self.connections) <= MOST_OF_ONE:
            return None
        living = [each for each in self.connections if not each.transport.is_closing()]
        counts = Counter(map(_source, living))
        greedy = counts[self.source] > MOST_OF_ONE
        if not greedy and len(living) <= MOST:
            return None
        idle = (each for each in living if isinstance(each, Connection) and each.waiting and each is not self)
        of_it = [each for each in idle if not greedy or each.source == self.source]
        return min(of_it, key=lambda each: (each.authorised, -counts[each.source], *each.claim), default=self)

    @property
    def claim(self) -> tuple[bool, float]:
        """The least goes first: who keeps us waiting before who waits for us, then who has waited for longest."""
        return self._waits, self._deadline.when() if self._deadline is not None else 0.0


def _source(connection: Any) -> str:
    """The source of one of uvicorn's connections; a WebSocket does not keep it."""
    return connection.source if isinstance(connection, Connection) else source_of(connection.transport)


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
