"""/v1/contacts: the targets, and whether those that are watched are there."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models, problems
from appliance.api.common import Daemon
from appliance.api.described import answers

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Contacts))
async def list_contacts(daemon: Daemon) -> JSONResponse:
    """All targets, with the state of those that are watched."""
    return JSONResponse({"contacts": daemon.snapshot()["contacts"]})
