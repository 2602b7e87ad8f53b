"""/v1/messages: SIP MESSAGE outside of calls. Events report received messages and the results of sent ones."""

from appliance.api import models
from appliance.api.answers.outcomes import Begins, reported
from appliance.api.http.dependencies import Daemon, Who, ask
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import later
from appliance.api.routing.responses import JSONResponse
from appliance.core import inputs
from appliance.core.model import AccountId, Content

router = Resource("/v1/messages", "messages")


@router.on("POST", "", later(models.MessageTaken))
async def send_message(body: models.Letter, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Send a MESSAGE; an event reports whether it arrives."""
    content = Content(body.content_type, body.text, tuple(body.headers.items()))
    reply = await ask(daemon, inputs.SendText(body.to, content, AccountId(body.account)), who)
    delivered = reported("message.sent", "message.failed", message=reply.message)
    return await after.by_event(delivered, None, lambda: {"message": reply.message})
