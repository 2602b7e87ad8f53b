"""/v1/events: events, live and from the journal, by WebSocket (RFC 6455), SSE or long poll; and clients' own events."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from appliance.api import models
from appliance.api.answers.held import while_there
from appliance.api.http.dependencies import Who
from appliance.api.http.event_filter import EventSubscription, Subscribed
from appliance.api.http.streams import EventStreams, Streams
from appliance.api.routing.endpoints import QUERY, InHeader, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json

PROTOCOL = "intercomd.v1"
MARKED = "intercomd.v1.since"  # the same, with marks between the events
GOING_AWAY = 1001  # RFC 6455 §7.4.1
SSE = "text/event-stream"
SHOWN = (
    'id: 1842\nevent: door.locked\ndata: {"id":1842,"type":"door.locked","time":"2026-11-20T06:07:08.123456Z",'
    '"uptime":931.204118,"boot":"6f1c0d2e","call":null,"data":{"door":"front"}}\n\n'
)
LONGEST_WAIT_S = 60
MOST = 200  # events in one answer to a poll

router = Resource("/v1/events", "events")


@router.on(
    "GET",
    "",
    {
        101: {
            "description": "WebSocket: each text message is one Envelope, as JSON; with the subprotocol "
            '`intercomd.v1.since` also `{"since": 1842}`, from where to continue.'
        },
        **answers(
            models.Events,
            description="The answer to a poll; with Accept: text/event-stream, a continuous stream: "
            "each `data` is one Envelope, as JSON, with its `id` and its type as `event`.",
            content={SSE: {"schema": {"type": "string"}, "example": SHOWN}},
        ),
    },
)
async def read_events(
    request: Request,
    subscription: Subscribed,
    streams: Streams,
    who: Who,
    accept: Annotated[str, InHeader("Accept", shown=False)] = "",
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S, description="Long poll: seconds to wait for an event."), QUERY]
    | None = None,
) -> Response:
    """Events by one of three ways, all with the same filters; continue after the last id that was received.

    WebSocket: subprotocol intercomd.v1; a second subprotocol `bearer.<token>` brings the token. The daemon pings. With
    the subprotocol intercomd.v1.since instead, messages such as `{"since": 1842}` come between the events: at the
    beginning, after 500 events that the filters have held back, and after each silence of 3 s. Continue after this id,
    or after the id of a later event. After 10 s without a message the station hangs or the connection is lost: connect
    again.

    SSE (Accept: text/event-stream): at the same times an id alone, with a comment, keeps Last-Event-ID right while no
    event comes that passes the filters.

    Long poll (`wait`): answers as soon as there are events, with at most 200; give its `since` to the next one.

    The event events.lost reports events that are no longer kept, or that a slow client missed, despite the filters.
    """
    if SSE in accept.lower():
        return _Stream(subscription, streams, who)
    if wait is None:
        raise IntercomError(
            ErrorCode.UPGRADE_REQUIRED,
            "Events come by WebSocket, SSE or long poll.",
            "The request uses none of them.",
            "Upgrade (RFC 6455 §4.1), send Accept: text/event-stream, or give wait=, in seconds.",
        )
    found = await while_there(request.receive, _poll(subscription, wait), subscription.allowed)
    return JSONResponse({"events": found, "since": subscription.seen})


@router.websocket("")
async def events(socket: WebSocket, subscription: Subscribed, streams: Streams, who: Who) -> None:
    """Send the events of `read_events` by WebSocket."""
    offered = socket.scope["subprotocols"]
    chosen = next((name for name in (MARKED, PROTOCOL) if name in offered), None)
    await socket.accept(chosen)
    with streams.follow(who, subscription):
        await while_there(socket.receive, _send(socket, subscription, marks=chosen == MARKED), subscription.allowed)
    if WebSocketState.DISCONNECTED not in {socket.client_state, socket.application_state}:
        with suppress(WebSocketDisconnect):
            await socket.close(GOING_AWAY)


async def _send(socket: WebSocket, subscription: EventSubscription, *, marks: bool) -> None:
    async with aclosing(_beating(subscription) if marks else subscription.events()) as feed:
        async for envelope in feed:
            await socket.send_text(_text(envelope))


async def _poll(subscription: EventSubscription, wait: float) -> list[Json]:
    """The next events: those available now, or the first within `wait` seconds."""
    found: list[Json] = []
    try:
        async with asyncio.timeout(wait) as patience, aclosing(subscription.events()) as feed:
            async for envelope in feed:
                found.append(envelope)
                if len(found) == MOST:
                    break
                # The feed yields its events without a pause; when it has to wait for more, this ends the wait.
                patience.reschedule(asyncio.get_running_loop().time())
    except TimeoutError:
        pass
    return found


class _Stream(StreamingResponse):
    """A response of Server-Sent Events (HTML Living Standard §9.2).

    Own code, as the base class leaves no time to end the feed properly when the client disconnects.
    """

    def __init__(self, subscription: EventSubscription, streams: EventStreams, who: str) -> None:
        # nginx and others that know this header pass each event on at once, and do not collect them.
        super().__init__((), media_type=SSE, headers={"X-Accel-Buffering": "no"})
        self._subscription, self._streams, self._who = subscription, streams, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._streams.follow(self._who, self._subscription):
            await while_there(receive, self._send(send), self._subscription.allowed)
        await send({"type": "http.response.body"})

    async def _send(self, send: Send) -> None:
        async with aclosing(_beating(self._subscription)) as feed:
            async for envelope in feed:
                await send({"type": "http.response.body", "body": _block(envelope).encode(), "more_body": True})


async def _beating(subscription: EventSubscription) -> AsyncGenerator[Json, None]:
    """Its events and marks, and a mark after each silence: by it a client knows that the station is alive."""
    async with aclosing(subscription.events(marks=True)) as feed:
        coming = asyncio.ensure_future(anext(feed, None))
        try:
            while True:
                await asyncio.wait({coming}, timeout=times.current.event_stream_again_s)
                if not coming.done():
                    yield {"since": subscription.seen}
                elif (envelope := coming.result()) is None:
                    return
                else:
                    yield envelope
                    coming = asyncio.ensure_future(anext(feed, None))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _block(envelope: Json) -> str:
    """An event, or a comment with an id."""
    if "since" in envelope:
        return f":\nid: {envelope['since']}\n\n"
    return f"id: {envelope['id']}\nevent: {envelope['type']}\ndata: {_text(envelope)}\n\n"


_texts: deque[tuple[Json, str]] = deque(maxlen=8)  # all subscribers send the same envelopes, one soon after the other


def _text(envelope: Json) -> str:
    for known, text in _texts:
        if known is envelope:
            return text
    text = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    _texts.appendleft((envelope, text))
    return text
