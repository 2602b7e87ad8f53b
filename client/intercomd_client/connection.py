"""Requests to one station, by HTTPS, by HTTP on this machine, or over its Unix socket."""

import ipaddress
import json
import math
import os
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx

from intercomd_client.errors import IntercomdError, StationUnreachableError, StationUntrustedError
from intercomd_client.refusals import BY_CODE, ForbiddenError

SOCKET = "/run/intercomd/http.sock"
TIMEOUT_S = 75.0  # an order may wait 60 s for its outcome
CONNECT_S = 30.0  # a busy board needs seconds for TLS
KEEP_S = 2.0  # less than the station's 5 s, so that no request is sent on a connection that the station is closing
ORDER_S = 10.0  # an order that reaches the station later does nothing: nobody waits for its effect any more
DATE_S = 1.0  # the clock in answers has whole seconds
LATE, FAULT = 412, 500

Answer = TypeVar("Answer")
Path = str | os.PathLike[str]
Query = Mapping[str, str | float | None]


class Connection:
    """Requests to one station; `async with` ends the connections.

    address: `https://HOST`, `http://` with an address of this machine, or the path of the station's Unix socket.
    token: a token of the station; the socket needs none. certificate: a file with the certificate that the station must
    have, or with that of its authority, or a context that trusts it; None: the authorities of this machine. timeout:
    how many seconds an answer may take. An order that reaches the station later than 10 s, or `timeout`, does nothing.
    """

    def __init__(
        self,
        address: Path = SOCKET,
        *,
        token: str = "",
        certificate: Path | ssl.SSLContext | None = None,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self._address = os.fspath(address).rstrip("/")
        url = urlsplit(self._address)
        self._by_socket = url.scheme not in {"http", "https"}
        token = _sendable("token", token)
        if token and url.scheme == "http" and not _is_loopback(url.hostname or ""):
            raise ValueError("A token is sent by HTTPS only, except on this machine: write https:// in the address.")
        self._trusted = _trusted(certificate) if url.scheme == "https" else None
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no certificate; made faster than the default one
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience_s = min(timeout, ORDER_S)
        self._ahead = math.nan  # the station's clock less our monotonic one, at least; while it is known
        self._http = httpx.AsyncClient(
            base_url="http://localhost" if self._by_socket else self._address,
            headers=self._authorization,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_S)),
            transport=httpx.AsyncHTTPTransport(
                uds=self._address if self._by_socket else None,
                verify=self._trusted or nobody,
                limits=httpx.Limits(keepalive_expiry=KEEP_S),
            ),
        )

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

    async def _ask(
        self,
        kind: type[Answer],  # noqa: ARG002  for type checkers
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Query | None = None,
        wait_s: int | None = None,
        key: str | None = None,
    ) -> Answer:
        """Send a request and return its answer. Raises IntercomdError."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        headers = {} if key is None else {"Idempotency-Key": _sendable("idempotency_key", key)}
        if wait_s is not None:
            headers["Prefer"] = f"wait={wait_s}"
        until = time.monotonic() + self._patience_s
        while True:
            expires = {} if method == "GET" else self._expires(until)
            try:
                reply = await self._http.request(
                    method, path, json=body, params=given or None, headers=headers | expires
                )
            except httpx.RequestError as err:
                raise self._unreachable(err) from err
            self._note_clock(reply.headers.get("Date"))
            if not (reply.status_code == LATE and expires and time.monotonic() < until):
                break
            self._ahead = math.nan  # the order is not late: the station's clock was set, or a proxy has another one
        if not reply.is_success:
            raise refused(reply.status_code, reply.content)
        try:
            answer: Answer = reply.json()
        except ValueError as err:
            raise self._unreadable(err) from err
        return answer

    def _unreadable(self, err: Exception) -> IntercomdError:
        """The error for an answer that is not one of a station."""
        return IntercomdError(
            f"The answer of {self._address} cannot be read.",
            f"{str(err) or type(err).__name__}.",
            "Give the address of a station.",
        )

    def _expires(self, until: float) -> dict[str, str]:
        """The header of an order that counts until this moment of our clock; none if the station's is unknown."""
        try:
            moment = datetime.fromtimestamp(self._ahead + until + DATE_S, UTC)
        except (ValueError, OverflowError):
            return {}
        return {"Order-Expires": moment.isoformat()}

    def _note_clock(self, date: str | None) -> None:
        """Note the station's clock, as an answer shows it that may have been long on its way."""
        try:
            ahead = parsedate_to_datetime(date or "").timestamp() - time.monotonic()
        except (ValueError, OverflowError):
            return
        if not 0 <= self._ahead - ahead <= TIMEOUT_S:
            self._ahead = ahead

    def _unreachable(self, err: Exception) -> IntercomdError:
        """The error for a connection that failed, or was lost."""
        causes = list(_causes(err))
        if any(isinstance(each, PermissionError) for each in causes):
            return ForbiddenError(
                f"You are not allowed to use {self._address}.",
                "The socket is for its owner and group only.",
                "Join the group intercom.",
            )
        for each in causes:
            if isinstance(each, ssl.SSLCertVerificationError):
                return StationUntrustedError(
                    f"The certificate of {self._address} is not trusted.",
                    f"{each.verify_message}.",
                    "Give the station's certificate, a copy of /var/lib/intercomd/http.crt, as `certificate`.",
                )
        return StationUnreachableError(
            f"No station answers at {self._address}.",
            f"{str(err) or type(err).__name__}.",
            "Start intercomd, or give another address.",
        )


def refused(status: int, problem: bytes) -> IntercomdError:
    """The error that the body of an answer describes."""
    try:
        fields = json.loads(problem)
        code, message = str(fields["code"]), str(fields["detail"])
    except (ValueError, TypeError, KeyError):
        # A fault of a proxy before the station, where there is one: the station describes its errors.
        unknown = StationUnreachableError if status >= FAULT else IntercomdError
        return unknown(f"The answer has the status {status} and describes no error.", status=status)
    kind = BY_CODE.get(code, IntercomdError)
    return kind(message, str(fields.get("cause", "")), str(fields.get("resolution", "")), code=code, status=status)


def part(name: str) -> str:
    """A name or id as a part of a path, so that it leads to no other path."""
    if name in {"", ".", ".."}:
        raise ValueError(f"{name!r} is not the id of anything.")
    return quote(name, safe="")


def _sendable(name: str, text: str) -> str:
    """The text for a header, without the end of a line around it. Raises ValueError, which does not show it."""
    text = text.strip()
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"The {name} has characters that cannot be sent: use letters, digits, - and _.")
    return text


def _trusted(certificate: Path | ssl.SSLContext | None) -> ssl.SSLContext:
    if isinstance(certificate, ssl.SSLContext):
        return certificate
    try:
        return ssl.create_default_context(cafile=certificate)
    except OSError as err:  # also ssl.SSLError
        raise StationUntrustedError(
            f"{certificate} cannot be used as a certificate.", f"{err}.", "Give a readable file in PEM form."
        ) from err


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _causes(err: BaseException | None) -> list[BaseException]:
    """An error and those that caused it."""
    return [] if err is None else [err, *_causes(err.__cause__ or err.__context__)]
