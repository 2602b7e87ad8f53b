"""The end of a call: hung up or refused by us, or ended by the far end or the network, with its cause."""

from msgspec.structs import replace

from appliance.core import call_states, events, inputs
from appliance.core.call_states import Signal
from appliance.core.calls import forwarding, outgoing, updates
from appliance.core.model import By, Call, Cause, Direction, End
from appliance.core.orders import HangUp, Refuse, Words
from appliance.core.transition import Turn, unanswered

STOPPING, DECLINE = 503, 603
REQUEST_TIMEOUT, NOT_ACCEPTABLE = 408, 488
NO_WORDS = Words()


def refuse(turn: Turn, call: Call, code: int, cause: Cause, to: str = "", words: Words = NO_WORDS) -> None:
    """Send a final response instead of an answer; `to`: the URI that the caller should call instead."""
    turn.order(Refuse(call.id, code, to, words.reason, words.headers))
    if to:
        turn.emit(events.CallForwarded(call.id, to=to, code=code))
    give_up(turn, call, End(cause, code, words.reason, By.LOCAL))


def hang_up(turn: Turn, call: Call, cause: Cause, reason: str = "", words: Words = NO_WORDS) -> None:
    """End a call from our side in any state; a call that is ending already is left alone.

    reason: a Reason header (RFC 3326).
    """
    if not call.alive:
        return
    if cause is Cause.HANGUP and call.direction is Direction.OUTGOING and call.times.connected_since is None:
        cause = Cause.CANCELED
    if not call.placing.done:
        turn.finish(call, End(cause, 0, "", By.LOCAL))
    elif call.unanswered_here:
        code = STOPPING if cause is Cause.SHUTDOWN else DECLINE
        refuse(turn, call, code, Cause.REJECTED if cause is Cause.HANGUP else cause, words=words)
    else:
        turn.order(HangUp(call.id, reason, words.headers))
        late = unanswered(call) and cause in {Cause.NO_ANSWER, Cause.UNAVAILABLE}
        give_up(turn, call, End(cause, REQUEST_TIMEOUT if late else 0, "No answer" if late else "", By.LOCAL))


def give_up(turn: Turn, call: Call, end: End) -> None:
    """We end the call: its cause is decided now, its last event follows the far end's answer."""
    turn.move(replace(call, end=end), Signal.GIVEN_UP, events.CallDisconnecting(call.id, cause=end.cause))


def ended(turn: Turn, call: Call, given: inputs.CallEnded) -> None:
    """The dialog has ended."""
    call = replace(call, placing=replace(call.placing, tried=given.tried, challenge=given.challenge))
    if call.end is not None:
        # RFC 3261 §9.1: our own CANCEL causes a 487, which does not say why the call ended.
        code, reason = call.end.code or given.code, call.end.reason or given.reason
        turn.finish(call, replace(call.end, code=code, reason=reason))
        return
    call = replace(call, headers=replace(call.headers, end=given.headers))
    to = forwarding.followed(turn, call, given.contacts)
    if to is not None:
        outgoing.follow_redirect(turn, call, to, given.code)
        return
    # an answer to our re-INVITE: we sent BYE
    gone = given.code == updates.GONE and call.times.connected_since is not None
    if gone:
        updates.report_refusal(turn, call, given, "our change of the call", "update-call")
    by = By.LOCAL if gone else by_of_end(given)
    cause = Cause.ERROR if gone else cause_of_end(turn, call, given)
    turn.finish(call, End(cause, given.code, given.reason, by))


def cause_of_end(turn: Turn, call: Call, given: inputs.CallEnded) -> Cause:
    """Why the far end, or the network, ended the call."""
    if call.times.connected_since is not None:
        if given.remote and turn.state.passes_on(call.id):
            return Cause.TRANSFERRED
        if by_of_end(given) is By.NETWORK:  # our re-INVITE, or another request in the dialog, got no answer
            return Cause.NETWORK_LOST
        if given.code == NOT_ACCEPTABLE and not given.remote:
            return Cause.MEDIA_FAILED
        return Cause.HANGUP if given.remote else Cause.ERROR
    if call.direction is Direction.INCOMING:
        if "cause=200" in given.reason_header.replace(" ", ""):  # RFC 3326 §2, RFC 3261 §16.7 point 10
            return Cause.ANSWERED_ELSEWHERE
        if given.code == NOT_ACCEPTABLE and not given.remote:
            return Cause.MEDIA_FAILED
        return Cause.CANCELED if given.remote else Cause.ERROR
    return call_states.cause_of(given.code, rang=call.times.ringing_since is not None)


def by_of_end(given: inputs.CallEnded) -> By:
    """Who ended the call: the network, if nothing answered."""
    if given.code in {0, 408, 502, 503} and not given.remote:
        return By.NETWORK
    return By.REMOTE if given.remote else By.LOCAL
