"""Assembles the HTTP interface, and describes it as OpenAPI without a daemon."""

import asyncio
import functools
import json
import threading
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from appliance.api.http import admission, auth, headers, heads, idempotency, problems
from appliance.api.http.streams import EventStreams
from appliance.api.ports import HttpPorts
from appliance.api.routes import (
    accounts,
    audio,
    calls,
    codes,
    conferences,
    config,
    doctor,
    doors,
    events,
    health,
    index,
    log,
    messages,
    orders,
    pages,
    recordings,
    rules,
    state,
    tokens,
)
from appliance.api.routing.endpoints import Endpoint

RESOURCES = (
    index,
    state,
    accounts,
    calls,
    conferences,
    messages,
    events,
    doors,
    codes,
    rules,
    tokens,
    audio,
    recordings,
    log,
    config,
    doctor,
    health,
    pages,
)

# One list for all listeners: an application of its own costs each nothing.
ROUTES = [*orders.ROUTES, *(route for resource in RESOURCES for route in resource.router.routes)]
ENDPOINTS = [route for route in ROUTES if isinstance(route, Endpoint)]
_making = threading.Lock()


def build(ports: HttpPorts, token: str, places: admission.Places | None = None) -> Starlette:
    """The ASGI application over `ports`; over TCP it requires `token`. Listeners of one loop share their `places`.

    Blocks on the disc, for the answers to earlier orders.
    """
    app = Starlette(routes=[Route("/openapi.json", _describe), *ROUTES], exception_handlers=problems.HANDLERS)
    app.router.redirect_slashes = False
    app.state.ports, app.state.streams = ports, EventStreams(ports)
    # The middleware that is added last sees a request first.
    app.add_middleware(idempotency.Repeats, keep=ports.answers.keep, earlier=ports.answers.stored())
    app.add_middleware(admission.Admission, places=places or admission.Places())
    app.add_middleware(auth.Gate, token=token, ports=ports, patience=auth.Patience())
    app.add_middleware(headers.OneLength)
    app.add_middleware(headers.FixedHeaders)
    app.add_middleware(heads.Heads)
    return app


def openapi() -> dict[str, Any]:
    """The description of the interface, the same as /openapi.json."""
    from appliance.api.openapi.description import description  # noqa: PLC0415  late: few ask for it

    return description(ENDPOINTS)


async def _describe(_: Request) -> Response:
    return Response(await asyncio.to_thread(_text), media_type="application/json")


def _text() -> bytes:
    """The description as text, made once for both listeners."""
    with _making:
        return _made()


@functools.cache
def _made() -> bytes:
    return json.dumps(openapi(), ensure_ascii=False, separators=(",", ":")).encode()
