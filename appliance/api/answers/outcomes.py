"""Answers to orders whose outcome comes later: 202 at once, or by `Prefer: wait=N` the outcome (RFC 7240 §4)."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from functools import partial
from typing import Annotated

from msgspec import Meta
from starlette.requests import HTTPConnection

from appliance.api.answers.operations import Operation, Outcome
from appliance.api.http.admission import WAITS
from appliance.api.http.dependencies import Daemon, Who
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import By, InHeader
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError, sentences
from appliance.base.types import Json
from appliance.core.events import EventsLost
from appliance.core.model import PlaybackEnd, UpdateResult

LONGEST_WAIT_S = 60
CALL_OVER = frozenset({"call.ended", "call.failed", "call.canceled", "call.rejected"})
PLAYED = frozenset({"playback.finished", "playback.stopped", "playback.failed"})
_WAIT = re.compile(r'wait\s*=\s*"?([0-9]{1,6})"?', re.IGNORECASE)

Verdict = Callable[[Json], bool | None]  # whether an event reports success or failure; None: neither
Prefer = Annotated[
    str,
    Meta(
        max_length=200,
        description=f"`wait=N`: answer once the outcome is known, or after N seconds, at most {LONGEST_WAIT_S}. "
        "`respond-async`: answer at once (RFC 7240 §4).",
        examples=["wait=30"],
    ),
    InHeader("Prefer"),
]


class Later:
    """Answers one order of `who`. Made before the order is given, as the outcome may come before the reply."""

    def __init__(self, daemon: HttpPorts, who: str, prefer: str, order: str, waits: Callable[[], bool]) -> None:
        self._daemon, self._who, self._order, self._waits = daemon, who, order, waits
        self._since = daemon.last_event()
        wanted = [each.strip() for each in re.split("[,;]", prefer)]
        found = next(filter(None, map(_WAIT.fullmatch, wanted)), None)
        self._wait_s = None if found is None else min(int(found[1]), LONGEST_WAIT_S)
        self._at_once = any(each.lower() == "respond-async" for each in wanted)

    async def by_event(self, verdict: Verdict, call: str | None, body: Callable[[], Json]) -> JSONResponse:
        """202 at once; if the client waits, 200 after success, or 202 when its time is up. Raises `order-failed`."""
        operation = self._daemon.operations.begin(self._who, self._order, call, self._reported(verdict))
        headers = await self._wait(operation)
        return JSONResponse(body() | {"operation": operation.view()}, 200 if operation.outcome else 202, headers)

    async def by_result(self, work: Callable[[], Coroutine[None, None, Json]]) -> JSONResponse:
        """200 with the result of `work`; 202 if the client does not wait, or not long enough. Raises rate-limited."""
        if self._wait_s is None and not self._at_once:
            self._waits()  # else a few clients with work of seconds would keep other orders waiting, such as a door's
            return JSONResponse(await work())
        self._daemon.operations.check_room(self._who)
        operation = self._daemon.operations.begin(self._who, self._order, None, _result(work()))
        headers = await self._wait(operation)
        if operation.outcome is None:
            return JSONResponse({"operation": operation.view()}, 202, headers)
        return JSONResponse(operation.outcome.result, headers=headers)

    async def settled(self, verdict: Verdict) -> dict[str, str]:
        """Wait as long as the client prefers for success or failure; returns the header that confirms the wait."""
        if self._wait_s is None or not self._waits():
            return {}
        with suppress(TimeoutError, IntercomError):
            async with asyncio.timeout(self._wait_s):
                await self._reported(verdict)
        return self._applied()

    async def _wait(self, operation: Operation) -> dict[str, str]:
        """Wait as long as the client prefers; the headers of the answer. Raises the operation's error."""
        headers = {"Location": operation.path}
        if self._wait_s is not None and self._waits():
            headers |= self._applied()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s):
                    await operation.over.wait()
        if operation.outcome is not None and operation.outcome.error is not None:
            raise operation.outcome.error
        return headers

    def _applied(self) -> dict[str, str]:
        return {"Preference-Applied": f"wait={self._wait_s}"}

    async def _reported(self, verdict: Verdict) -> Outcome:
        """The first event on which there is a verdict."""
        async with aclosing(self._daemon.subscribe(self._since)) as feed:
            async for envelope in feed:
                if envelope["type"] == EventsLost.TYPE:
                    raise IntercomError(ErrorCode.UNAVAILABLE, "The outcome is not known.", "Events were lost.")
                good = verdict(envelope)
                if good:
                    return Outcome(event=envelope)
                if good is not None:
                    return Outcome(event=envelope, error=_failed(envelope))
        raise IntercomError(ErrorCode.UNAVAILABLE, "The outcome is not known.", "The daemon is stopping.")


async def _result(work: Coroutine[None, None, Json]) -> Outcome:
    return Outcome(result=await work)


def _failed(envelope: Json) -> IntercomError:
    data = envelope["data"]
    said = data.get("why") or data.get("reason") or data.get("cause") or ""
    code = f" ({data['code']})" if data.get("code") else ""
    return IntercomError(
        ErrorCode.ORDER_FAILED,
        f"The order failed: {envelope['type']} reports it.",
        sentences(f"{said}{code}") if said else "",
        f"GET /v1/events?since={envelope['id'] - 1} has the event.",
    )


def reported(good: str, bad: str, **about: str | None) -> Verdict:
    """Success by the event `good`, failure by `bad`, each with the values `about`, or by the end of that call."""

    def verdict(envelope: Json) -> bool | None:
        values = envelope["data"] | {"call": envelope["call"]}
        if envelope["type"] in {good, bad} and all(values.get(name) == value for name, value in about.items()):
            return bool(envelope["type"] == good)
        call = about.get("call")
        return False if call is not None and envelope["call"] == call and envelope["type"] in CALL_OVER else None

    return verdict


def played(playback: str) -> Verdict:
    """Success when a playback reaches its end or its longest duration, failure when it ends otherwise."""

    def verdict(envelope: Json) -> bool | None:
        kind, data = envelope["type"], envelope["data"]
        if kind not in PLAYED or data["playback"] != playback:
            return None
        return bool(kind == "playback.finished" or data.get("reason") == PlaybackEnd.TIME_OVER)

    return verdict


def updated(call: str) -> Verdict:
    """Success when the far end accepts our change of the call."""

    def verdict(envelope: Json) -> bool | None:
        if envelope["call"] != call:
            return None
        if envelope["type"] == "call.updated":
            return bool(envelope["data"]["result"] == UpdateResult.ACCEPTED)
        return False if envelope["type"] in CALL_OVER else None

    return verdict


def answered(call: str) -> Verdict:
    """Success when somebody answers the call."""
    return reported("call.connected", "call.ended", call=call)


def _waits(connection: HTTPConnection, daemon: Daemon, who: Who, prefer: Prefer = "") -> Later:
    scope = connection.scope
    return Later(daemon, who, prefer, scope["endpoint"].__name__, scope.get(WAITS, partial(bool, 1)))


WaitsFor = Annotated[Later, By(_waits)]


def _begins(daemon: Daemon, who: Who, later: WaitsFor) -> Later:
    daemon.operations.check_room(who)  # before the order is given
    return later


Begins = Annotated[Later, By(_begins)]
"""Of an order that always begins an operation. Raises rate-limited."""
