"""GET /v1/events: the events, live and from the journal, by WebSocket (RFC 6455)."""

import asyncio
import json
import re
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from appliance.api import problems
from appliance.api.common import Daemon
from appliance.api.ports import Ports
from appliance.errors import IntercomError

PROTOCOL = "intercomd.v1"
GOING_AWAY = 1001  # RFC 6455 §7.4.1

router = APIRouter(prefix="/v1/events", tags=["events"], responses=problems.RESPONSES)


@router.get(
    "",
    status_code=101,
    responses={101: {"description": "Each text message that comes is one Envelope, as JSON."}},
)
async def upgrade_to_events(
    since: Annotated[int | None, Query(ge=0, description="Begin after this event; without it, from now on.")] = None,
) -> None:
    """Events by WebSocket, subprotocol intercomd.v1; a second subprotocol `bearer.<token>` brings the token.

    What is not kept any more, or was missed by a slow client, is told by an event events.lost.
    """
    del since
    raise IntercomError(
        "upgrade-required", "Events come by WebSocket.", "The request does not ask for the upgrade (RFC 6455 §4.1)."
    )


@router.websocket("")
async def events(socket: WebSocket, daemon: Daemon) -> None:
    """The WebSocket behind it."""
    wanted = socket.query_params.get("since")
    if wanted is not None and not re.fullmatch(r"[0-9]{1,18}", wanted):
        told = IntercomError("parameter-invalid", "The request is not valid.", "since: has to be the id of an event")
        await socket.send_denial_response(problems.response(told, socket.url.path))
        return
    await socket.accept(PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None)
    # Reading goes on beside sending: that is how the far end's close is seen while no event comes.
    sending = asyncio.create_task(_send(socket, daemon, None if wanted is None else int(wanted)))
    reading = asyncio.create_task(_read(socket))
    try:
        await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, reading):
            task.cancel()
        outcomes = await asyncio.gather(sending, reading, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
            raise outcome


async def _send(socket: WebSocket, daemon: Ports, since: int | None) -> None:
    """Send what the feed brings, at the far end's pace: the bound is the feed's queue."""
    async with aclosing(daemon.feed(since)) as feed:
        async for envelope in feed:
            await socket.send_text(json.dumps(envelope, ensure_ascii=False, separators=(",", ":")))
    await socket.close(GOING_AWAY)


async def _read(socket: WebSocket) -> None:
    """Until the far end closes; what it sends has no meaning yet."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
