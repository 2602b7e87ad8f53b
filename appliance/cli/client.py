"""A request to the daemon, and its events: the basis of every command of intercomctl."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.base.unixhttp import UnixConnection, patiently

if TYPE_CHECKING:
    import ssl
    from argparse import Namespace

TIMEOUT_S = 10.0
SOUND_TEST_S = 45.0  # it listens, plays and computes: longer than the daemon lets it take
EXAMINED_S = 120.0  # it waits for a name server, a broker, receivers and openssl, each of which may hang
MADE_SOUND_S = 20.0  # it waits for other texts or URLs, and makes the sound
OPEN_S = 30.0  # for the first answer of an event stream, by TLS, from a busy board
OK = range(200, 300)
CHUNK = 1 << 16  # bytes of a file that are read at once


class WrongUsageError(IntercomError):
    """A command that lacks an argument, or has one that does not fit: the exit status is 2, as for argparse's own."""

    def __init__(self, message: str, resolution: str) -> None:
        super().__init__(ErrorCode.PARAMETER_INVALID, message, "", resolution)


class LateError(IntercomError):
    """The event that a command awaited did not come in time: the exit status is 3."""


class Client:
    """Talks to one daemon: at `url` with a token, else at the Unix socket `path`, where the file's mode authorises.

    authority: a file with the certificate of an https address or of its authority; None: the authorities that this
    machine trusts.
    """

    def __init__(self, path: Path, url: str = "", token: str = "", authority: Path | None = None) -> None:
        self._path, self._url, self._token, self._authority = path, urlsplit(url), token, authority

    def ask(self, method: str, path: str, body: Json | None = None, wait_s: float = TIMEOUT_S) -> Json:
        """Send one request and return its answer, which may take `wait_s`.

        Raises IntercomError with the daemon's code, or `server-unreachable` if no daemon answers.
        """
        connection = self._connection(wait_s)
        headers = {"Content-Type": "application/json"} | self._authorization()
        content = None if body is None else _content(body)
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            reply = _object(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise self._unreachable(err) from err
        finally:
            connection.close()
        if answer.status not in OK:
            raise _refused(answer.status, reply)
        return reply

    @contextmanager
    def fetch(self, path: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Fetch a file: yields its media type and its bytes in parts. Raises IntercomError, as `ask` does."""
        with closing(self._connection(TIMEOUT_S)) as connection:
            try:
                connection.request("GET", path, headers=self._authorization())
                answer = connection.getresponse()
                if answer.status not in OK:
                    raise _refused(answer.status, _object(answer.read()))
                if answer.length is None and not answer.chunked:  # half of it would pass for the whole
                    raise ConnectionError("The answer does not say how long the file is")
            except (OSError, http.client.HTTPException, ValueError) as err:
                raise self._unreachable(err) from err
            yield answer.headers.get_content_type(), self._parts(answer)

    def _parts(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        try:
            while some := answer.read(CHUNK):
                yield some
        except (OSError, http.client.HTTPException) as err:
            raise self._unreachable(err) from err
        if answer.length:
            raise self._unreachable(ConnectionError("The connection ended early."))

    def events(self, since: int, types: str = "", call: str = "") -> Iterator[Json]:
        """Events after `since`, live, until the daemon ends. Raises IntercomError.

        types: only these, separated by commas; call: only events of the call with this id; empty: all. Between them
        come objects with `since` only: the id after which to continue, while these conditions hold back all events.
        """
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus  # noqa: PLC0415
        from websockets.sync.client import connect, unix_connect  # noqa: PLC0415
        from websockets.typing import Subprotocol  # noqa: PLC0415

        path = resource("events", since=since, types=types, call=call)
        protocols = [Subprotocol("intercomd.v1.since")]
        # No limit of size: events.lost has the whole state.
        options: Json = {"subprotocols": protocols, "open_timeout": OPEN_S, "max_size": None}
        try:
            if self._url.netloc:
                if self._token:
                    protocols.append(Subprotocol(f"bearer.{self._token}"))
                trusted = self._trusted()
                scheme = "ws" if trusted is None else "wss"
                uri = f"{scheme}://{self._url.netloc}{path}"
                socket_ = connect(uri, proxy=None, ssl=trusted, **options)
            else:
                uri = f"ws://localhost{path}"
                there = str(self._path)
                socket_ = patiently(lambda: unix_connect(there, uri, **options), OPEN_S)
            with socket_:
                for message in socket_:
                    yield json.loads(message)
        except InvalidStatus as err:
            try:
                problem = _object(err.response.body or b"")
            except ConnectionError as no_problem:
                raise self._unreachable(no_problem) from err
            raise _refused(err.response.status_code, problem) from err
        except (OSError, InvalidHandshake, ConnectionClosed) as err:
            raise self._unreachable(err) from err

    def _connection(self, wait_s: float) -> http.client.HTTPConnection:
        if not self._url.netloc:
            return UnixConnection(self._path, wait_s)
        trusted = self._trusted()
        if trusted is None:
            return http.client.HTTPConnection(self._url.netloc, timeout=wait_s)
        return http.client.HTTPSConnection(self._url.netloc, timeout=wait_s, context=trusted)

    def _trusted(self) -> "ssl.SSLContext | None":
        """How certificates are checked; None: the address is not https. Raises IntercomError."""
        if self._url.scheme != "https":
            return None
        import ssl  # noqa: PLC0415  late: other commands are quicker without

        try:
            return ssl.create_default_context(cafile=self._authority)
        except OSError as err:  # also ssl.SSLError
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"{self._authority} cannot be used as a certificate.",
                reason(err),
                "Give a readable file in PEM form with --ca.",
            ) from err

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _unreachable(self, err: Exception) -> IntercomError:
        where = self._url.netloc or str(self._path)
        if isinstance(err, PermissionError):
            return IntercomError(
                ErrorCode.FORBIDDEN,
                f"You are not allowed to use {where}.",
                "The socket is for its owner and group only.",
                "Join the group intercom, or use sudo.",
            )
        if distrust := getattr(err, "verify_message", ""):  # of ssl.SSLCertVerificationError
            return IntercomError(
                ErrorCode.SERVER_UNREACHABLE,
                f"The certificate of {where} is not trusted.",
                f"{distrust}.",
                "Copy the station's certificate, /var/lib/intercomd/http.crt, and give the copy with --ca.",
            )
        return IntercomError(
            ErrorCode.SERVER_UNREACHABLE,
            f"No daemon answers at {where}.",
            reason(err),
            "Start intercomd, or give another address with --socket or --url.",
        )


def resource(*parts: str, **wanted: object) -> str:
    """Return the path of a resource, encoded for a URL. wanted: its query; items that are None or empty are omitted.

    Raises WrongUsageError.
    """
    query = urlencode({name: each for name, each in wanted.items() if each not in {None, ""}})
    return f"/v1/{'/'.join(map(place, parts))}{f'?{query}' if query else ''}"


def place(part: str) -> str:
    """A part of a path, encoded for a URL. Raises WrongUsageError."""
    if not part or "/" in part:
        raise WrongUsageError(
            f"{part!r} is no name or id.", "Give one that the station has: it is not empty, and has no slash."
        )
    return quote(part, safe="")


def _content(body: Json) -> bytes:
    """A body as JSON. Raises WrongUsageError: files and the command line may have what JSON has not."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as err:
        raise WrongUsageError(
            "A value is one that no request can carry.",
            "Write texts in UTF-8, times as texts, in quotes, and numbers that are finite.",
        ) from err


def _object(body: bytes | bytearray) -> Json:
    """The answer of a station. Raises ConnectionError."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise ConnectionError("What answers there is no intercomd")


def _refused(status: int, reply: Json) -> IntercomError:
    said: Json = {name: text for name, text in reply.items() if isinstance(text, str)}
    return IntercomError(
        said.get("code", "error"),
        said.get("detail", f"The daemon answered {status}."),
        said.get("cause", ""),
        said.get("resolution", ""),
    )


def default_socket() -> Path:
    """The socket of a daemon on this machine: in the service's runtime directory, else in the user's own directory.

    Raises IntercomError.
    """
    service = Path("/run/intercomd/http.sock")
    if service.parent.exists():
        return service
    from appliance.base import durable  # noqa: PLC0415  late: only where no service is installed

    return durable.state_of_user("intercomd", "--socket") / "http.sock"


def call_of(client: Client, given: "Namespace", action: str = "") -> str:
    """The named call, or the only one that is possible for this action. Raises IntercomError."""
    from appliance.base.meant_call import meant  # noqa: PLC0415  late: few commands name no call

    return str(given.call) if given.call else meant(client.ask("GET", "/v1/calls")["calls"], action)
