"""/v1/doctor: faults of configuration, cards, lines, accounts and calls, one sentence each."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon
from appliance.api.http.response_schemas import answers

router = APIRouter(prefix="/v1/doctor", tags=["doctor"], responses=problems.RESPONSES)


@router.post("", responses=answers(models.Findings))
async def examine_station(daemon: Daemon) -> JSONResponse:
    """Look at everything now."""
    return JSONResponse({"findings": await daemon.doctor()})
