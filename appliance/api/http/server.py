"""The listeners: one Unix socket, one TCP port, one application, on the running loop. Beyond loopback it is HTTPS."""

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.api.http.auth import HTTP, HTTPS, LISTENER, Listener, authorities, in_brackets
from appliance.api.http.connections import Connection, websocket
from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record

if TYPE_CHECKING:
    from appliance.api.http.handshakes import Handshakes, Secured

SOCKET_MODE = 0o660  # everybody who may write to the socket may give orders
BACKLOG = 128  # connections that wait in the kernel
# Those at the Unix socket, whose clients get EAGAIN beyond that, at once: more than one user may have at a time.
UNIX_BACKLOG = 1024
TAKEN_AT_ONCE = 4  # connections, in a turn of the loop
STOP_S = 2


class Bound(Record):
    """The addresses on which the interface listens."""

    socket: Path | None
    address: str | None
    port: int
    scheme: str = "http"

    @property
    def url(self) -> str:
        """The page's address, without the token; "" without TCP."""
        return f"{self.scheme}://{_authority(self.address, self.port)}/" if self.address is not None else ""


class HttpServer:
    """Serves `app` until stopped. `socket_path` None: no Unix socket; `address` None: no TCP; `port` 0: a free one.

    secured: the certificate; TCP is then HTTPS, on any address. names: the names of proxies in front of the station.
    proxies: the addresses of those that are believed about the addresses of their clients.
    """

    def __init__(
        self,
        app: ASGIApp,
        socket_path: Path | None,
        address: str | None,
        port: int,
        secured: "Secured | None" = None,
        names: Iterable[str] = (),
        proxies: Iterable[str] = (),
    ) -> None:
        self._app, self._socket_path, self._address, self._port = app, socket_path, address, port
        self._secured, self._names, self._proxies = secured, frozenset(names), frozenset(proxies)
        self._running: list[tuple[_Uvicorn, asyncio.Task[None]]] = []

    async def start(self) -> Bound:
        """Listen. Raises IntercomError (`unavailable`, `config-invalid`); it then listens nowhere."""
        address, port = self._address, self._port
        scheme, secured = "http", self._secured
        listening: list[tuple[socket.socket, Callable[[], Listener], Secured | None]] = []
        async with contextlib.AsyncExitStack() as undo:
            if address is not None:
                tcp = undo.enter_context(_tcp(address, port, encrypted=secured is not None))
                address, port = tcp.getsockname()[:2]
                if secured is None:
                    plain = Listener(hosts=_hosts(address, port), proxied=self._names)
                    listening.append((tcp, lambda: plain, None))
                else:
                    listening.append((tcp, partial(_encrypted, secured, port, self._names), secured))
                    scheme, address = "https", secured.host
            if self._socket_path is not None:
                unix = undo.enter_context(await asyncio.to_thread(_unix, self._socket_path))
                listening.append((unix, lambda: Listener(unix=True), None))
            undo.push_async_callback(self.stop)
            for each in listening:
                await self._serve(*each)
            undo.pop_all()  # from here on uvicorn closes them
        return Bound(self._socket_path, address, port, scheme)

    async def stop(self) -> None:
        """Close the listeners and, within about two seconds, every connection."""
        running, self._running = self._running, []
        for server, _ in running:
            server.stop()
        await asyncio.gather(*(task for _, task in running))
        if self._socket_path is not None and running:
            await asyncio.to_thread(self._socket_path.unlink, missing_ok=True)

    async def _serve(
        self, listening: socket.socket, listener: Callable[[], Listener], secured: "Secured | None"
    ) -> None:
        server = _Uvicorn(
            uvicorn.Config(
                _marked(_forwarded(self._app, self._proxies) if self._proxies else self._app, listener),
                http=Connection,
                ws=websocket(),
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="error",  # with a warning for each invalid request, strangers would fill the log
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,  # it would take any text for an address, and the scheme as well
                backlog=TAKEN_AT_ONCE,
                timeout_graceful_shutdown=STOP_S,
                ws_max_size=4096,
                ws_max_queue=4,
                ws_ping_interval=times.current.websocket_pong_s,
                ws_ping_timeout=times.current.websocket_pong_s,
                ws_per_message_deflate=False,
            ),
            secured,
        )
        task = asyncio.create_task(server.serve([listening]), name="http")
        self._running.append((server, task))
        begun = asyncio.create_task(server.begun.wait())
        await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if task.done():
            task.result()


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers, which are the daemon's, and without its ten wake-ups a second."""

    def __init__(self, config: uvicorn.Config, secured: "Secured | None" = None) -> None:
        super().__init__(config)
        self.begun, self._asked = asyncio.Event(), asyncio.Event()
        self._secured = secured
        self._handshakes: Handshakes | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._secured is None or not sockets:
            await super().startup(sockets)
            for listening in sockets or []:
                most = UNIX_BACKLOG if listening.family == socket.AF_UNIX else BACKLOG
                listening.listen(most)  # asyncio takes the number of connections to take at once for this one too
        else:
            from appliance.api.http.handshakes import Handshakes  # noqa: PLC0415  late: only where there is TLS

            await super().startup([])
            self._handshakes = Handshakes(sockets[0], self._secured, self._connection)
            self._handshakes.start()
        self.begun.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._handshakes is not None:
            await self._handshakes.stop()
        await super().shutdown(sockets)

    def _connection(self) -> Connection:
        return Connection(self.config, self.server_state, self.lifespan.state)

    async def main_loop(self) -> None:
        await self._asked.wait()

    def stop(self) -> None:
        self._asked.set()


