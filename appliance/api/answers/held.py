"""Answers that last as long as their client reads them: streams of events, and a call from a browser."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from appliance.api.answers.outcomes import CALL_OVER
from appliance.api.ports import HttpPorts
from appliance.base import times
from appliance.base.errors import IntercomError
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.model import CallId

LINES = "application/x-ndjson"
SHOWN = {"call": "c-01kcdx5w9fq4e7r1s3t5v7w9x0", "answer": "v=0\r\no=- 39865436 39865437 IN IP4 192.0.2.7\r\n…"}


class Talk(StreamingResponse):
    """The answer to a browser's offer; the call lasts as long as it is read, and its client's token is valid."""

    def __init__(
        self, daemon: HttpPorts, who: str, call: CallId, answer: str, since: int, allowed: Callable[[], bool]
    ) -> None:
        """since: an event before the call."""
        # nginx and others that know this header pass each line on at once, and do not collect them.
        super().__init__((), media_type=LINES, headers={"X-Accel-Buffering": "no"})
        self._daemon, self._who, self._call, self._since, self._allowed = daemon, who, call, since, allowed
        self._first = msgspec.json.encode({"call": call, "answer": answer}) + b"\n"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer, and hang up when the client has gone, or its token has ended."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await while_there(receive, self._send(send))
        finally:
            await end(self._daemon, self._call, self._who)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        over = asyncio.ensure_future(self._over())
        try:
            while not (await asyncio.wait({over}, timeout=times.current.talk_again_s))[0] and self._allowed():
                await send({"type": "http.response.body", "body": b"\n", "more_body": True})
        finally:
            over.cancel()
        await send({"type": "http.response.body"})

    async def _over(self) -> None:
        async with aclosing(self._daemon.subscribe(self._since)) as feed:
            async for envelope in feed:
                if envelope["call"] == self._call and envelope["type"] in CALL_OVER:
                    return


async def end(daemon: HttpPorts, call: CallId, who: str) -> None:
    """Hang up for a client, if the call is not over."""
    with suppress(IntercomError):
        await daemon.request(inputs.HangUpCall(call), who)


async def while_there(
    receive: Receive, work: Coroutine[Any, Any, list[Json] | None], allowed: Callable[[], bool] = lambda: True
) -> list[Json]:
    """The result of `work`; cancelled, with an empty result, when the far end closes, which only reading shows.

    The same once the client's token has ended: no event says that it expires, so it is looked at again and again.
    """
    tasks = asyncio.create_task(work), asyncio.create_task(_read(receive))
    try:
        while allowed():
            if (await asyncio.wait(tasks, timeout=times.current.allowed_again_s, return_when=FIRST_COMPLETED))[0]:
                break
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
            raise outcome
    return outcomes[0] if isinstance(outcomes[0], list) else []


async def _read(receive: Receive) -> None:
    """Read until the far end closes; its messages are ignored."""
    while not (await receive())["type"].endswith(".disconnect"):
        pass
