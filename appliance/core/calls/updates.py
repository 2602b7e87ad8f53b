"""Changes of a call by either side (re-INVITE, UPDATE): reported, and decided by a client where that is configured."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.model import By, Call, CallState, State, UpdateChange, UpdateResult, hold_of
from appliance.core.orders import AnswerUpdate, OfferCodecs
from appliance.core.transition import Turn

ACCEPTED, REFUSED = 200, 488  # RFC 3261 §14.2
REFUSALS = 300  # and above (RFC 3261 §7.2)
GONE = 481


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
        body=given.body,
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
    report(turn, call, given, given.changes, By.LOCAL if given.ours else By.REMOTE)
    if given.ours and given.code >= REFUSALS:
        report_refusal(turn, call, given, f"our change of {' and '.join(given.changes)}", "update-call")


def report(
    turn: Turn,
    call: Call,
    given: inputs.UpdateAnswered | inputs.HoldFailed,
    changes: tuple[UpdateChange, ...],
    by: By,
) -> None:
    """Report the outcome of a change: who asked for it, and who holds the call before and after."""
    accepted = given.code < REFUSALS
    held = {By.LOCAL: call.media.held_local, By.REMOTE: call.media.held_remote}
    old, new = dict(held), dict(held)
    if UpdateChange.HOLD in changes:
        old[by], new[by] = False, accepted
    elif UpdateChange.RESUME in changes:
        old[by], new[by] = True, not accepted
    event = events.CallUpdated(
        call.id,
        result=UpdateResult.ACCEPTED if accepted else UpdateResult.REJECTED,
        by=by,
        changes=changes,
        old=hold_of(old[By.LOCAL], old[By.REMOTE]),
        new=hold_of(new[By.LOCAL], new[By.REMOTE]),
        code=given.code,
        reason=given.reason,
        headers=dict(given.headers),
        content_type=given.content_type,
        body=given.body,
    )
    turn.emit(event)


def report_refusal(
    turn: Turn,
    call: Call,
    given: inputs.UpdateAnswered | inputs.HoldFailed | inputs.CallEnded,
    what: str,
    operation: str,
) -> None:
    """Report that the far end refused our change, and what to do about that."""
    remedy = "The far end has lost the call, so it ends. Place it again." if given.code == GONE else ""
    error = IntercomError(
        ErrorCode.MEDIA_UPDATE_FAILED,
        f"The far end refused {what}.",
        f"It answered {given.code} {given.reason}".rstrip() + ".",
        remedy,
    )
    error_events.emit(turn, error, operation, given.code, call.id)


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
