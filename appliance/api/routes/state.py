"""GET /v1/state: the whole snapshot."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon
from appliance.api.http.response_schemas import answers

router = APIRouter(prefix="/v1/state", tags=["state"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Snapshot))
async def read_state(daemon: Daemon) -> JSONResponse:
    """The whole state; continue after `last_event` with /v1/events?since=."""
    return JSONResponse(daemon.snapshot())
