"""/v1/messages: SIP MESSAGE outside of calls. Events report received messages and the results of sent ones."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Who, ask, taken
from appliance.api.http.response_schemas import answers
from appliance.core import inputs
from appliance.core.model import AccountId, Content

router = APIRouter(prefix="/v1/messages", tags=["messages"], responses=problems.RESPONSES)


@router.post("", status_code=202, responses=answers(models.MessageTaken, 202))
async def send_message(body: models.Letter, daemon: Daemon, who: Who) -> JSONResponse:
    """Send a MESSAGE; an event reports whether it arrives."""
    content = Content(body.content_type, body.text, tuple(body.headers.items()))
    return taken(await ask(daemon, inputs.SendText(body.to, content, AccountId(body.account)), who))
