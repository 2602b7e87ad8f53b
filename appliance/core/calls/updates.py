"""Changes of a call by either side (re-INVITE, UPDATE): reported, and decided by a client where that is configured."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.model import Call, CallState, State, UpdateChange, UpdateResult
from appliance.core.orders import AnswerUpdate, OfferCodecs
from appliance.core.transition import Turn

ACCEPTED, REFUSED = 200, 488  # RFC 3261 §14.2


def asks(state: State, call: Call) -> bool:
    """Whether the far end's changes of this call wait for a client's decision."""
    return state.settings.ask_updates if call.updates.ask is None else call.updates.ask


def received(turn: Turn, call: Call, given: inputs.UpdateReceived) -> None:
    """The far end requests a change."""
    if call.state is not CallState.CONNECTED:
        return
    event = events.CallUpdateReceived(
        call.id,
        changes=given.changes,
        asked=given.asked,
        headers=dict(given.headers),
        content_type=given.content_type,
    )
    turn.emit(event)
    if given.asked:
        turn.put(replace(call, updates=replace(call.updates, until=turn.now + turn.settings.deadlines.update_s)))


def sent(turn: Turn, call: Call, changes: tuple[UpdateChange, ...]) -> None:
    """Report a change that we request."""
    turn.emit(events.CallUpdating(call.id, changes=changes))


def answered(turn: Turn, call: Call, given: inputs.UpdateAnswered) -> None:
    """A change by either side has its final response."""
    turn.put(replace(call, updates=replace(call.updates, until=None)))
    result = UpdateResult.ACCEPTED if given.code < 300 else UpdateResult.REJECTED  # noqa: PLR2004 - RFC 3261 §7.2
    event = events.CallUpdated(
        call.id,
        result=result,
        changes=given.changes,
        code=given.code,
        reason=given.reason,
        headers=dict(given.headers),
        content_type=given.content_type,
    )
    turn.emit(event)


def decide(turn: Turn, call: Call, *, accepted: bool) -> None:
    """A client decides about the far end's change. Raises IntercomError."""
    if call.updates.until is None:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"No change of call {call.id} waits for an answer.",
            "None was requested, or it has been answered.",
            "See call.update_received.",
        )
    turn.put(replace(call, updates=replace(call.updates, until=None)))
    turn.order(AnswerUpdate(call.id, ACCEPTED if accepted else REFUSED))


def ask_from_now(turn: Turn, call: Call, *, wanted: bool) -> str:
    """Set whether clients decide about this call's changes from now on; return a warning if nothing changes."""
    if asks(turn.state, call) == wanted:
        return f"Call {call.id} has these settings already."
    turn.put(replace(call, updates=replace(call.updates, ask=wanted)))
    return ""


def offer(turn: Turn, call: Call, codecs: tuple[str, ...]) -> None:
    """Offer the far end only these codecs, by re-INVITE."""
    turn.order(OfferCodecs(call.id, codecs))


def due(turn: Turn) -> None:
    """Refuse changes that no client has decided in time: the call stays as it is."""
    for call in turn.calls.living:
        if call.updates.until is not None and call.alive and turn.now >= call.updates.until:
            decide(turn, call, accepted=False)


def wake(call: Call) -> float | None:
    """Return the next time at which `due` must act on the call, or None without a deadline."""
    return call.updates.until if call.alive else None
