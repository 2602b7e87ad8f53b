"""/v1/doors: read, open for one bounded pulse, hold open for a bounded time, lock down."""

from starlette.responses import JSONResponse

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import DoorId

router = Resource("/v1/doors", "doors")


@router.on("GET", "", answers(models.Doors))
async def list_doors(daemon: Daemon) -> JSONResponse:
    """All doors."""
    return JSONResponse({"doors": daemon.snapshot()["doors"]})


@router.on("GET", "/{door}", answers(models.Door))
async def read_door(door: Id, daemon: Daemon) -> JSONResponse:
    """One door."""
    found = next((each for each in daemon.snapshot()["doors"] if each["id"] == door), None)
    if found is None:
        raise IntercomError(
            ErrorCode.DOOR_NOT_FOUND, f"There is no door {door}.", resolution="GET /v1/doors lists them."
        )
    return JSONResponse(found)


@router.on("POST", "/{door}/open", answers(models.Done))
async def open_door(door: Id, daemon: Daemon, who: Who, body: models.Open | None = None) -> JSONResponse:
    """Energise the relay for one pulse, at most for the door's own limit."""
    return await _done(daemon, inputs.OpenDoor(DoorId(door), (body or models.Open()).seconds), who)


@router.on("POST", "/{door}/hold", answers(models.Done))
async def hold_door(door: Id, daemon: Daemon, who: Who, body: models.HoldOpen | None = None) -> JSONResponse:
    """Hold the door open, at most for the door's own limit; `door.hold_ending` warns before the end."""
    return await _done(daemon, inputs.HoldDoor(DoorId(door), (body or models.HoldOpen()).seconds), who)


@router.on("POST", "/{door}/release", answers(models.Done))
async def release_door(door: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """End the hold."""
    return await _done(daemon, inputs.ReleaseDoor(DoorId(door)), who)


@router.on("POST", "/{door}/lock", answers(models.Done))
async def lock_door(door: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Lock the door down: nothing opens it, also after a restart or power cut. The answer comes after it is saved."""
    return await _done(daemon, inputs.LockDoor(DoorId(door)), who)


@router.on("POST", "/{door}/unlock", answers(models.Done))
async def unlock_door(door: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """End the lockdown; this does not open the door. The answer comes after it is saved."""
    return await _done(daemon, inputs.UnlockDoor(DoorId(door)), who)


async def _done(daemon: Daemon, action: inputs.Action, who: Who) -> JSONResponse:
    reply = await ask(daemon, action, who)
    return JSONResponse({"warning": reply.warning or None})
