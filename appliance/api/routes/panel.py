"""/v1/panel: buttons, lamps, sensors and tone; a press acts as that of the real button."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.http.response_schemas import answers
from appliance.core import inputs
from appliance.core.model import ButtonId, LampId, SensorId

router = APIRouter(prefix="/v1/panel", tags=["panel"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Panel))
async def read_panel(daemon: Daemon) -> JSONResponse:
    """Buttons and lamps as they are now."""
    return JSONResponse(daemon.snapshot()["panel"])


@router.post("/buttons/{button}/press", responses=answers(models.Done))
async def press_button(button: Id, daemon: Daemon, who: Who, body: models.Press | None = None) -> JSONResponse:
    """Press a button for `seconds`, then release it."""
    reply = await ask(daemon, inputs.PressButton(ButtonId(button), (body or models.Press()).seconds), who)
    return JSONResponse({"warning": reply.warning or None})


@router.post("/lamps/{lamp}/test", responses=answers(models.Done))
async def try_lamp(lamp: Id, daemon: Daemon, who: Who, body: models.TestLamp | None = None) -> JSONResponse:
    """Have a lamp shine in a pattern for `seconds`, whatever the panel shows meanwhile."""
    wanted = body or models.TestLamp()
    reply = await ask(daemon, inputs.TestLamp(LampId(lamp), wanted.pattern, wanted.seconds, wanted.color), who)
    return JSONResponse({"warning": reply.warning or None})


@router.post("/sensors/{sensor}/clear", responses=answers(models.Done))
async def clear_sensor(sensor: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Let doors be opened again that a tamper contact blocks."""
    reply = await ask(daemon, inputs.ClearSensor(SensorId(sensor)), who)
    return JSONResponse({"warning": reply.warning or None})
