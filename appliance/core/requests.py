"""Requests of clients: passed to the room that performs them, and answered."""

from appliance.base.errors import IntercomError
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.model import WarningCode
from appliance.core.orders import Reply
from appliance.core.rooms import ROOMS
from appliance.core.transition import Turn

RULES = {action: rule for room in ROOMS for action, rule in room.perform.items()}


def requested(turn: Turn, given: inputs.Requested) -> None:
    """Perform a client's request, or reply with the error; a request that changes nothing succeeds with a warning."""
    try:
        reply = RULES[type(given.action)](turn, given.action, given)
    except IntercomError as err:
        about = getattr(given.action, "call", None)
        error_events.emit(turn, err, error_events.name_of(type(given.action)), call=about)
        turn.order(Reply(given.request, error=err))
        return
    if reply is None:  # the rule replies later
        return
    if reply.warning:
        turn.emit(events.WarningReported(WarningCode.REDUNDANT, reply.warning, reply.call))
    turn.order(reply)
