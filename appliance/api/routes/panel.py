"""/v1/panel: buttons, lamps, sensors and tone; a press acts like a press of the real button."""

from appliance.api.http.dependencies import Daemon
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.core.views.panel import Panel

router = Resource("/v1/panel", "panel")


@router.on("GET", "", answers(Panel))
async def read_panel(daemon: Daemon) -> JSONResponse:
    """Current state of buttons and lamps."""
    return JSONResponse(daemon.snapshot().panel)
