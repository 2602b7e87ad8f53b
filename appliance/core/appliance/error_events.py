"""Error events: they show every reader of the events why a button or a request had no effect.

The reply to a client has the same text; but a button has nobody to reply to, and a far end may refuse after our reply.
"""

import re

from appliance.base.errors import HTTP_STATUS, IntercomError, explained
from appliance.core import events
from appliance.core.model import CallId, ConferenceId
from appliance.core.transition import Turn

WORD = r"(?<!^)(?=[A-Z])"


def emit(
    turn: Turn,
    error: IntercomError,
    operation: str,
    sip_code: int = 0,
    call: CallId | None = None,
    conference: ConferenceId | None = None,
) -> None:
    """Emit `error`. `operation`: see `name_of`; sip_code: the far end's answer; call, conference: that was meant."""
    cause, resolution = explained(error)
    turn.emit(
        events.ErrorReported(
            code=error.code,
            message=error.message,
            cause=cause,
            resolution=resolution,
            operation=operation,
            sip_code=sip_code,
            http_status=HTTP_STATUS[error.code],
            call=call,
            conference=conference,
        )
    )


def name_of(request: type) -> str:
    """The name of a kind of client's request in events, such as hang-up-call. It is public; see the test's table."""
    return re.sub(WORD, "-", request.__name__).lower()
