"""Requests of clients: passed to the room that performs them, and answered."""

from appliance.base.errors import ErrorCode, IntercomError
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
    except IntercomError as failed:
        err = failed
        if given.late and err.code is ErrorCode.CALL_NOT_FOUND:
            if isinstance(given.action, inputs.HangUpCall):  # it has crossed another end
                warn(turn, Reply(given.request, call=given.action.call, warning="The call has ended already."))
                return
            err = ended(given.action)
        call, conference = getattr(given.action, "call", None), getattr(given.action, "conference", None)
        error_events.emit(turn, err, error_events.name_of(type(given.action)), call=call, conference=conference)
        turn.order(Reply(given.request, error=err))
        return
    if reply is None:  # the rule replies later
        return
    warn(turn, reply)


def warn(turn: Turn, reply: Reply) -> None:
    """Reply, and report that the request has changed nothing, if so."""
    if reply.warning:
        turn.emit(events.WarningReported(WarningCode.REDUNDANT, reply.warning, reply.call))
    turn.order(reply)


def ended(action: inputs.Action) -> IntercomError:
    """The error of an order about a call that has ended lately."""
    return IntercomError(
        ErrorCode.CALL_WRONG_STATE,
        f"Call {getattr(action, 'call', '')} has ended.",
        "An order needs a call that goes on.",
        "GET /v1/calls/{call} still says how it ended; place another call.",
    )
