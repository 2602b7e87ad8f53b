"""/v1/contacts: the directory, and the targets, with the state of each watched target."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.http.response_schemas import answers
from appliance.core import inputs

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Contacts))
async def list_contacts(daemon: Daemon) -> JSONResponse:
    """The directory, and all targets, with the state of each watched target."""
    state = daemon.snapshot()
    return JSONResponse({"directory": state["directory"], "contacts": state["contacts"]})


@router.post("/{flat}/ring", responses=answers(models.Done))
async def ring_flat(flat: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Ring a flat of the directory, like a visitor who types its number."""
    reply = await ask(daemon, inputs.RingFlat(flat), who)
    return JSONResponse({"warning": reply.warning or None})
