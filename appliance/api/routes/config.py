"""/v1/config: the configuration that is in force, and the settings that clients may change while the station runs."""

from msgspec import UNSET
from msgspec.structs import asdict
from starlette.responses import Response

from appliance.api import models
from appliance.api.answers import etags
from appliance.api.answers.etags import IfMatch, IfNoneMatch
from appliance.api.http.dependencies import Daemon, Refused, Who, ask
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.record import carried
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.model import AccessScope, QuietHours, Runtime

router = Resource("/v1/config", "configuration")


TAGGED = {"ETag": {"description": "Stands for this configuration (RFC 9110 §8.8.3).", "schema": {"type": "string"}}}


@router.on(
    "GET",
    "",
    answers(models.Configuration, headers=TAGGED) | {304: {"description": "It is still the one of the ETag."}},
)
async def read_configuration(daemon: Daemon, if_none_match: IfNoneMatch = None) -> Response:
    """All settings that are in force, with defaults, reloads and run-time changes; secrets are shown as `***`."""
    body = _configuration(daemon)
    tag = etags.tag(body)
    if etags.same(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(body, headers={"ETag": tag})


@router.on("PATCH", "/runtime", answers(models.RuntimeDone, headers=TAGGED))
async def change_runtime(
    body: models.RuntimeChange, daemon: Daemon, who: Who, refused: Refused, if_match: IfMatch = None
) -> Response:
    """Change forwarding, quiet hours or do-not-disturb. The change survives restarts, until the file's settings change.

    Do-not-disturb alone needs a token for `call`; forwarding and quiet hours need one for `admin`. With `If-Match` and
    the ETag of GET /v1/config, the change succeeds only if the settings are as the client read them.
    """
    more = body.forwarding is not UNSET or body.quiet_hours is not UNSET
    if more and (refusal := refused(AccessScope.ADMIN)) is not None:
        return refusal
    etags.check(if_match, etags.tag(_configuration(daemon)))
    rules, hours = body.forwarding or inputs.ForwardingChange(), body.quiet_hours
    change = inputs.ChangeRuntime(
        **asdict(rules),
        quiet_hours=carried(inputs.QuietHoursChange, hours) if hours else None,
        do_not_disturb=body.do_not_disturb,
        # Another client's change may be on its way to the core.
        read=None if if_match is None else _runtime(daemon),
    )
    reply = await ask(daemon, change, who)
    return JSONResponse(
        {"runtime": daemon.snapshot().runtime, "warning": reply.warning or None},
        headers={"ETag": etags.tag(_configuration(daemon))},
    )


def _configuration(daemon: HttpPorts) -> Json:
    return {
        "configuration": daemon.configuration(),
        "do_not_disturb": daemon.snapshot().runtime.do_not_disturb,
    }


def _runtime(daemon: HttpPorts) -> Runtime:
    """The run-time settings as they are now."""
    now = daemon.snapshot().runtime
    hours = carried(QuietHours, now.quiet_hours)
    return Runtime(now.forwarding, hours, now.do_not_disturb)
