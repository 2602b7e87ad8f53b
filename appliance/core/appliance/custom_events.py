"""Events of clients: passed on to all who follow the events, within a rate, so that they leave room for others."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.lookup import find_call
from appliance.core.orders import Reply
from appliance.core.transition import Turn

EVERY_S = 1.0  # on average
AT_ONCE = 20
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"  # of an event, and of a text in it
MOST_DETAILS, LONGEST_DETAIL = 16, 256


def report(turn: Turn, action: inputs.ReportCustom, asked: inputs.Requested) -> Reply:
    """Report a client's event. One too many is refused without an event, which would also be one too many."""
    call = None if action.call is None else find_call(turn, action.call).id
    begins = max(turn.appliance.custom_from, turn.now)
    if begins - turn.now > (AT_ONCE - 1) * EVERY_S:
        why = f"The limit is {AT_ONCE} at once, and then one in {EVERY_S:g} s, of all clients together."
        refusal = IntercomError(ErrorCode.RATE_LIMITED, "Clients report too many events.", why, "Try again later.")
        return Reply(asked.request, error=refusal)
    turn.appliance = replace(turn.appliance, custom_from=begins + EVERY_S)
    turn.emit(events.CustomReported(action.name, dict(action.details), asked.who, call))
    return Reply(asked.request)
