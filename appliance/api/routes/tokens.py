"""/v1/tokens: the tokens of clients over TCP. Only a client that may do everything reads, makes or removes them."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Id, Who
from appliance.api.http.response_schemas import answers
from appliance.api.http.times import seconds
from appliance.api.http.tokens import view

router = APIRouter(prefix="/v1/tokens", tags=["tokens"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.AccessTokens))
async def list_tokens(daemon: Daemon) -> JSONResponse:
    """All tokens, without their texts."""
    return JSONResponse({"tokens": daemon.tokens.list()})


@router.post("", status_code=201, responses=answers(models.AccessTokenMade, 201))
async def add_token(body: models.NewAccessToken, daemon: Daemon, who: Who) -> JSONResponse:
    """Make a token. The answer is the only place where its text appears."""
    scopes = tuple(dict.fromkeys(body.scopes))
    token, text = await asyncio.to_thread(daemon.tokens.add, body.name, scopes, seconds(body.expires))
    daemon.token_added(token, who)
    return JSONResponse({"token": view(token, valid=True), "text": text}, 201)


@router.delete("/{token}", responses=answers(models.Done))
async def remove_token(token: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Remove a token: from now on it is refused, and streams of events that it began end with their next event."""
    removed = await asyncio.to_thread(daemon.tokens.remove, token)
    daemon.token_removed(removed, who)
    return JSONResponse({"warning": None})
