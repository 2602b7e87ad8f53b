"""Shared by the resources: the client's identity, and orders with their replies."""

import asyncio
from typing import Annotated, cast

from fastapi import Depends, Path
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse

from appliance.api.ports import HttpPorts
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs, orders

WHO = "intercomd.who"  # the key in the ASGI scope, put there by `auth`
PATIENCE_S = 10.0  # the core replies within a turn of the loop; a longer wait means that it is not running

Id = Annotated[str, Path(max_length=64)]


async def _daemon(connection: HTTPConnection) -> HttpPorts:
    return cast("HttpPorts", connection.app.state.ports)


async def _who(connection: HTTPConnection) -> str:
    return cast("str", connection.scope[WHO])


Daemon = Annotated[HttpPorts, Depends(_daemon)]
Who = Annotated[str, Depends(_who)]


async def ask(daemon: HttpPorts, action: inputs.Action, who: str) -> orders.Reply:
    """The reply to `action`. Raises the reply's error, or `unavailable` if none comes."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reply = await daemon.request(action, who)
    except TimeoutError:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The daemon did not answer.",
            "It is starting or stopping, or it hangs.",
            "Try again.",
        ) from None
    if reply.error is not None:
        raise reply.error
    return reply


def taken(reply: orders.Reply) -> JSONResponse:
    """The answer for a message that is being sent."""
    return JSONResponse({"message": reply.message}, 202)
