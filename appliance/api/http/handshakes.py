"""The TLS listener: takes connections, and gives those whose handshake succeeds to HTTP.

asyncio's own TLS server creates its protocol after the handshake, so nothing would limit the handshakes that strangers
begin and leave open. Here few wait at a time, and the oldest makes room for the next: of strangers before clients, and
of the source with the most, if it has more than a browser begins.
"""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from appliance.api.http.auth import place
from appliance.api.http.connections import CLIENTS, CLOSE, bare_answer
from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError

MOST = 32  # handshakes at a time
MOST_OF_ONE = 16  # of one source
OF_BROWSER = 6  # at once, as browsers do: who has many addresses has less of each
RECORD = b"\x16"  # the first byte of a TLS handshake (RFC 8446 §5.1)
PLAIN = bare_answer(
    "400 Bad Request",
    IntercomError(
        ErrorCode.PARAMETER_INVALID,
        "This port speaks HTTPS only.",
        "The request came without TLS.",
        "Begin the address with https://.",
    ),
    CLOSE,
)


class Secured(Protocol):
    """The certificate of the listener."""

    @property
    def names(self) -> frozenset[str]:
        """The host names and addresses in it; an IPv6 address is in brackets."""

    @property
    def host(self) -> str:
        """The name or address to print."""

    async def context(self) -> ssl.SSLContext:
        """The context for the next connection."""


SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; all suites of TLS 1.3 are authenticated encryption


def context() -> ssl.SSLContext:
    """A context without a certificate yet: TLS 1.2 at least, without CBC suites, HTTP/1.1, no renegotiation.

    No tickets for resumption either: a client that reads and writes in two threads (WebSocket libraries do) may lose
    its connection when a ticket comes while it sends its first request, for OpenSSL allows one thread at a time.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(SUITES)
    made.options |= ssl.OP_NO_RENEGOTIATION
    made.num_tickets = 0
    made.set_alpn_protocols(["http/1.1"])
    return made


class Handshakes:
    """Takes the connections of `listening`, and connects each to a new `protocol` once it is encrypted."""

    def __init__(self, listening: socket.socket, secured: Secured, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listening, self._secured, self._protocol = listening, secured, protocol
        self._begun: dict[asyncio.Task[None], str] = {}  # oldest first; the source of each
        self._accepting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take connections."""
        self._listening.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(), name="https")

    async def stop(self) -> None:
        """Take no more connections, and close those whose handshake is not done."""
        tasks = [task for task in (self._accepting, *self._begun) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, peer = await loop.sock_accept(self._listening)
            except OSError:
                await asyncio.sleep(times.current.descriptor_again_s)
                continue
            source = place(peer[0])
            self._make_room(source)
            task = loop.create_task(self._shake(connected))
            self._begun[task] = source
            task.add_done_callback(self._forget)
            await asyncio.sleep(0)  # one in each turn of the loop

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._begun.pop(task, None)  # it may have made room already

    def _make_room(self, source: str) -> None:
        counts = Counter(self._begun.values())
        greedy = counts[source] >= MOST_OF_ONE
        if not greedy and len(self._begun) < MOST:
            return
        begun = [(task, of) for task, of in self._begun.items() if not greedy or of == source]
        oldest, _ = min(begun, key=lambda each: (each[1] in CLIENTS, -max(counts[each[1]], OF_BROWSER)))
        del self._begun[oldest]
        oldest.cancel()

    async def _shake(self, connected: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as undo:  # also TimeoutError and ssl.SSLError
            undo.callback(connected.close)
            async with asyncio.timeout(times.current.https_handshake_s):
                current = await self._encrypted(connected)
                if current is None:
                    return
                undo.pop_all()  # from here on the transport closes it
                await asyncio.get_running_loop().connect_accepted_socket(
                    self._protocol, connected, ssl=current, ssl_handshake_timeout=times.current.https_handshake_s
                )

    async def _encrypted(self, connected: socket.socket) -> ssl.SSLContext | None:
        """The context for a client that begins a handshake; None for others, after an answer."""
        loop = asyncio.get_running_loop()
        connected.setblocking(False)
        readable = asyncio.Event()
        loop.add_reader(connected, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(connected)
        first = connected.recv(1, socket.MSG_PEEK)
        if first == RECORD:
            return await self._secured.context()
        if first:
            connected.recv(1 << 16)  # unread bytes would make the kernel reset the connection under the answer
            await loop.sock_sendall(connected, PLAIN)
        return None
