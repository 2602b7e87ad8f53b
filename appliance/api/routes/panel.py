"""/v1/panel: buttons, lamps, sensors and tone; a press acts like a press of the real button."""

from starlette.responses import JSONResponse

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.core import inputs
from appliance.core.model import ButtonId, LampId, SensorId

router = Resource("/v1/panel", "panel")


@router.on("GET", "", answers(models.Panel))
async def read_panel(daemon: Daemon) -> JSONResponse:
    """Current state of buttons and lamps."""
    return JSONResponse(daemon.snapshot()["panel"])


@router.on("POST", "/buttons/{button}/press", answers(models.Done))
async def press_button(button: Id, daemon: Daemon, who: Who, body: models.PressOptions | None = None) -> JSONResponse:
    """Press a button for `seconds`, then release it."""
    reply = await ask(daemon, inputs.PressButton(ButtonId(button), (body or models.PressOptions()).seconds), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("POST", "/lamps/{lamp}/test", answers(models.Done))
async def try_lamp(lamp: Id, daemon: Daemon, who: Who, body: models.TestLamp | None = None) -> JSONResponse:
    """Show a pattern on a lamp for `seconds`, instead of the status."""
    wanted = body or models.TestLamp()
    reply = await ask(daemon, inputs.TestLamp(LampId(lamp), wanted.pattern, wanted.seconds, wanted.color), who)
    return JSONResponse({"warning": reply.warning or None})


@router.on("POST", "/sensors/{sensor}/clear", answers(models.Done))
async def clear_sensor(sensor: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """End the blocking of doors by a tamper contact."""
    reply = await ask(daemon, inputs.ClearSensor(SensorId(sensor)), who)
    return JSONResponse({"warning": reply.warning or None})
