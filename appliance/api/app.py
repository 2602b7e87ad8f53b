"""Assembles the HTTP interface, and describes it as OpenAPI without a daemon."""

import asyncio
import functools
import json
import threading
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Route

import appliance
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
    contacts,
    doctor,
    doors,
    events,
    health,
    index,
    log,
    messages,
    pages,
    panel,
    recordings,
    state,
    tokens,
)

RESOURCES = (
    index,
    state,
    accounts,
    contacts,
    calls,
    conferences,
    messages,
    events,
    panel,
    doors,
    codes,
    tokens,
    audio,
    recordings,
    log,
    config,
    doctor,
    health,
    pages,
)

_making = threading.Lock()


def build(ports: HttpPorts, token: str, places: admission.Places | None = None) -> FastAPI:
    """The ASGI application over `ports`; over TCP it requires `token`. Listeners of one loop share their `places`.

    Blocks on the disc, for the answers to earlier orders.
    """
    app = _bare()
    app.state.ports, app.state.streams = ports, EventStreams(ports)
    # The middleware that is added last sees a request first.
    app.add_middleware(idempotency.Repeats, keep=ports.answers.keep, earlier=ports.answers.stored())
    app.add_middleware(admission.Admission, places=places or admission.Places())
    app.add_middleware(auth.Gate, token=token, ports=ports, patience=auth.Patience())
    app.add_middleware(headers.OneLength)
    app.add_middleware(headers.FixedHeaders)
    app.add_middleware(heads.Heads)
    problems.install(app)
    return app


def openapi() -> dict[str, Any]:
    """The description of the interface, the same as /openapi.json."""
    return _bare().openapi()


async def _describe(_: Request) -> Response:
    return Response(await asyncio.to_thread(_text), media_type="application/json")


def _text() -> bytes:
    """The description as text, made once for both listeners."""
    with _making:
        return _made()


@functools.cache
def _made() -> bytes:
    return json.dumps(openapi(), ensure_ascii=False, separators=(",", ":")).encode()


def _bare() -> FastAPI:
    app = FastAPI(
        title="intercomd",
        version=appliance.__version__,
        summary="Calls, panel, door and recordings of one door phone station.",
        license_info={"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        servers=[
            {
                "url": "{scheme}://{address}:{port}",
                "description": "The station: http.address and http.port; https unless the address is loopback.",
                "variables": {
                    "scheme": {"default": "http", "enum": ["http", "https"]},
                    "address": {"default": "127.0.0.1"},
                    "port": {"default": "8080"},
                },
            }
        ],
        docs_url=None,  # both load scripts from other hosts
        redoc_url=None,
        openapi_url=None,  # it makes the whole text for each request, on the loop
        redirect_slashes=False,
    )
    app.router.routes.append(Route("/openapi.json", _describe, include_in_schema=False))
    for resource in RESOURCES:
        # Not include_router: in FastAPI 0.115 it makes each route again, for each listener.
        app.router.routes.extend(resource.router.routes)
    made_by_fastapi = app.openapi

    def described_once() -> dict[str, Any]:
        if app.openapi_schema is None:
            from appliance.api.openapi.completed import completed  # noqa: PLC0415  late: few ask for it

            app.openapi_schema = completed(_named(made_by_fastapi(), app))
        return app.openapi_schema

    app.openapi = described_once  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def _named(openapi: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """Name each operation like its function, for those who generate clients; FastAPI appends the whole path."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                openapi["paths"][route.path_format][method.lower()]["operationId"] = route.name
    return openapi
