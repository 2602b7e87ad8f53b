"""/livez and /readyz: for supervisors, without a token."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon
from appliance.api.http.response_schemas import answers
from appliance.base.errors import ErrorCode, IntercomError

router = APIRouter(tags=["health"], responses=problems.RESPONSES)


@router.get("/livez", responses=answers(models.Health))
async def read_liveness(daemon: Daemon) -> JSONResponse:
    """Whether the daemon works; if not (503), restart it."""
    if not daemon.alive():
        raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon does not process inputs.", resolution="Restart it.")
    return JSONResponse({"status": "ok"})


@router.get("/readyz", responses=answers(models.Health))
async def read_readiness(daemon: Daemon) -> JSONResponse:
    """Whether calls are possible; if not (503), the cause."""
    is_ready, why = daemon.ready()
    if not is_ready:
        raise IntercomError(ErrorCode.UNAVAILABLE, "Calls are not possible now.", why)
    return JSONResponse({"status": "ok"})
