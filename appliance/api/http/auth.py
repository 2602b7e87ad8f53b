"""Authorisation: a token or a session over TCP, the file's mode on the Unix socket; checks against foreign pages.

The station's own token, which root and the service alone can read, allows everything. A request by the Unix socket
needs no token, and may do everything as well; if it names one (`Token-Name`), it may do what that token allows, as
orders of others do that a local program passes on. A browser sends the cookie of a session by itself, whatever page has
caused the request, so such a request must prove that a page of the station has caused it.
"""

import ipaddress
import logging
import math
import os
import secrets
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from appliance.api.http import problems, scopes
from appliance.api.http.dependencies import ACTS_AS, ADMIN, ALLOWED, REFUSED, WHO
from appliance.api.http.sessions import HELD, Held, Session, cookie, cookie_name, digest
from appliance.api.http.tokens import Token
from appliance.api.ports import HttpPorts
from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import AccessScope, allows, author

log = logging.getLogger(__name__)

LISTENER = "intercomd.listener"  # the key in the ASGI scope, put there by `server`
TOKEN_BYTES = 32
LOCAL = "127.0.0.1"
STRANGER = "http:unknown"  # the identity of a client that is not authorised
HTTP, HTTPS = 80, 443  # browsers leave these ports out of Host and Origin
LACKING = "intercomd.lacking"  # the key of the first scope that a token lacks, there too
RULE = "intercomd.rule"  # the key of the rule that gives an order, which only this process puts there
ACTS_WITH = "token-name"  # header of a client at the Unix socket that acts with the scopes of a token alone
BEARER = "bearer."  # prefix of the WebSocket subprotocol that brings the token: a page can set no header there


@dataclass(frozen=True, slots=True)
class RuleIdentity:
    """A rule that gives an order. allow: the order may need no other scope; token: the id of its token, or ""."""

    name: str
    allow: tuple[AccessScope, ...] = ()
    token: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """The listener of a request. `unix`: the file's mode has authorised it; `hosts`: our own names; `tls`: by HTTPS.

    proxied: names by which browsers reach us through a proxy, by HTTP or HTTPS.
    """

    unix: bool = False
    hosts: frozenset[str] = frozenset()
    tls: bool = False
    proxied: frozenset[str] = frozenset()

    def is_ours(self, host: str, reached: tuple[str, int] | None) -> bool:
        """Whether the Host of a request is one of our names, or by HTTPS the address that the client has `reached`.

        An address cannot be pointed elsewhere, as a name can (DNS rebinding), and ours may change at any time.
        """
        if host in self.hosts | self.proxied:
            return True
        if not self.tls:
            return False
        _, dot, rest = host.partition(".")
        if dot and f"*.{rest}" in self.hosts:
            return True
        return reached is not None and host in authorities([reached[0]], reached[1], HTTPS)

    def is_our_page(self, origin: str, host: str) -> bool:
        """Whether an Origin belongs to the pages of the station."""
        scheme, _, name = origin.partition("://")
        return origin == f"{'https' if self.tls else 'http'}://{host}" or (
            scheme in {"http", "https"} and name in self.proxied
        )


UNKNOWN = Listener()  # no Host matches this listener, so it refuses everything


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
        if private and len(kept) >= TOKEN_BYTES and kept.isascii() and kept.isprintable():
            return kept
        log.warning("%s is damaged, or others could read it: a new token takes its place", path)
    except FileNotFoundError:
        pass
    fresh = fresh_token()
    durable.replace(path, fresh + "\n")
    return fresh


@dataclass(slots=True)
class Patience:
    """How long each source of refused requests is locked out: ten are free, one comes back each second.

    While it is locked out its wrong requests cost little: they are not reported, and their answer is short. Right ones
    are still served: all local users share an address, and none of them may lock the others out.
    """

    burst: float = 10.0
    per_s: float = 1.0
    lockout_s: float = 60.0
    sources: int = 256
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[str, tuple[float, float, float]] = field(default_factory=OrderedDict)  # left, since, locked

    def spend(self, source: str) -> tuple[float, bool]:
        """Count one more refusal: for how many seconds `source` is locked out, and whether that begins now.

        0: its refusal gets a full answer.
        """
        now = self.clock()
        left, since, locked = self._known.pop(source, (self.burst, now, now))
        left = min(self.burst, left + (now - since) * self.per_s)
        was_free = locked <= now
        if was_free:
            locked = now if left >= 1 else now + self.lockout_s
            left = max(left - 1, 0)
        self._known[source] = (left, now, locked)
        while len(self._known) > self.sources:
            self._known.popitem(last=False)
        left_s = min(locked - now, self.lockout_s)  # the sum is rounded, and must not become a second more
        return left_s, was_free and left_s > 0


