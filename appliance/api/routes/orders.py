"""The routes of the orders that the list makes: their body is the record of their action."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request

from appliance.api import models
from appliance.api.http.dependencies import Id, ask, daemon_of, who_asks
from appliance.api.ports import HttpPorts
from appliance.api.routes import accounts, calls, conferences
from appliance.api.routing.endpoints import NEEDED, Body, Endpoint, Parameter, Take, itself
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.types import Json
from appliance.orders.order import Order, Subject, body
from appliance.orders.subjects import ACCOUNTS, CALLS, CONFERENCES
from appliance.orders.table import ORDERS

Answered = Callable[[HttpPorts, str, str], Json]  # the answer, by the object's id and the warning


def _done(daemon: HttpPorts, ident: str, warning: str) -> Json:
    """Shaped as `models.Done`."""
    del daemon, ident
    return {"warning": warning or None}


_ANSWERS: dict[str, tuple[type[models.AnswerBody], Answered]] = {
    CALLS.path: (models.CallDone, calls.done),
    CONFERENCES.path: (models.ConferenceDone, conferences.done),
    ACCOUNTS.path: (models.AccountDone, accounts.done),
}


def _answer(subject: Subject) -> tuple[type[models.AnswerBody], Answered]:
    return _ANSWERS.get(subject.path, (models.Done, _done))


def _route(order: Order) -> Endpoint:
    shape, (answered, answer) = body(order), _answer(order.of)

    async def act(request: Request, body: Any = None, **places: str) -> JSONResponse:
        given = {} if shape is None else msgspec.to_builtins(body or shape())
        daemon = daemon_of(request)
        reply = await ask(daemon, order.action({**given, **places}), who_asks(request))
        return JSONResponse(answer(daemon, places.get(order.of.part, ""), reply.warning))

    act.__name__, act.__doc__ = order.name, order.description
    places = [Parameter(part, "path", Id, NEEDED) for part in order.parts]
    needed = order.method == "PATCH" or any(each.required for each in msgspec.structs.fields(shape or models.Done))
    taken = Body(shape, needed) if shape is not None else None
    take: dict[str, Take] = {"request": itself, **{place.name: place.take for place in places}}
    described = {"tags": [order.of.tag], "responses": answers(answered)}
    return Endpoint(order.path, order.method, act, described, (places, taken, take))


ROUTES = [_route(order) for order in ORDERS if not order.by_hand]
