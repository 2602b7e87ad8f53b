"""Repeated orders act once: Idempotency-Key on every POST. Orders that come too late do not act: Order-Expires.

Also limits the length of bodies.

Answers are stored, so that an order whose answer a restart has cut off acts once too. A stored answer has neither the
key nor the body, but digests of them that cannot be tried out without the key, as a body may have digits.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.api.http import problems
from appliance.api.http.admission import WAITS
from appliance.api.http.dependencies import WHO
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record

log = logging.getLogger(__name__)

LONGEST_BODY = 65_536
LONGEST_KEY = 255
KEPT_S = 86_400.0
KEPT = 1_000  # answers to orders are small: this bounds the memory to about 1 MB
NOTHING_DONE = {429, 503}  # after these answers the same order may be tried again
LONGEST_STORED = 4_096  # bytes of an answer; answers of orders are far shorter. The table has 4 MB at most
NOT_STORED = {"/v1/tokens", "/v1/session"}  # their answers have a secret


@dataclass(slots=True)
class _Answer:
    """A request (its hash) and its answer; `messages` is complete when `done`."""

    asked: str
    until: float
    messages: list[Message] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = True  # until the answer is complete

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def keeping(self, send: Send) -> Send:
        """`send`, storing a copy of every message."""

        async def keep(message: Message) -> None:
            self.messages.append(message)
            await send(message)

        return keep


class _Stored(Record):
    """An answer as it is stored."""

    asked: str
    status: int
    headers: list[tuple[str, str]]
    body: str


class Repeats:
    """ASGI middleware behind `auth.Gate`.

    keep: stores an answer, as `ports.Answers` does; earlier: the answers that were stored before the start.
    """

    def __init__(
        self,
        app: ASGIApp,
        keep: Callable[[str, str, float], None],
        earlier: Sequence[tuple[str, str, float]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app, self._keep, self._clock = app, keep, clock
        self._answers: OrderedDict[str, _Answer] = OrderedDict()  # oldest first
        for name, text, seconds in earlier:
            answer = _restored(text, clock() + min(seconds, KEPT_S))
            if answer is not None:
                self._answers[name] = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or repeat the stored answer."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        try:
            body = await _body(receive, announced=_announced(Headers(scope=scope)))
        except ClientDisconnect:  # what it asks for is not known
            return
        if body is None:
            too_long = IntercomError(ErrorCode.BODY_TOO_LONG, f"The body is longer than {LONGEST_BODY} bytes.")
            await problems.response(too_long, scope["path"])(scope, receive, send)
            return
        if (late := _late(Headers(scope=scope).get("order-expires"))) is not None:
            await problems.response(late, scope["path"])(scope, receive, send)
            return
        key = Headers(scope=scope).get("idempotency-key")
        if key is None or scope["method"] != "POST":
            await self.app(scope, _again(body, receive), send)
            return
        error = await self._once(key, body, scope, receive, send)
        if error is not None:
            await problems.response(error, scope["path"])(scope, receive, send)

    async def _once(self, key: str, body: bytes, scope: Scope, receive: Receive, send: Send) -> IntercomError | None:
        if not 0 < len(key) <= LONGEST_KEY:
            return IntercomError(
                ErrorCode.PARAMETER_INVALID, "The request is not valid.", "Idempotency-Key: 1 to 255 characters"
            )
        name = _digest(scope[WHO].encode(), key.encode())
        asked = _digest(name.encode(), key.encode(), scope["path"].encode(), scope["query_string"], body)
        self._forget()
        known = self._answers.get(name)
        if known is None:
            first = self._answers[name] = _Answer(asked, self._clock() + KEPT_S)
            try:
                await self.app(scope, _again(body, receive), first.keeping(send))
                first.failed = False
            finally:
                if first.failed or first.status in NOTHING_DONE:
                    self._answers.pop(name, None)
                elif scope["path"] not in NOT_STORED and len(first.body) <= LONGEST_STORED:
                    self._keep(name, _stored(first), KEPT_S)
                first.done.set()
            return None
        if known.asked != asked:
            return IntercomError(
                ErrorCode.CONFLICT,
                "This Idempotency-Key was used for another request.",
                "",
                "Use a new key for a new request.",
            )
        if not known.done.is_set():
            scope[WAITS]()
            await known.done.wait()
        if known.failed:
            return IntercomError(ErrorCode.UNAVAILABLE, "The same request failed before.", "", "Try again.")
        for message in known.messages:
            await send(message)
        return None

    def _forget(self) -> None:
        while self._answers:
            oldest = next(iter(self._answers.values()))
            if len(self._answers) < KEPT and oldest.until > self._clock():
                return
            self._answers.popitem(last=False)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _stored(answer: _Answer) -> str:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.messages[0]["headers"]]
    return msgspec.json.encode(_Stored(answer.asked, answer.status, headers, answer.body.decode())).decode()


def _restored(text: str, until: float) -> _Answer | None:
    """An answer that was stored; None if it is damaged: its order may then be carried out again."""
    try:
        stored = msgspec.json.decode(text, type=_Stored)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored.headers]
    except (msgspec.MsgspecError, UnicodeError) as error:
        log.warning("an order with an Idempotency-Key may be carried out again, as its answer is damaged: %s", error)
        return None
    begin = {"type": "http.response.start", "status": stored.status, "headers": headers}
    answer = _Answer(stored.asked, until, [begin, {"type": "http.response.body", "body": stored.body.encode()}])
    answer.failed = False
    answer.done.set()
    return answer


def _announced(headers: Headers) -> bool:
    """Whether a body belongs to the request (RFC 9112 §6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _body(receive: Receive, *, announced: bool) -> bytes | None:
    """The whole body; None if it is too long. Raises ClientDisconnect if one is announced and its end does not come."""
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        if announced and message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LONGEST_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _late(expires: str | None) -> IntercomError | None:
    """The error of an order that has come after its client has given it up; None: it is in time, or does not say."""
    try:
        if expires is None or datetime.fromisoformat(expires).timestamp() >= time.time():
            return None
    except (ValueError, OverflowError):
        return IntercomError(
            ErrorCode.PARAMETER_INVALID, "The request is not valid.", f"Order-Expires: there is no moment {expires}"
        )
    return IntercomError(
        ErrorCode.PRECONDITION_FAILED,
        "The order has come too late, and was not carried out.",
        "Its Order-Expires has passed.",
        "Give it again. If that does not help, compare the clocks of both machines.",
    )


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
