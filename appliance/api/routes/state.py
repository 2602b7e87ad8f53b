"""/v1/state: the whole snapshot; /v1/operations: what became of orders."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Admin, Daemon, Id, Who
from appliance.api.http.response_schemas import answers

router = APIRouter(prefix="/v1", responses=problems.RESPONSES)


@router.get("/state", tags=["state"], responses=answers(models.Snapshot))
async def read_state(daemon: Daemon) -> JSONResponse:
    """The whole state; continue after `last_event` with /v1/events?since=."""
    return JSONResponse(daemon.snapshot())


@router.get("/operations/{operation}", tags=["operations"], responses=answers(models.Operation))
async def read_operation(operation: Id, daemon: Daemon, who: Who, admin: Admin) -> JSONResponse:
    """Read the state of an order that was answered with 202.

    Readable with the token that gave the order, or with one for `admin`; for other tokens the operation does not exist.
    """
    return JSONResponse(daemon.operations.find(operation, who, any_client=admin).view())
