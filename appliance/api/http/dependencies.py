"""Shared by the resources: the client's identity, and orders with their replies."""

from collections.abc import Callable
from typing import Annotated, cast

from msgspec import Meta
from starlette.requests import HTTPConnection
from starlette.responses import Response

from appliance.api import models
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import PATH, QUERY, By
from appliance.base import ids
from appliance.base.record import carried
from appliance.core import inputs, orders
from appliance.core.model import AccessScope, CallId, PlaybackId, RecordedSound, Speech, UrlSound

WHO = "intercomd.who"  # keys in the ASGI scope, put there by `auth`
ADMIN = "intercomd.admin"  # whether the client may do everything
ALLOWED = "intercomd.allowed"  # whether the client's token is still valid; missing if it has none of its own
ACTS_AS = "intercomd.acts_as"  # the id of the client's token; missing if it has none of its own
REFUSED = "intercomd.refused"  # the answer to a client whose token lacks a scope; missing if it has none of its own

Id = Annotated[str, Meta(max_length=64), PATH]
Limit = Annotated[int, Meta(ge=1, le=200, description="At most so many, the newest first."), QUERY]
TEXT = 200  # characters of a text that is searched for


def daemon_of(connection: HTTPConnection) -> HttpPorts:
    """Return the daemon that serves a request."""
    return cast("HttpPorts", connection.app.state.ports)


def _allowed(connection: HTTPConnection) -> Callable[[], bool]:
    return cast("Callable[[], bool]", connection.scope.get(ALLOWED, lambda: True))


def _refused(connection: HTTPConnection) -> Callable[[AccessScope], Response | None]:
    return cast("Callable[[AccessScope], Response | None]", connection.scope.get(REFUSED, lambda _: None))


def who_asks(connection: HTTPConnection) -> str:
    """Return the client's identity, as events name it."""
    return cast("str", connection.scope[WHO])


def _admin(connection: HTTPConnection) -> bool:
    return cast("bool", connection.scope[ADMIN])


Daemon = Annotated[HttpPorts, By(daemon_of)]
Who = Annotated[str, By(who_asks)]
Admin = Annotated[bool, By(_admin)]
Allowed = Annotated[Callable[[], bool], By(_allowed)]
Refused = Annotated[Callable[[AccessScope], Response | None], By(_refused)]


async def ask(daemon: HttpPorts, action: inputs.Action, who: str) -> orders.Reply:
    """The reply to `action`. Raises the reply's error, or `unavailable` if none comes."""
    reply = await daemon.request(action, who)
    if reply.error is not None:
        raise reply.error
    return reply


async def say(
    daemon: HttpPorts, body: models.Say, who: str, call: CallId | None = None, *, speaker: bool = False
) -> PlaybackId:
    """Speak a text; the id of its playback. Raises the reply's error."""
    playback = PlaybackId(ids.new("p"))
    wanted = carried(Speech, body, call=call, speaker=speaker, playback=playback)
    reply = await daemon.say(wanted, who)
    if reply.error is not None:
        raise reply.error
    return playback


async def play(
    daemon: HttpPorts, body: models.PlaySound, who: str, call: CallId | None = None, *, speaker: bool = False
) -> PlaybackId:
    """Play a file, a URL or a recording; the id of its playback. Raises the reply's error."""
    playback = PlaybackId(ids.new("p"))
    where = {"call": call, "speaker": speaker, "playback": playback}
    if body.sound is not None:
        reply = await daemon.request(carried(inputs.PlaySound, body, **where, announces=None), who)
    elif body.url is not None:
        reply = await daemon.play_url(carried(UrlSound, body, **where), who)
    else:
        reply = await daemon.play_recording(carried(RecordedSound, body, **where), who)
    if reply.error is not None:
        raise reply.error
    return playback
