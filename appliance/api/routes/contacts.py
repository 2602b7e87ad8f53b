"""/v1/contacts: the directory, and the targets, with the state of each watched target."""

from starlette.responses import JSONResponse

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.core import inputs

router = Resource("/v1/contacts", "contacts")


@router.on("GET", "", answers(models.Contacts))
async def list_contacts(daemon: Daemon) -> JSONResponse:
    """The directory, and all targets, with the state of each watched target."""
    state = daemon.snapshot()
    return JSONResponse({"directory": state["directory"], "contacts": state["contacts"]})


@router.on("POST", "/{flat}/ring", answers(models.Done))
async def ring_flat(flat: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Ring a flat of the directory, like a visitor who types its number."""
    reply = await ask(daemon, inputs.RingFlat(flat), who)
    return JSONResponse({"warning": reply.warning or None})
