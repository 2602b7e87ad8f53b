"""Assembles the HTTP interface, and describes it as OpenAPI without a daemon."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

import appliance
from appliance.api.http import admission, auth, headers, idempotency, problems
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


def build(ports: HttpPorts, token: str, places: admission.Places | None = None) -> FastAPI:
    """The ASGI application over `ports`; over TCP it requires `token`. Listeners of one loop share their `places`.

    Blocks on the disc, for the answers to earlier orders.
    """
    app = _bare()
    app.state.ports = ports
    # The middleware that is added last sees a request first.
    app.add_middleware(idempotency.Repeats, keep=ports.answers.keep, earlier=ports.answers.stored())
    app.add_middleware(admission.Admission, places=places or admission.Places())
    app.add_middleware(auth.Gate, token=token, ports=ports, patience=auth.Patience())
    app.add_middleware(headers.FixedHeaders)
    problems.install(app)
    return app


def openapi() -> dict[str, Any]:
    """The description of the interface, the same as /openapi.json."""
    return _bare().openapi()


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
        redirect_slashes=False,
    )
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
