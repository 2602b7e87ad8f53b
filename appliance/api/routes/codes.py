"""/v1/codes: codes and cards that open doors. No request returns their digits."""

from typing import Any

from msgspec import UNSET

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.http.times import seconds
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import CredentialId, CredentialKind, DoorId
from appliance.core.views.codes import Code

router = Resource("/v1/codes", "codes")


@router.on("GET", "", answers(models.Codes))
async def list_codes(daemon: Daemon) -> JSONResponse:
    """All codes and cards, without their digits."""
    return JSONResponse({"codes": daemon.codes(), "zone": daemon.snapshot().appliance.zone})


@router.on("GET", "/{code}", answers(Code))
async def read_code(code: Id, daemon: Daemon) -> JSONResponse:
    """One code or card, without its digits."""
    return JSONResponse(_find(daemon, code))


@router.on("POST", "", answers(models.CodeDone, 201))
async def add_code(body: models.NewCode, daemon: Daemon, who: Who) -> JSONResponse:
    """Add a code or a card. The answer comes once the code is on disc, and would survive a power cut."""
    card = body.card is not None
    action = inputs.AddCredential(
        kind=CredentialKind.CARD if card else CredentialKind.CODE,
        digits=(body.card if card else body.digits) or "",
        owner=body.owner,
        doors=tuple(map(DoorId, body.doors)),
        schedule=body.schedule or (),
        uses=body.uses,
        expires=seconds(body.expires),
        profile=body.profile or "",
    )
    reply = await ask(daemon, action, who)
    return JSONResponse(_done(daemon, str(reply.code)), 201)


@router.on("PATCH", "/{code}", answers(models.CodeDone))
async def change_code(code: Id, body: models.CodeChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Change the owner, doors, times or limits; omitted fields stay."""
    _find(daemon, code)
    action = inputs.ChangeCredential(
        id=CredentialId(code),
        owner=UNSET if body.owner is None else body.owner,
        doors=UNSET if body.doors is None else tuple(map(DoorId, body.doors)),
        schedule=body.schedule if body.schedule is UNSET else body.schedule or (),
        uses=body.uses,
        expires=body.expires if body.expires is UNSET else seconds(body.expires),
        profile=body.profile if body.profile is UNSET else body.profile or "",
    )
    await ask(daemon, action, who)
    return JSONResponse(_done(daemon, code))


def _find(daemon: HttpPorts, wanted: str) -> Code:
    found = next((each for each in daemon.codes() if each.id == wanted), None)
    if found is None:
        raise IntercomError(
            ErrorCode.CODE_NOT_FOUND, f"There is no code {wanted}.", resolution="GET /v1/codes lists them."
        )
    return found


def _done(daemon: HttpPorts, wanted: str) -> dict[str, Any]:
    code = next((each for each in daemon.codes() if each.id == wanted), None)
    return {"id": wanted, "code": code, "warning": None}