class Gate:
    """ASGI middleware: refuses unauthorised requests, and stores the client's identity in the scope."""

    def __init__(self, app: ASGIApp, token: str, ports: HttpPorts, patience: Patience) -> None:
        self.app, self._own, self._ports, self._patience = app, digest(token.encode()), ports, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 401, 403 or 429."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        if RULE in scope:
            refusal = self._of_rule(scope[RULE], scope)
            await (self.app if refusal is None else refusal)(scope, receive, send)
            return
        listener: Listener = scope.get(LISTENER, UNKNOWN)
        scope[WHO], scope[ADMIN] = "http:unix" if listener.unix else STRANGER, listener.unix
        error = self._limited(scope) if listener.unix else self._error(scope, listener)
        if error is None:
            await self.app(scope, receive, send)
            return
        # Starlette sends this as the denial of a WebSocket handshake.
        needed = (*scopes.needed(_method(scope), scope["path"]), scopes.VIEW)
        await self._refusal(error, scope, scope.get(LACKING) or needed[0])(scope, receive, send)

    def _of_rule(self, rule: RuleIdentity, scope: Scope) -> Response | None:
        """Store the identity of a rule in `scope`; the answer if its order is not within its limits."""
        token = self._ports.tokens.by_id(rule.token) if rule.token else None

        def lack(*needed: AccessScope) -> Response | None:
            beyond = [each for each in needed if not allows(rule.allow, each)]
            if rule.token and token is None:
                error = IntercomError(
                    ErrorCode.FORBIDDEN,
                    f"The rule {rule.name} does nothing.",
                    "The token that made it was removed or has expired.",
                    "Make the rule again with a token that is valid, or remove it.",
                )
            elif beyond:
                error = IntercomError(
                    ErrorCode.FORBIDDEN,
                    f"The rule {rule.name} may not do this.",
                    f"It lacks {' and '.join(beyond)}.",
                    f"Add that to rule.{rule.name}.allow, if it may.",
                )
            elif token is None or (fault := _lack(token, needed)) is None:
                return None
            else:
                error = fault
            self._ports.denied(scope[WHO], "", beyond[0] if beyond else needed[0])
            return problems.response(error, scope["path"], {})

        admin = AccessScope.ADMIN in rule.allow and (token is None or token.allows(AccessScope.ADMIN))
        scope[WHO], scope[ADMIN], scope[REFUSED] = author(rule.name), admin, lack
        if token is not None:
            scope[ACTS_AS] = token.id
            scope[ALLOWED] = partial(self._counts, token, None)
        return lack(*scopes.needed(_method(scope), scope["path"]))

    def _refusal(self, error: IntercomError, scope: Scope, lacking: AccessScope) -> Response:
        source = place(scope["client"][0] if scope.get("client") else "unknown")
        locked_s, begins = self._patience.spend(source)
        if not locked_s:
            self._ports.denied(scope[WHO], source, lacking)
            headers = {"WWW-Authenticate": "Bearer"} if error.code == ErrorCode.UNAUTHORIZED else {}
            return problems.response(error, scope["path"], headers)
        if begins:
            self._ports.locked_out(source, locked_s)
        wait_s = str(math.ceil(locked_s))
        too_many = IntercomError(
            ErrorCode.RATE_LIMITED, "Too many requests without authorization.", "", f"Wait {wait_s} s."
        )
        return problems.response(too_many, scope["path"], {"Retry-After": wait_s})

    def _error(self, scope: Scope, listener: Listener) -> IntercomError | None:
        """Return the error of a request over TCP, None for a valid one.

        Stores the client of its token or session in `scope`.
        """
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not listener.is_ours(host, scope.get("server")):
            # Otherwise a foreign page could point its own name to our address (DNS rebinding) and read the answers.
            return IntercomError(
                ErrorCode.FORBIDDEN,
                "The request is for another host.",
                f"Host is {host!r}.",
                "`intercomctl page` shows the address to use. Through a proxy, add its name to http.names.",
            )
        origin = headers.get("origin")
        if origin is not None and not listener.is_our_page(origin.lower(), host):
            return IntercomError(
                ErrorCode.FORBIDDEN,
                "The request comes from a page of another site.",
                f"Origin is {origin!r}.",
                "If it is a proxy of your own, add its name to http.names.",
            )
        if not scopes.guarded(scope["path"]):
            return None
        held = scope[HELD] = self._held(scope, headers, cookie_name(host, secure=listener.tls), secure=listener.tls)
        begins = _method(scope) == "POST" and scope["path"] == "/v1/session"
        if ((not held.by_token and held.session is not None) or begins) and _may_be_foreign(scope, headers):
            return IntercomError(
                ErrorCode.FORBIDDEN,
                "The request may come from a page of another site.",
                "It has or begins a session, but does not say that it comes from a page of the station.",
                "Send a token with each request instead.",
            )
        token = self._ports.tokens.known(held.token)
        if held.token == self._own:
            scope[WHO], scope[ADMIN] = "http:token", True
        elif token is None:
            return IntercomError(
                ErrorCode.UNAUTHORIZED,
                "The token is missing, wrong or expired.",
                "",
                "Send Authorization: Bearer with a token; `intercomctl token add` makes one.",
            )
        scope[ALLOWED] = partial(self._counts, token, None if held.by_token else held.session)
        return None if token is None else self._of(token, scope)

    def _limited(self, scope: Scope) -> IntercomError | None:
        """Return the error of a request by the Unix socket, None for a valid one: it may name a token."""
        name = Headers(scope=scope).get(ACTS_WITH)
        if name is None:
            return None
        token = self._ports.tokens.named(name)
        if token is None:
            return IntercomError(
                ErrorCode.UNAUTHORIZED,
                f"There is no valid token {name}.",
                "",
                "`intercomctl token add` makes one, `intercomctl token` lists them.",
            )
        scope[ALLOWED] = partial(self._counts, token, None)
        return self._of(token, scope)

    def _of(self, token: Token, scope: Scope) -> IntercomError | None:
        """Store the client of a token in `scope`; the error if its scopes do not allow the request."""
        scope[WHO], scope[ADMIN], scope[ACTS_AS] = f"http:{token.name}", token.allows(scopes.ADMIN), token.id
        scope[REFUSED] = partial(self._refused, token, scope)
        needed = scopes.needed(_method(scope), scope["path"])
        scope[LACKING] = next((each for each in needed if not token.allows(each)), None)
        return _lack(token, needed)

    def _refused(self, token: Token, scope: Scope, needed: AccessScope) -> Response | None:
        """The answer to a request whose body needs a scope that its token lacks; None: the token has it."""
        error = _lack(token, (needed,))
        return None if error is None else self._refusal(error, scope, needed)

    def _held(self, scope: Scope, headers: Headers, name: str, *, secure: bool) -> Held:
        """Return the token and the session that the client shows.

        If it shows a token, the token decides, not the cookie.
        """
        session = self._ports.sessions.find(cookie(headers.get("cookie", ""), name))
        given = _given(scope, headers)
        by_token = bool(given) or session is None
        return Held(digest(given) if session is None or given else session.of, session, by_token, name, secure)

    def _counts(self, token: Token | None, session: Session | None) -> bool:
        """Whether the token and the session of a client are still valid. token: None for the station's own token."""
        if session is not None and not self._ports.sessions.valid(session):
            return False
        return token is None or self._ports.tokens.valid(token)