def _marked(app: ASGIApp, listener: Callable[[], Listener]) -> ASGIApp:
    """`app` with the listener of each request. The address cannot identify it: a closed connection has none."""

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        scope[LISTENER] = listener()
        await app(scope, receive, send)

    return marked


def _forwarded(app: ASGIApp, proxies: frozenset[str]) -> ASGIApp:
    """`app` with the address of a client as the proxies between it and us name it (X-Forwarded-For).

    Each proxy adds the address from which it got the request, at the end: the last one that is not itself a proxy's is
    the client's. What stands before it is the client's own word.
    """

    async def forwarded(scope: Scope, receive: Receive, send: Send) -> None:
        peer = _ip(scope["client"][0]) if scope.get("client") else ""
        if peer in proxies:
            named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
            for each in reversed(named.decode("latin-1").split(",")):
                address = _ip(each.strip())
                if address not in proxies:
                    break
            if address:
                scope["client"] = (address, 0)
        await app(scope, receive, send)

    return forwarded


def _ip(text: str) -> str:
    """An IP address in its usual form, without a zone, which may be any text; "" for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)  # as a client of IPv4 has it at an IPv6 socket


def _authority(address: str, port: int) -> str:
    return f"{in_brackets(address)}:{port}"


def _hosts(address: str, port: int) -> frozenset[str]:
    return authorities({"localhost", "127.0.0.1", "::1", address}, port, HTTP)


def _encrypted(secured: "Secured", port: int, names: frozenset[str]) -> Listener:
    """Return the TLS listener with the names of the current certificate."""
    return Listener(hosts=authorities(secured.names, port, HTTPS), tls=True, proxied=names)


def _tcp(address: str, port: int, *, encrypted: bool) -> socket.socket:
    try:
        ip = ipaddress.ip_address("127.0.0.1" if address == "localhost" else address)
    except ValueError:
        raise IntercomError(
            ErrorCode.CONFIG_INVALID, f"{address!r} is not an IP address.", "", "Set http.address."
        ) from None
    if not ip.is_loopback and not encrypted:
        raise IntercomError(
            ErrorCode.CONFIG_INVALID,
            f"HTTP does not listen on {address}.",
            "Requests and tokens would cross the network unencrypted.",
            "Set http.address to 127.0.0.1 or ::1, and reach it through an SSH tunnel.",
        )
    listening = socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET)  # noqa: PLR2004
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by connections. Else the body of an answer waits for the client's delayed ACK of its head: 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((str(ip), port))
        listening.listen(BACKLOG)  # if two bind at the same time, one fails here
    except OSError as error:
        listening.close()
        match error.errno:
            case errno.EADDRINUSE:
                cause = "Another program listens on it already."
                resolution = f"`ss -ltnp sport = :{port}` shows the program. Set http.port to a free one."
            case errno.EADDRNOTAVAIL:
                cause = "The machine does not have this address now."
                resolution = "`ip address` lists its addresses. Set http.address to one of them, or to 0.0.0.0 for all."
            case errno.EACCES:
                cause, resolution = "Ports below 1024 are for root.", "Set http.port to 1024 or more."
            case _:
                cause, resolution = f"{error.strerror}.", "Set http.address and http.port to others."
        raise IntercomError(
            ErrorCode.UNAVAILABLE, f"HTTP cannot listen on {_authority(str(ip), port)}.", cause, resolution
        ) from error
    return listening


def _unix(path: Path) -> socket.socket:
    """Create the Unix socket. Blocks on the disc."""
    listening = socket.socket(socket.AF_UNIX)
    try:
        _clear(path)
        os.fchmod(listening.fileno(), SOCKET_MODE)  # before the socket has a name, so that no other user can open it
        listening.bind(str(path))
        path.chmod(SOCKET_MODE)  # the umask may have removed bits
    except OSError as error:
        listening.close()
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"HTTP cannot listen on {path}.",
            f"{error.strerror or error}.",
            "Set http.socket to a path in a directory that the daemon may write to.",
        ) from error
    except IntercomError:
        listening.close()
        raise
    return listening


def _clear(path: Path) -> None:
    """Remove the socket of a daemon that crashed."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "There is a file that is not a socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise IntercomError(
        ErrorCode.UNAVAILABLE,
        f"HTTP cannot listen on {path}.",
        "Another daemon listens on it.",
        "Stop it, or set http.socket.",
    )
