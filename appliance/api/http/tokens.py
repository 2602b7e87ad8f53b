"""Tokens that an administrator makes for clients: each with a name, scopes, and perhaps an end.

The file keeps their SHA-256 only. A token is 256 random bits, so a fast hash does not help to find it.
"""

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.core import wall_clock
from appliance.core.model import AccessScope, ClientToken, allows

MOST = 64
LONGEST = 1 << 20  # bytes of the file
NAME = "[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,38}[A-Za-z0-9])?"
OURS = frozenset({"unix", "token", "unknown"})  # in events these stand for clients without a token of their own


class Token(ClientToken):
    """A token as the file has it. created, expires: in seconds since 1970, UTC; None: never. sha256: in hexadecimal."""

    created: float
    expires: float | None
    sha256: str

    def allows(self, scope: AccessScope) -> bool:
        """Whether a request that needs `scope` may be made with it."""
        return allows(self.scopes, scope)


class Tokens:
    """The tokens in one file. `find` and `valid` never wait; the others block on the disc."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._by_hash: dict[str, Token] = {}
        self._changing = threading.Lock()
        self._fault: IntercomError | None = None

    def load(self) -> None:
        """Read the file, if there is one. Raises IntercomError if it cannot be used: then no token is valid."""
        try:
            self._by_hash, self._fault = _read(self._path), None
        except IntercomError as error:
            self._by_hash, self._fault = {}, error
            raise

    def find(self, given: bytes) -> Token | None:
        """The valid token with this text. The time that this takes says nothing: it compares hashes."""
        return self.known(hashlib.sha256(given).hexdigest())

    def known(self, sha256: str) -> Token | None:
        """The valid token with this SHA-256."""
        token = self._by_hash.get(sha256)
        return token if token is not None and self.valid(token) else None

    def named(self, name: str) -> Token | None:
        """The valid token of that name."""
        return next((each for each in self._by_hash.values() if each.name == name and self.valid(each)), None)

    def by_id(self, wanted: str) -> Token | None:
        """The valid token with that id."""
        return next((each for each in self._by_hash.values() if each.id == wanted and self.valid(each)), None)

    def valid(self, token: Token) -> bool:
        """Whether the token is neither removed nor expired.

        If the clock stands before the token's creation, it counts as expired.
        """
        if self._by_hash.get(token.sha256) is not token:
            return False
        return token.expires is None or token.created <= self._clock() < token.expires

    def list(self) -> list[Json]:
        """All tokens, oldest first, shaped as `models.AccessToken`. Raises IntercomError if the file was not read."""
        self._check()
        return [view(token, valid=self.valid(token)) for token in self._by_hash.values()]

    def add(self, name: str, scopes: tuple[AccessScope, ...], expires: float | None) -> tuple[Token, str]:
        """A new token, which is on disc, and its text, which nothing else keeps. Raises IntercomError."""
        with self._changing:
            self._check()
            self._check_new(name, scopes, expires)
            text = secrets.token_urlsafe(32)
            token = Token(
                f"t-{secrets.token_hex(4)}",
                name,
                scopes,
                self._clock(),
                expires,
                hashlib.sha256(text.encode()).hexdigest(),
            )
            self._write({**self._by_hash, token.sha256: token})
        return token, text

    def remove(self, wanted: str) -> Token:
        """Remove the token with that id; it is invalid from now on. Raises IntercomError."""
        with self._changing:
            self._check()
            token = next((each for each in self._by_hash.values() if each.id == wanted), None)
            if token is None:
                raise IntercomError(
                    ErrorCode.TOKEN_NOT_FOUND, f"There is no token {wanted}.", resolution="GET /v1/tokens lists them."
                )
            self._write({sha256: each for sha256, each in self._by_hash.items() if each is not token})
        return token

    def _check(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _check_new(self, name: str, scopes: tuple[AccessScope, ...], expires: float | None) -> None:
        if not re.fullmatch(NAME, name) or name.lower() in OURS:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                "A token cannot have this name.",
                f"It needs 1 to 40 letters, digits, spaces, and . _ -; {', '.join(sorted(OURS))} are taken.",
                "Name the client, as in kitchen-tablet.",
            )
        if not scopes:
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID, "The token would allow nothing.", "It has no scope.", "Give at least one."
            )
        if any(name.lower() == each.name.lower() for each in self._by_hash.values()):
            raise IntercomError(
                ErrorCode.CONFLICT, f"There is a token {name} already.", "", "Remove it, or give another name."
            )
        if len(self._by_hash) >= MOST:
            raise IntercomError(
                ErrorCode.CONFLICT, "No more tokens can be made.", f"There are {MOST}.", "Remove one that is not used."
            )
        if expires is not None and expires <= self._clock():
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID, "The token would be expired.", "", "Give a time in the future."
            )

    def _write(self, wanted: dict[str, Token]) -> None:
        try:
            durable.replace(self._path, msgspec.json.encode(list(wanted.values())).decode() + "\n")
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"The tokens were not changed: {self._path} cannot be written.",
                reason(error),
                "Check the disc, and try again.",
            ) from error
        self._by_hash = wanted


def view(token: Token, *, valid: bool) -> Json:
    """A token as clients see it, without its hash."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "created": utc(token.created),
        "expires": utc(token.expires),
        "valid": valid,
    }


def utc(at: float | None) -> str | None:
    """Seconds since 1970 as events give times."""
    return wall_clock.iso(at, 0.0, timespec="seconds")


def _read(path: Path) -> dict[str, Token]:
    remedy = f"Restore it from a copy; or remove {path}, restart the service, and make new tokens."
    kept = durable.records(path, tuple[Token, ...], LONGEST, "Tokens are not accepted.", remedy)
    return {token.sha256: token for token in kept or ()}
