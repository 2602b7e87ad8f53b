"""/v1/doctor: faults of configuration, cards, lines, accounts and calls; /v1/support-bundle: all about them."""

from appliance.api import models
from appliance.api.answers.outcomes import WaitsFor
from appliance.api.http.dependencies import Daemon
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.types import Json

router = Resource("/v1", "doctor")


@router.on("POST", "/doctor", answers(models.Findings) | answers(models.Begun, 202))
async def examine_station(daemon: Daemon, after: WaitsFor) -> JSONResponse:
    """Look at everything now, which may take seconds; a client that prefers so gets an operation to read."""

    async def examined() -> Json:
        return {"findings": await daemon.doctor()}

    return await after.by_result(examined)


@router.on("GET", "/support-bundle", answers(models.SupportBundle))
async def read_support_bundle(daemon: Daemon) -> JSONResponse:
    """The support bundle, for help from afar: machine, findings, settings, state, logs and the newest events.

    Without passwords, tokens, codes, texts of messages and values of headers; digits are replaced by others. Names,
    numbers and addresses of people are in it.
    """
    return JSONResponse(
        await daemon.support_bundle(), headers={"Content-Disposition": 'attachment; filename="intercomd-support.json"'}
    )
