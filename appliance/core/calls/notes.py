"""Notes (custom_data) that clients attach to a call, for each other and for the log; the station does not read them."""

from dataclasses import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events
from appliance.core.model import Call
from appliance.core.transition import Turn

LONGEST = 1000


def note(turn: Turn, call: Call, text: str) -> str:
    """Store the note; return a warning if it is there already. Raises IntercomError."""
    check(text)
    if call.custom_data == text:
        return f"Call {call.id} has this custom_data already."
    turn.put(replace(call, custom_data=text))
    turn.emit(events.CallChanged(call.id, fields=("custom_data",)))
    return ""


def check(text: str) -> None:
    """Raise IntercomError for a note above the limit."""
    if len(text) > LONGEST:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG, f"{len(text)} characters are too long.", f"The limit is {LONGEST} characters."
        )
