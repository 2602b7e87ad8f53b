"""/v1/config: the configuration that is in force, and the settings that clients may change while the station runs."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Who, ask
from appliance.api.http.response_schemas import answers
from appliance.core import inputs
from appliance.core.model import QuietHours

router = APIRouter(prefix="/v1/config", tags=["configuration"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Configuration))
async def read_configuration(daemon: Daemon) -> JSONResponse:
    """All settings that are in force, with defaults, reloads and run-time changes; secrets are shown as `***`."""
    return JSONResponse({"configuration": daemon.configuration()})


@router.patch("/runtime", responses=answers(models.RuntimeDone))
async def change_runtime(body: models.RuntimeChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Change forwarding, quiet hours or do-not-disturb, until the file is changed; a restart does not matter."""
    rules, hours = body.forwarding or models.ForwardingChange(), body.quiet_hours
    change = inputs.ChangeRuntime(
        **rules.model_dump(),
        quiet_hours=None if hours is None else QuietHours(hours.begin, hours.end),
        do_not_disturb=body.do_not_disturb,
    )
    reply = await ask(daemon, change, who)
    return JSONResponse({"runtime": daemon.snapshot()["runtime"], "warning": reply.warning or None})
