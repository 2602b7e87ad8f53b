"""What was asked for and not done, told to all: who follows the events sees why a button, or a client, had no effect.

The answer to a client says the same; but a button has nobody to answer, and a far end may refuse later than we reply.
"""

import re

from appliance.base.errors import HTTP_STATUS, IntercomError
from appliance.core import events
from appliance.core.model import CallId
from appliance.core.transition import Turn

WORD = re.compile(r"(?<!^)(?=[A-Z])")


def emit(turn: Turn, error: IntercomError, operation: str, sip_code: int = 0, call: CallId | None = None) -> None:
    """`operation`: see `name_of`; sip_code: the far end's answer behind it; `call`: the one that was meant."""
    turn.emit(
        events.ErrorTold(
            code=error.code,
            message=error.message,
            cause=error.cause,
            resolution=error.resolution,
            operation=operation,
            sip_code=sip_code,
            http_status=HTTP_STATUS[error.code],
            call=call,
        )
    )


def name_of(action: object) -> str:
    """What a client asked for, as in hang-up-call."""
    return WORD.sub("-", type(action).__name__).lower()
