"""Requests of clients: passed to the room that performs them, and answered."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.model import WarningCode
from appliance.core.orders import Reply
from appliance.core.rooms import ROOMS
from appliance.core.transition import Turn

ENDED = {ErrorCode.CALL_NOT_FOUND, ErrorCode.CONFERENCE_NOT_FOUND}
RULES = {action: rule for room in ROOMS for action, rule in room.perform.items()}


def requested(turn: Turn, given: inputs.Requested) -> None:
    """Perform a client's request, or reply with the error; a request that changes nothing succeeds with a warning."""
    try:
        reply = RULES[type(given.action)](turn, given.action, given)
    except IntercomError as failed:
        err = failed
        if given.late and err.code in ENDED:
            match given.action:  # has it crossed another end?
                case inputs.HangUpCall(call=over):
                    warn(turn, Reply(given.request, call=over, warning="The call has ended already."))
                    return
                case inputs.EndConference(conference=gone):
                    ended_already = "The conference has ended already."
                    warn(turn, Reply(given.request, conference=gone, warning=ended_already))
                    return
                case _:
                    err = ended(given.action, err.code)
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


def ended(action: inputs.Action, code: ErrorCode) -> IntercomError:
    """The error of an order about a call, or a conference, that has ended lately. code: the error for an unknown id."""
    if code is ErrorCode.CONFERENCE_NOT_FOUND:
        return IntercomError(
            ErrorCode.CONFLICT,
            f"Conference {getattr(action, 'conference', '')} has ended.",
            "An order needs a conference that goes on.",
            "GET /v1/conferences/{conference} still says who was in it; begin another conference.",
        )
    return IntercomError(
        ErrorCode.CALL_WRONG_STATE,
        f"Call {getattr(action, 'call', '')} has ended.",
        "An order needs a call that goes on.",
        "GET /v1/calls/{call} still says how it ended; place another call.",
    )