def _lack(token: Token, needed: Iterable[AccessScope]) -> IntercomError | None:
    lacking = [each for each in needed if not token.allows(each)]
    if not lacking:
        return None
    return IntercomError(
        ErrorCode.FORBIDDEN,
        f"The token {token.name} does not allow this.",
        f"It lacks {' and '.join(lacking)}.",
        "Use a token with this scope; `intercomctl token add` makes one.",
    )


def authorities(names: Iterable[str], port: int, default: int) -> frozenset[str]:
    """Return the valid Host headers for these names and addresses. default: the scheme's port, which Host may omit."""
    plain = {in_brackets(name.removeprefix("::ffff:")) for name in names}
    return frozenset({f"{name}:{port}" for name in plain} | (plain if port == default else set()))


def in_brackets(host: str) -> str:
    """A host as an address of a page has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


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


def _may_be_foreign(scope: Scope, headers: Headers) -> bool:
    """Whether a foreign page may have caused the request: SameSite accepts pages of the same host at other ports.

    An Origin has been compared already. Every browser sends an Origin with a WebSocket and with every method but GET.
    """
    site = headers.get("sec-fetch-site")
    if scope["type"] == "websocket" or not scopes.looks(_method(scope)):
        return headers.get("origin") is None or site not in {None, "same-origin"}
    return site not in {None, "same-origin", "none"}


def _method(scope: Scope) -> str:
    return "GET" if scope["type"] == "websocket" else str(scope["method"])
