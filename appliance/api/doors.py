"""/v1/doors: read, and open for one bounded pulse."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models, problems
from appliance.api.common import Daemon, Id, Who, ask
from appliance.api.described import answers
from appliance.core import inputs
from appliance.core.model import DoorId
from appliance.errors import IntercomError

router = APIRouter(prefix="/v1/doors", tags=["doors"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Doors))
async def list_doors(daemon: Daemon) -> JSONResponse:
    """All doors."""
    return JSONResponse({"doors": daemon.snapshot()["doors"]})


@router.get("/{door}", responses=answers(models.Door))
async def read_door(door: Id, daemon: Daemon) -> JSONResponse:
    """One door."""
    found = next((each for each in daemon.snapshot()["doors"] if each["id"] == door), None)
    if found is None:
        raise IntercomError("door-not-found", f"There is no door {door}.", resolution="GET /v1/doors lists them.")
    return JSONResponse(found)


@router.post("/{door}/open", responses=answers(models.Done))
async def open_door(door: Id, daemon: Daemon, who: Who, body: models.Open | None = None) -> JSONResponse:
    """Energise the relay for one pulse; the door's own bound holds whatever is asked."""
    reply = await ask(daemon, inputs.OpenDoor(DoorId(door), (body or models.Open()).seconds), who)
    return JSONResponse({"warning": reply.warning or None})
