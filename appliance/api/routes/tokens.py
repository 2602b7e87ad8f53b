"""/v1/tokens: the tokens of clients over TCP. Only a client that may do everything reads, makes or removes them.

/v1/session: a browser shows its token once, and goes on with a cookie. /v1/push: it is notified of rings also while no
page is open.
"""

import asyncio

from msgspec import to_builtins
from starlette.requests import Request

from appliance.api import models
from appliance.api.http.dependencies import Admin, Daemon, Id, Who
from appliance.api.http.scopes import ALL
from appliance.api.http.sessions import HELD, LASTS_S, Held, Session
from appliance.api.http.times import seconds
from appliance.api.http.tokens import utc, view
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.core.model import AccessScope

router = Resource("/v1")


@router.on("GET", "/tokens", answers(models.AccessTokens), "tokens")
async def list_tokens(daemon: Daemon) -> JSONResponse:
    """All tokens, without their texts."""
    return JSONResponse({"tokens": daemon.tokens.list()})


@router.on("POST", "/tokens", answers(models.AccessTokenMade, 201), "tokens")
async def add_token(body: models.NewAccessToken, daemon: Daemon, who: Who) -> JSONResponse:
    """Make a token. The answer is the only place where its text appears."""
    scopes = tuple(map(AccessScope, dict.fromkeys(body.scopes)))
    token, text = await asyncio.to_thread(daemon.tokens.add, body.name, scopes, seconds(body.expires))
    daemon.token_added(token, who)
    return JSONResponse({"token": view(token, valid=True), "text": text}, 201)


@router.on("DELETE", "/tokens/{token}", answers(models.Done), "tokens")
async def remove_token(token: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Remove a token: from now on it is refused, and streams of events that it began end within a second."""
    removed = await asyncio.to_thread(daemon.tokens.remove, token)
    daemon.token_removed(removed, who)
    return JSONResponse({"warning": None})


@router.on("GET", "/session", answers(models.BrowserSession), "session")
async def read_session(request: Request, daemon: Daemon, who: Who) -> JSONResponse:
    """The client of this request and its scopes, by a token, a session or the Unix socket."""
    held: Held | None = request.scope.get(HELD)
    return JSONResponse(_shown(daemon, who, held, held.session if held is not None else None))


@router.on("POST", "/session", answers(models.BrowserSession), "session")
async def begin_session(request: Request, daemon: Daemon, who: Who) -> JSONResponse:
    """Begin a session with the token in Authorization. Its cookie then stands for the token, also for a WebSocket.

    No script can read the cookie. It counts for 90 days, or until the session or the token ends. A request with the
    cookie counts only if it comes from the station's own pages.
    """
    held: Held | None = request.scope.get(HELD)
    if held is None or not held.by_token:
        raise IntercomError(
            ErrorCode.UNAUTHORIZED,
            "A session begins with a token.",
            "The request has none.",
            "Send Authorization: Bearer with a token, over TCP.",
        )
    session, text = await asyncio.to_thread(daemon.sessions.begin, held.token, held.session)
    answer = JSONResponse(_shown(daemon, who, held, session))
    _set(answer, held, text, int(LASTS_S))
    return answer


@router.on("DELETE", "/session", answers(models.Done), "session")
async def end_session(request: Request, daemon: Daemon) -> JSONResponse:
    """End the session of the cookie: it is refused from now on, and streams that it began end within a second."""
    held: Held | None = request.scope.get(HELD)
    session = held.session if held is not None else None
    if held is None or session is None:
        return JSONResponse({"warning": "The request brought no session."})
    await asyncio.to_thread(daemon.sessions.end, session)
    await asyncio.to_thread(daemon.subscriptions.leave, session.sha256)
    answer = JSONResponse({"warning": None})
    _set(answer, held, "", 0)
    return answer


@router.on("GET", "/push", answers(models.Push), "push")
async def read_push(request: Request, daemon: Daemon, admin: Admin) -> JSONResponse:
    """The station's key for Web Push, and this client's subscriptions, or with `admin` those of all clients."""
    key = await asyncio.to_thread(daemon.subscriptions.key)
    own = None if admin else _token(request)
    return JSONResponse({"key": key, "subscriptions": daemon.subscriptions.list(own)})


@router.on("POST", "/push", answers(models.PushSubscribed, 201), "push")
async def add_subscription(
    body: models.NewPushSubscription, request: Request, daemon: Daemon, who: Who
) -> JSONResponse:
    """Notify a browser of rings from now on, as long as the token of this request is valid.

    The browser's push manager gives the endpoint, which must be an https address on the Internet, and the keys. One
    that is known already is renewed. A token has eight at most: a new one replaces its oldest.
    """
    held: Held | None = request.scope.get(HELD)
    session = held.session.sha256 if held is not None and held.session is not None else ""
    given = (to_builtins(body), _token(request), session, who)
    return JSONResponse({"subscription": await asyncio.to_thread(daemon.subscriptions.add, *given)}, 201)


@router.on("DELETE", "/push/{subscription}", answers(models.Done), "push")
async def remove_subscription(subscription: Id, request: Request, daemon: Daemon, admin: Admin) -> JSONResponse:
    """Notify a browser no longer: one of this client's token, and with `admin` any."""
    await asyncio.to_thread(daemon.subscriptions.remove, subscription, None if admin else _token(request))
    return JSONResponse({"warning": None})


def _token(request: Request) -> str:
    """The SHA-256 of the client's token; "" on the Unix socket."""
    held: Held | None = request.scope.get(HELD)
    return held.token if held is not None else ""


def _shown(daemon: HttpPorts, who: str, held: Held | None, session: Session | None) -> Json:
    token = None if held is None else daemon.tokens.known(held.token)
    return {
        "client": who,
        "scopes": list(ALL if token is None else token.scopes),
        "expires": utc(session.expires) if session is not None else None,
    }


def _set(answer: JSONResponse, held: Held, text: str, lasts_s: int) -> None:
    answer.set_cookie(
        held.cookie, text, max_age=lasts_s, path="/", secure=held.secure, httponly=True, samesite="strict"
    )
