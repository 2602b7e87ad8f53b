"""/v1/state: the whole snapshot; /v1/panel: the panel's part of it; /v1/operations: what became of orders."""

from appliance.api import models
from appliance.api.http.dependencies import Admin, Daemon, Id, Who
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.core.views.panel import Panel
from appliance.core.views.snapshot import Snapshot

router = Resource("/v1")


@router.on("GET", "/state", answers(Snapshot), "state")
async def read_state(daemon: Daemon) -> JSONResponse:
    """The whole state; continue after `last_event` with /v1/events?since=."""
    return JSONResponse(daemon.snapshot())


@router.on("GET", "/panel", answers(Panel), "panel")
async def read_panel(daemon: Daemon) -> JSONResponse:
    """Current state of buttons and lamps."""
    return JSONResponse(daemon.snapshot().panel)


@router.on("GET", "/operations/{operation}", answers(models.Operation), "operations")
async def read_operation(operation: Id, daemon: Daemon, who: Who, admin: Admin) -> JSONResponse:
    """Read the state of an order that was answered with 202.

    Readable with the token that gave the order, or with one for `admin`; for other tokens the operation does not exist.
    """
    return JSONResponse(daemon.operations.find(operation, who, any_client=admin).view())
