"""Authorisation: a token over TCP, the file's mode on the Unix socket; Host and Origin checks against foreign pages."""

import ipaddress
import os
import secrets
import stat
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.api.http import problems
from appliance.api.http.dependencies import WHO
from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import AccessScope

LISTENER = "intercomd.listener"  # the key in the ASGI scope, put there by `server`
TOKEN_BYTES = 32
LOCAL = "127.0.0.1"
BEARER = "bearer."  # prefix of the WebSocket subprotocol that brings the token: a page can set no header there


@dataclass(frozen=True, slots=True)
class Listener:
    """The listener of a request. `unix`: the file's mode has authorised it; `hosts`: our own names."""

    unix: bool = False
    hosts: frozenset[str] = frozenset()


UNKNOWN = Listener()  # it has no name, so it refuses everything


def fresh_token() -> str:
    """A new random token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token(path: Path) -> str:
    """The token stored at `path`: a new one at first use, and if others could have read the old one.

    Blocks on the disc. Raises OSError.
    """
    try:
        with path.open("rb") as file:
            private = not stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077
            kept = file.read(1024).decode("ascii", "replace").strip()
        if private and len(kept) >= TOKEN_BYTES and kept.isascii():
            return kept
    except FileNotFoundError:
        pass
    fresh = fresh_token()
    durable.replace(path, fresh + "\n")
    return fresh


@dataclass(slots=True)
class Patience:
    """A token bucket (of the other kind) for each source of refused requests: ten at once, then one a second."""

    burst: float = 10.0
    per_s: float = 1.0
    sources: int = 256
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def spend(self, source: str) -> bool:
        """Whether one more refusal of `source` gets a full answer."""
        now = self.clock()
        left, since = self._left.pop(source, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.per_s)
        enough = left >= 1
        self._left[source] = (left - 1 if enough else left, now)
        while len(self._left) > self.sources:
            self._left.popitem(last=False)
        return enough


class Gate:
    """ASGI middleware: refuses unauthorised requests, and stores the client's identity in the scope."""

    def __init__(
        self, app: ASGIApp, token: str, denied: Callable[[str, str, AccessScope], None], patience: Patience
    ) -> None:
        self.app, self._token, self._denied, self._patience = app, token, denied, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 401, 403 or 429."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        listener: Listener = scope.get(LISTENER, UNKNOWN)
        error = None if listener.unix else self._error(scope, listener)
        if error is None:
            scope[WHO] = "http:unix" if listener.unix else "http:token"
            await self.app(scope, receive, send)
            return
        source = place(scope["client"][0] if scope.get("client") else "unknown")
        headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else {}
        if self._patience.spend(source):
            self._denied("http:unknown", source, _scope_of(scope))
        else:
            error = IntercomError(
                ErrorCode.RATE_LIMITED, "Too many requests without authorization.", "", "Wait a second."
            )
            headers = {"Retry-After": "1"}
        # Starlette sends this as the denial of a WebSocket handshake.
        await problems.response(error, scope["path"], headers)(scope, receive, send)

    def _error(self, scope: Scope, listener: Listener) -> IntercomError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in listener.hosts:
            # Otherwise a foreign page could point its own name to our address (DNS rebinding) and read the answers.
            return IntercomError(
                ErrorCode.FORBIDDEN,
                "The request is for another host.",
                f"Host is {host!r}.",
                "Use the address that intercomd printed.",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            return IntercomError(
                ErrorCode.FORBIDDEN, "The request comes from a page of another site.", f"Origin is {origin!r}."
            )
        if scope["path"].startswith("/v1/") and not secrets.compare_digest(
            _given(scope, headers), self._token.encode()
        ):
            return IntercomError(
                ErrorCode.UNAUTHORIZED,
                "The token is missing or wrong.",
                "",
                "Send Authorization: Bearer with the token in http.token of the state directory.",
            )
        return None


def place(address: str) -> str:
    """An address as a source: a local user has all of 127.0.0.0/8 and ::1, so these count as one."""
    try:
        return LOCAL if ipaddress.ip_address(address).is_loopback else address
    except ValueError:
        return address


def _given(scope: Scope, headers: Headers) -> bytes:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip().encode("latin-1", "replace")
    if scope["type"] == "websocket":
        offered = (name for name in scope["subprotocols"] if name.startswith(BEARER))
        return next(offered, BEARER).removeprefix(BEARER).encode("latin-1", "replace")
    return b""


def _scope_of(scope: Scope) -> AccessScope:
    if scope["type"] == "websocket" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return AccessScope.READ
    return AccessScope.DOOR if scope["path"].startswith(("/v1/doors/", "/v1/codes")) else AccessScope.CONTROL
