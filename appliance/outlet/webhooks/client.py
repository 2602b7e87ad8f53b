"""One request to a receiver after the other: within a time, and with a small answer, whatever the receiver does.

`http.client` follows no redirect and knows no proxy. Its timeouts are those of single reads, so a timer ends each
request as a whole.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from appliance.base.record import Record
from appliance.base.times import Times
from appliance.outlet.settings import Webhook
from appliance.outlet.webhooks import addresses, faults

LARGEST = 16_384  # bytes of an answer that are read
HTTPS, HTTP = 443, 80
APART_S = 300.0  # by which clocks may differ: receivers refuse signatures of another time (Standard Webhooks 1.0.0)
FAULTS = (OSError, http.client.HTTPException, ValueError)  # no connection, no answer, or none that can be read


class Answer(Record):
    """An answer. wait_s: for how long the receiver asks us to wait, 0: it does not. long: its body is cut.

    clocks_apart: the receiver's clock shows another time than the station's.
    """

    status: int
    body: bytes = b""
    kind: str = ""
    wait_s: float = 0.0
    long: bool = False
    clocks_apart: bool = False

    @property
    def taken(self) -> bool:
        """Whether the receiver has taken what it was sent."""
        return http.HTTPStatus.OK <= self.status < http.HTTPStatus.MULTIPLE_CHOICES


class Client:
    """The connection to a receiver, made again where necessary. For one thread at a time."""

    def __init__(self, of: Webhook, times: Times) -> None:
        self._of, self._times = of, times
        where = urlsplit(of.url)
        self._plain = where.scheme == "http"
        self._path = f"{where.path or '/'}{f'?{where.query}' if where.query else ''}"
        self._host = where.hostname or ""
        self._port = where.port or (HTTP if self._plain else HTTPS)
        self._connection: _Connection | None = None
        self._used = 0.0
        self._trust: ssl.SSLContext | None = None

    def post(self, body: bytes, headers: dict[str, str], within_s: float) -> Answer:
        """Send a request. Raises IntercomError if no answer comes."""
        until = time.monotonic() + within_s
        if self._connection is not None and time.monotonic() - self._used > self._times.webhook_idle_s:
            self.close()
        if self._connection is not None:
            with suppress(*FAULTS):  # a receiver may close what waits
                return self._posted(body, headers, until)
            self.close()
        try:
            return self._posted(body, headers, until)
        except (*FAULTS, addresses.RefusedError) as error:
            self.close()
            late = time.monotonic() >= until
            raise faults.of_request(TimeoutError() if late else error, self._of, self._host) from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _posted(self, body: bytes, headers: dict[str, str], until: float) -> Answer:
        connection = self._connection
        if connection is None:
            connection = self._connection = _Connection(self._host, self._port, self._opened, plain=self._plain)
        connection.until = until
        if connection.sock is not None:
            connection.sock.settimeout(max(0.01, until - time.monotonic()))
        clock = threading.Timer(max(0.0, until - time.monotonic()), connection.cut)
        clock.daemon = True
        clock.start()
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            room = bytearray(LARGEST + 1)  # not `read`, which takes all that comes for a chunk of a negative length
            said = bytes(room[: response.readinto(room)])
        finally:
            clock.cancel()
        if connection.is_cut:  # else the end of the connection would pass for that of the answer
            raise TimeoutError
        self._used = time.monotonic()
        answer = Answer(
            response.status,
            said[:LARGEST],
            response.getheader("Content-Type", "").partition(";")[0].strip().lower(),
            _seconds(response.getheader("Retry-After", "")),
            long=len(said) > LARGEST,
            clocks_apart=_is_apart(response.getheader("Date", "")),
        )
        if not response.isclosed() or connection.sock is None:  # the rest is not read, or the receiver has closed it
            self.close()
        return answer

    def _opened(self, connection: "_Connection") -> socket.socket:
        trust = None if self._plain else self._trusted()
        left_s = self._times.webhook_connects_s
        opened = addresses.connect(
            self._host, self._port, connection.until, left_s, local=self._of.local, plain=self._plain
        )
        opened.settimeout(max(0.01, connection.until - time.monotonic()))
        if trust is None:
            return opened
        try:
            secured = trust.wrap_socket(opened, server_hostname=self._host, do_handshake_on_connect=False)
            connection.sock = secured  # so that the timer ends the handshake, too
            secured.do_handshake()
        except (OSError, ValueError) as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                self._trust = None  # people may mend the file of authorities
            opened.close()
            raise
        return secured

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            try:
                self._trust = ssl.create_default_context(cafile=self._of.ca_file or None)
            except (OSError, ValueError) as error:
                raise faults.of_file(error, self._of) from error
        return self._trust


class _Connection(http.client.HTTPConnection):
    """A connection that `opened` makes: the base class would resolve the name a second time, and connect anywhere."""

    def __init__(self, host: str, port: int, opened: Callable[["_Connection"], socket.socket], *, plain: bool) -> None:
        super().__init__(host, port)
        self.default_port = HTTP if plain else HTTPS
        self.until, self.is_cut = 0.0, False
        self._opened = opened

    def connect(self) -> None:
        """Connect, to an address that is allowed."""
        self.sock = self._opened(self)

    def cut(self) -> None:
        """End what goes on. For any thread: as a plain socket, since a TLS one would say goodbye first."""
        self.is_cut, sock = True, self.sock
        with suppress(OSError, ValueError):
            if sock is not None:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _is_apart(date: str) -> bool:
    try:
        return abs(parsedate_to_datetime(date).timestamp() - time.time()) > APART_S
    except (ValueError, OverflowError):  # it names no time
        return False


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 6 else 0.0  # noqa: PLR2004 - a day has 86,400
