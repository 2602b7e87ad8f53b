"""Shared by the resources: the client's identity, and orders with their replies."""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Path
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.ports import HttpPorts
from appliance.core import inputs, orders
from appliance.core.model import CallId, RecordedSound, RecordingId, Speech, UrlSound

WHO = "intercomd.who"  # keys in the ASGI scope, put there by `auth`
ALLOWED = "intercomd.allowed"  # whether the client's token is still valid; missing if it has none of its own

Id = Annotated[str, Path(max_length=64)]
TEXT = 200  # characters of a text that is searched for


async def _daemon(connection: HTTPConnection) -> HttpPorts:
    return cast("HttpPorts", connection.app.state.ports)


async def _allowed(connection: HTTPConnection) -> Callable[[], bool]:
    return cast("Callable[[], bool]", connection.scope.get(ALLOWED, lambda: True))


async def _who(connection: HTTPConnection) -> str:
    return cast("str", connection.scope[WHO])


Daemon = Annotated[HttpPorts, Depends(_daemon)]
Who = Annotated[str, Depends(_who)]
Allowed = Annotated[Callable[[], bool], Depends(_allowed)]


async def ask(daemon: HttpPorts, action: inputs.Action, who: str) -> orders.Reply:
    """The reply to `action`. Raises the reply's error, or `unavailable` if none comes."""
    reply = await daemon.request(action, who)
    if reply.error is not None:
        raise reply.error
    return reply


async def say(
    daemon: HttpPorts, body: models.Say, who: str, call: CallId | None = None, *, speaker: bool = False
) -> orders.Reply:
    """The reply to the order to speak a text. Raises the reply's error."""
    wanted = Speech(body.text, call, speaker, body.volume, body.language, body.voice, body.rate or 0)
    reply = await daemon.say(wanted, who)
    if reply.error is not None:
        raise reply.error
    return reply


async def play(
    daemon: HttpPorts, body: models.PlaySound, who: str, call: CallId | None = None, *, speaker: bool = False
) -> orders.Reply:
    """The reply to the order to play a file, a URL or a recording. Raises the reply's error."""
    how = call, speaker, body.loop, body.volume, body.seconds
    if body.sound is not None:
        return await ask(daemon, inputs.PlaySound(body.sound, *how), who)
    if body.url is not None:
        reply = await daemon.play_url(UrlSound(body.url, *how), who)
    else:
        assert body.recording is not None
        reply = await daemon.play_recording(RecordedSound(RecordingId(body.recording), *how), who)
    if reply.error is not None:
        raise reply.error
    return reply


def taken(reply: orders.Reply) -> JSONResponse:
    """The answer for a message that is being sent."""
    return JSONResponse({"message": reply.message}, 202)
