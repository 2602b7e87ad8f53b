"""Repeated orders act once: Idempotency-Key on every POST. Also limits the length of bodies."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.api.http import problems
from appliance.api.http.dependencies import WHO
from appliance.base.errors import ErrorCode, IntercomError

LONGEST_BODY = 65_536
LONGEST_KEY = 255
KEPT_S = 86_400.0
KEPT = 1_000  # answers to orders are small: this bounds the memory to about 1 MB
NOTHING_DONE = {429, 503}  # after these answers the same order may be tried again


@dataclass(slots=True)
class _Answer:
    """A request (its hash) and its answer; `messages` is complete when `done`."""

    asked: bytes
    until: float
    messages: list[Message] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    failed: bool = True  # until the answer is complete

    def keeping(self, send: Send) -> Send:
        """`send`, storing a copy of every message."""

        async def keep(message: Message) -> None:
            self.messages.append(message)
            await send(message)

        return keep


class Repeats:
    """ASGI middleware behind `auth.Gate`."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self.app, self._clock = app, clock
        self._answers: OrderedDict[tuple[str, str], _Answer] = OrderedDict()  # oldest first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or repeat the stored answer."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            too_long = IntercomError(ErrorCode.BODY_TOO_LONG, f"The body is longer than {LONGEST_BODY} bytes.")
            await problems.response(too_long, scope["path"])(scope, receive, send)
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
        name = (scope[WHO], key)
        asked = hashlib.sha256(b"\0".join([scope["path"].encode(), scope["query_string"], body])).digest()
        self._forget()
        known = self._answers.get(name)
        if known is None:
            first = self._answers[name] = _Answer(asked, self._clock() + KEPT_S)
            try:
                await self.app(scope, _again(body, receive), first.keeping(send))
                first.failed = False
            finally:
                if first.failed or first.messages[0]["status"] in NOTHING_DONE:
                    self._answers.pop(name, None)
                first.done.set()
            return None
        if known.asked != asked:
            return IntercomError(
                ErrorCode.CONFLICT,
                "This Idempotency-Key was used for another request.",
                "",
                "Use a new key for a new request.",
            )
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


async def _body(receive: Receive) -> bytes | None:
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LONGEST_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
