"""/v1/doors: read, open for one bounded pulse, hold open for a bounded time, lock down."""

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.views.doors import Door

router = Resource("/v1/doors", "doors")


@router.on("GET", "", answers(models.Doors))
async def list_doors(daemon: Daemon) -> JSONResponse:
    """All doors."""
    return JSONResponse({"doors": daemon.snapshot().doors})


@router.on("GET", "/{door}", answers(Door))
async def read_door(door: Id, daemon: Daemon) -> JSONResponse:
    """One door."""
    found = next((each for each in daemon.snapshot().doors if each.id == door), None)
    if found is None:
        raise IntercomError(
            ErrorCode.DOOR_NOT_FOUND, f"There is no door {door}.", resolution="GET /v1/doors lists them."
        )
    return JSONResponse(found)


async def _done(daemon: Daemon, action: inputs.Action, who: Who) -> JSONResponse:
    reply = await ask(daemon, action, who)
    return JSONResponse({"warning": reply.warning or None})
