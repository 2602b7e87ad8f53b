"""What clients note beside a call, for each other and for the log: text that means nothing to the station."""

from dataclasses import replace

from appliance.base.errors import IntercomError
from appliance.core import events
from appliance.core.model import Call
from appliance.core.transition import Turn

LONGEST = 1000


def note(turn: Turn, call: Call, text: str) -> str:
    """Note it; the warning's text if it is there already. Raises IntercomError."""
    check(text)
    if call.custom_data == text:
        return f"Call {call.id} has this custom_data already."
    turn.put(replace(call, custom_data=text))
    turn.emit(events.CallChanged(call.id, fields=("custom_data",)))
    return ""


def check(text: str) -> None:
    """Raises IntercomError for more than may be."""
    if len(text) > LONGEST:
        raise IntercomError(
            "text-too-long", f"{len(text)} characters are too long.", f"The limit is {LONGEST} characters."
        )
