"""Sessions of browsers: a page shows its token once, and then uses a cookie that no script can read.

The file has only the SHA-256 of each cookie, like the file of tokens. A session has the rights of its token, and ends
with it.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason, sentences
from appliance.base.record import Record, RecordWithSecrets

log = logging.getLogger(__name__)

COOKIE = "intercom"
HELD = "intercomd.held"  # the key in the ASGI scope, put there by `auth`: `Held`; missing on the Unix socket
LASTS_S = 90 * 86_400.0
MOST_OF_ONE = 16  # of one token: a new one replaces its oldest
MOST = 256
LONGEST = 1 << 20  # bytes of the file


class Session(Record):
    """A session of the token with the SHA-256 `of`. created, expires: in seconds since 1970, UTC."""

    sha256: str
    of: str
    created: float
    expires: float


class Held(RecordWithSecrets):
    """The credentials of a request: a token (its SHA-256), and the session of its cookie.

    by_token: the client has shown the token itself, and not only the cookie. cookie: the cookie's name; secure: the
    cookie is for HTTPS only.
    """

    SECRETS = frozenset({"token"})

    token: str
    session: Session | None
    by_token: bool
    cookie: str
    secure: bool


class Sessions:
    """The sessions in one file. `find` and `valid` never wait; the others block on the disc."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._by_hash: dict[str, Session] = {}  # oldest first
        self._changing = threading.Lock()

    def load(self) -> None:
        """Read the file, if there is one; if it cannot be used, everybody logs in again."""
        self._by_hash = _read(self._path)

    def find(self, cookie: str) -> Session | None:
        """The valid session with this cookie."""
        session = self._by_hash.get(digest(cookie.encode()))
        return session if session is not None and self.valid(session) else None

    def valid(self, session: Session) -> bool:
        """Whether the session has neither ended nor expired."""
        return self._by_hash.get(session.sha256) is session and session.created <= self._clock() < session.expires

    def begin(self, of: str, instead: Session | None = None) -> tuple[Session, str]:
        """A new session of a token, which is on disc, and its cookie; `instead` ends. Raises IntercomError."""
        text, now = secrets.token_urlsafe(32), self._clock()
        session = Session(digest(text.encode()), of, now, now + LASTS_S)
        with self._changing:
            wanted = {name: each for name, each in self._by_hash.items() if each.expires > now and each is not instead}
            wanted[session.sha256] = session
            of_it = [name for name, each in wanted.items() if each.of == of]
            surplus = {*of_it[:-MOST_OF_ONE], *list(wanted)[:-MOST]}
            self._write({name: each for name, each in wanted.items() if name not in surplus})
        return session, text

    def end(self, session: Session) -> None:
        """End a session: its cookie is refused from now on. Raises IntercomError."""
        with self._changing:
            self._write({name: each for name, each in self._by_hash.items() if each is not session})

    def _write(self, wanted: dict[str, Session]) -> None:
        try:
            durable.replace(self._path, msgspec.json.encode(list(wanted.values())).decode() + "\n")
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"The session was not changed: {self._path} cannot be written.",
                reason(error),
                "Check the disc, and try again.",
            ) from error
        self._by_hash = wanted


def digest(secret: bytes) -> str:
    """Return the hash of a token or a cookie for the file: both are 256 random bits, so a fast hash is safe."""
    return hashlib.sha256(secret).hexdigest()


def cookie_name(host: str, *, secure: bool) -> str:
    """The cookie's name. Browsers send a cookie to all ports of a host, so the port keeps stations apart.

    By HTTPS the prefix forbids other hosts and plain pages to set it (RFC 6265bis §4.1.3.2).
    """
    port = host.rpartition(":")[2]
    name = f"{COOKIE}-{port}" if port.isdigit() else COOKIE
    return f"__Host-{name}" if secure else name


def cookie(header: str, name: str) -> str:
    """The value of the cookie with that name.

    "" without it, and for several: a page at another port may have set one.
    """
    pairs = (each.strip().partition("=") for each in header.split(";"))
    values = [value for found, _, value in pairs if found == name]
    return values[0] if len(values) == 1 else ""


def _read(path: Path) -> dict[str, Session]:
    unusable = "Sessions are not used."
    try:
        kept = durable.records(path, tuple[Session, ...], LONGEST, unusable, "Log in again.")
    except IntercomError as error:
        log.warning("%s", sentences(error.message, error.cause))
        return {}
    return {each.sha256: each for each in kept or ()}
