"""Calls: who may call, outgoing calls, answering, holding and ending."""

from dataclasses import replace
from math import ceil

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import call_states, events, inputs
from appliance.core.accounts import callers, registration
from appliance.core.appliance import error_events
from appliance.core.call_states import Signal
from appliance.core.calls import focus, forwarding, recording
from appliance.core.model import (
    NO_ACCOUNT,
    AccountId,
    ButtonId,
    By,
    Call,
    CallId,
    CallState,
    Cause,
    ConferenceId,
    Direction,
    End,
    IceFault,
    Remote,
    RingId,
    TransferPolicy,
    UpdateChange,
    UpdateResult,
)
from appliance.core.orders import Answer, HangUp, Place, Refuse, Ring, Words
from appliance.core.transition import Turn, unanswered

FORBIDDEN, GONE, NO_ANSWER, STOPPING, DECLINE = 403, 481, 480, 503, 603
REQUEST_TERMINATED, NOT_ACCEPTABLE = 487, 488
CONFIRM_S = 15.0  # the person who answered must press a digit within this time, while a tone asks for it
CAUSES_OF_ICE = {
    IceFault.FAILED_CHECKS: "None of its addresses answers any of our addresses.",
    IceFault.DISCONNECTED: "The pair of addresses that it selected no longer carries packets.",
    IceFault.TIMEOUT: "It did not select a pair of addresses in time.",
}
ICE = "Check the network, and the firewalls between: they must let UDP through."
NO_WORDS = Words()
TOLD_BEFORE_S = 1.0  # the tone that announces an automatic answer is heard before the caller hears us


# -- our own calls ---------------------------------------------------------------------------------------------------


def place(
    turn: Turn,
    uri: str,
    target: str = "",
    button: ButtonId | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    account: AccountId = NO_ACCOUNT,
    custom_data: str = "",
    ring: RingId | None = None,
    confirm: str = "",
    again: bool = False,
    conference: ConferenceId | None = None,
    hidden: tuple[tuple[str, str], ...] = (),
) -> Call:
    """Place a call. Until the SIP process is ready the call waits for it, within the deadline of dialing.

    An account that is not registered does not prevent the call: many registrars accept calls nevertheless, and a
    visitor is better served by a try. `hidden`: headers of the INVITE that the call's view omits.
    """
    ready = turn.state.sip_ready
    call = Call(
        id=CallId(f"c-{turn.new_id()}"),
        direction=Direction.OUTGOING,
        state=CallState.DIALING,
        remote=Remote(uri, target=target),
        created=turn.now,
        deadline=turn.now + turn.settings.deadlines.dialing_s,
        number=target or uri,
        local_uri=registration.own_address(turn, account),
        account=account,
        transport=registration.transport_of(turn, account),
        button=button,
        ring=ring,
        confirm=confirm,
        headers=headers,
        custom_data=custom_data,
        conference=conference,
        hidden=hidden,
        placed=ready,
        placed_again=again,
        transfer_policy=registration.policy_of(turn, account),
    )
    turn.state = replace(turn.state, error_until=None)
    if ready:
        turn.order(invitation(turn, call))
    turn.emit(events.CallDialing(call.id, to=uri, target=target, button=button, from_=call.local_uri))
    return turn.put(call)


def invitation(turn: Turn, call: Call) -> Place:
    """Build the Place order. Expires is our longest wait, so that a phone that we cannot CANCEL stops ringing."""
    limits = turn.settings.deadlines
    longest = limits.dialing_s + max(limits.ringing_s, limits.early_media_s)
    headers = call.headers + call.hidden
    srtp = callers.srtp(turn.settings, call.remote.target)
    return Place(call.id, call.remote.uri, headers, call.account, expires_s=ceil(longest), srtp=srtp)


def progressed(turn: Turn, call: Call, given: inputs.CallProgressed) -> None:
    """Our INVITE got a provisional response."""
    if call.direction is Direction.INCOMING:
        return
    first = call if call.ringing_since is not None else replace(call, ringing_since=turn.now)
    headers = dict(given.headers)
    if given.early_media:
        turn.move(first, Signal.EARLY_MEDIA, events.CallEarlyMedia(call.id, headers))
    else:
        turn.move(first, Signal.RINGS, events.CallRinging(call.id, headers))


def answered(turn: Turn, call: Call, headers: tuple[tuple[str, str], ...]) -> None:
    """The 200 to the INVITE was sent or received."""
    turn.move(replace(call, answer_headers=headers), Signal.ANSWERED, events.CallConnecting(call.id))


def confirmed(turn: Turn, call: Call) -> None:
    """The dialog is confirmed; if we gave the call up meanwhile (RFC 3261 §9.1), end it at once."""
    if call.state is CallState.DISCONNECTING:
        turn.order(HangUp(call.id))
        return
    limit = turn.settings.max_call_s
    connected = replace(call, connected_since=turn.now, ends_at=turn.now + limit if limit else None)
    told = events.CallConnected(
        call.id,
        after_s=round(turn.now - call.created, 3),
        custom_data=call.custom_data,
        headers=dict(call_states.received(call)),
        from_=call.caller,
        to=call.called,
        codec=call.codec,
    )
    moved = turn.move(connected, Signal.CONFIRMED, told)
    if moved is None:
        return
    if moved.codec is not None:
        turn.emit(events.MediaStarted(call.id, codec=moved.codec))
    if moved.confirm:
        turn.put(replace(moved, deadline=turn.now + CONFIRM_S))
    else:
        recording.begin(turn, moved)


def shown_human(turn: Turn, call: Call) -> None:
    """The person who answered has pressed the digit that the tone asked for."""
    recording.begin(turn, turn.put(replace(call, confirm="", deadline=None)))


# -- calls to us -----------------------------------------------------------------------------------------------------


def arrived(turn: Turn, given: inputs.CallArrived) -> None:
    """An INVITE arrived: ring, or wait behind the foreground call; refuse strangers, and calls above the limit."""
    if turn.state.call(given.call) is not None:
        return
    sender = registration.sender(turn, given)
    target = sender.target
    old = turn.state.call(given.replaces) if given.replaces else None
    follows = old is not None and sender.welcome and follows_on(turn, old)
    busy = turn.state.full
    call = Call(
        id=given.call,
        direction=Direction.INCOMING,
        state=CallState.INCOMING,
        remote=Remote(given.uri, given.display_name, target.name if target else ""),
        created=turn.now,
        deadline=turn.now + turn.settings.deadlines.incoming_s,
        number=(callers.parts(given.local_uri) or ("", ""))[0] or given.local_uri,
        local_uri=given.local_uri,
        headers=given.headers,
        account=sender.account,
        transport=registration.transport_of(turn, sender.account),
        transfer_policy=registration.policy_of(turn, sender.account),
        replaces=given.replaces,
    )
    turn.emit(
        events.CallIncoming(
            given.call,
            by=given.uri,
            display_name=given.display_name,
            target=call.remote.target,
            source=given.source,
            from_=given.uri,
            to=given.local_uri,
            headers=dict(given.headers),
        )
    )
    turn.put(call)
    turned = forwarding.turned_away(turn.state, call, given, busy=busy)
    if given.refused:
        cause = call_states.cause_of(given.refused, rang=False) if sender.welcome else Cause.UNAUTHORIZED
        turn.finish(call, End(cause, given.refused, given.reason, By.LOCAL))
    elif turn.state.stopping:
        refuse(turn, call, STOPPING, Cause.SHUTDOWN)
    elif given.replaces and (old is None or not old.alive):
        refuse(turn, call, GONE, Cause.UNAVAILABLE)
    elif follows:
        answer(turn, call, "transfer")
    elif not sender.welcome:
        refuse(turn, call, FORBIDDEN, Cause.UNAUTHORIZED)
    elif turned is not None:
        refuse(turn, call, turned.code, turned.cause, turned.to)
    else:
        turn.order(Ring(call.id))
        after = given.answer_after_s if target is not None and target.auto_answer else None
        answers_at = None if after is None else turn.now + max(after, TOLD_BEFORE_S)
        rung = replace(call, ringing_since=turn.now, answers_at=answers_at)
        turn.put(forwarding.to_be_sent_on(turn, rung, given))
        turn.emit(events.CallRinging(call.id))


def answer(turn: Turn, call: Call, who: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
    """Answer a call: send 200, whose ACK is due soon. The foreground call is set aside.

    A call that is answered into a conference joins it, and the foreground stays as it is. A call that replaces a
    participant joins the conference as well, which comes to the foreground.
    """
    turn.order(Answer(call.id, headers))
    deadline = turn.now + turn.settings.deadlines.connecting_s
    answered = replace(call, answered_by_us=True, answers_at=None, deadline=deadline)
    old = turn.state.call(call.replaces) if call.replaces else None
    old = old if old is not None and old.alive else None
    if call.conference is None:
        turn.bring(answered if old is None else replace(answered, conference=old.conference))
    else:
        turn.put(answered)
    turn.emit(events.CallAnswering(call.id, who=who))
    if old is not None:
        turn.emit(events.CallReplaced(old.id, to=call.id))
        hang_up(turn, old, Cause.REPLACED)


def follows_on(turn: Turn, old: Call) -> bool:
    """Whether a welcome call that replaces `old` is answered at once: only if nobody is heard who was not heard before.

    That the caller knows the identifiers of `old` is no proof by itself: they can be read on the way (RFC 3891 §7).
    """
    in_front = old is turn.state.active and not old.held_local and old.conference is None
    return in_front and old.transfer_policy is TransferPolicy.FOLLOW


def refuse(turn: Turn, call: Call, code: int, cause: Cause, to: str = "", words: Words = NO_WORDS) -> None:
    """Send a final response instead of an answer; `to`: the URI that the caller should call instead."""
    turn.order(Refuse(call.id, code, to, words.reason, words.headers))
    if to:
        turn.emit(events.CallForwarded(call.id, to=to, code=code))
    give_up(turn, call, End(cause, code, words.reason, By.LOCAL))


# -- in a call -------------------------------------------------------------------------------------------------------


def mute(turn: Turn, call: Call, *, muted: bool) -> None:
    """Mute or unmute our microphone; the far end gets no notice."""
    turn.put(replace(call, muted=muted))
    turn.emit(events.CallMuted(call.id) if muted else events.CallUnmuted(call.id))


def hold_failed(turn: Turn, call: Call, given: inputs.HoldFailed) -> None:
    """The far end refused to be held or resumed: undo the change, but keep background calls without sound."""
    if call.held_local == given.held or not call.talks:
        return
    error = IntercomError(
        ErrorCode.MEDIA_UPDATE_FAILED,
        f"The far end refused to {'resume' if given.held else 'be held'}.",
        f"It answered {given.code} {given.reason}".rstrip(),
    )
    error_events.emit(turn, error, "hold-call", given.code, call.id)
    told = events.CallUpdated(
        call.id,
        result=UpdateResult.REJECTED,
        changes=(UpdateChange.RESUME if given.held else UpdateChange.HOLD,),
        code=given.code,
        reason=given.reason,
        headers=dict(given.headers),
        content_type=given.content_type,
    )
    turn.emit(told)
    if call is turn.state.active or call.conference is not None:
        focus.hold(turn, call, held=given.held)


def media_started(turn: Turn, call: Call, given: inputs.MediaStarted) -> None:
    """Offer and answer agree, for the first time or again.

    An answered call has `media.started` after `call.connected`, also if its early media had one: see `confirmed`.
    """
    waits = call.state is CallState.CONNECTING or (call.answered_by_us and not call.talks)
    if call.codec != given.codec and not waits:
        turn.emit(events.MediaStarted(call.id, codec=given.codec))
    if call.held_remote != given.held:
        turn.emit(events.CallHeld(call.id, by=By.REMOTE) if given.held else events.CallResumed(call.id, by=By.REMOTE))
    known = replace(call, codec=given.codec, srtp=given.srtp, held_remote=given.held, takes_events=given.events)
    turn.put(known)


def ice_failed(turn: Turn, call: Call, fault: IceFault) -> None:
    """ICE found no path for sound, so the call ends: nobody could hear the other side."""
    if not call.alive:
        return
    turn.emit(events.MediaIceFailed(call.id, cause=fault))
    error = IntercomError(
        ErrorCode.ICE_FAILED, f"There is no path for sound to {call.remote.uri}.", CAUSES_OF_ICE[fault], ICE
    )
    error_events.emit(turn, error, "connect-media", call=call.id)
    hang_up(turn, call, Cause.ICE_FAILED)


def rtp_stopped(turn: Turn, call: Call) -> None:
    """No packets arrive: a far end that is gone sends no BYE, so a deadline starts."""
    if not call.talks or call.held_local or call.held_remote or call.rtp_lost_since is not None:
        return
    turn.emit(events.MediaStopped(call.id))
    turn.put(replace(call, rtp_lost_since=turn.now, deadline=turn.now + turn.settings.deadlines.rtp_s))


def rtp_resumed(turn: Turn, call: Call) -> None:
    """Packets arrive again."""
    if call.rtp_lost_since is None:
        return
    turn.emit(events.MediaResumed(call.id))
    deadline = None if call.state is CallState.CONNECTED else call.deadline
    turn.put(replace(call, rtp_lost_since=None, deadline=deadline))


# -- ending ----------------------------------------------------------------------------------------------------------


def hang_up(turn: Turn, call: Call, cause: Cause, reason: str = "", words: Words = NO_WORDS) -> None:
    """End a call from our side in any state; a call that is ending already is left alone.

    reason: a Reason header (RFC 3326).
    """
    if not call.alive:
        return
    if cause is Cause.HANGUP and call.direction is Direction.OUTGOING and call.connected_since is None:
        cause = Cause.CANCELED
    if not call.placed:
        turn.finish(call, End(cause, 0, "", By.LOCAL))
    elif call.unanswered_here:
        code = STOPPING if cause is Cause.SHUTDOWN else DECLINE
        refuse(turn, call, code, Cause.REJECTED if cause is Cause.HANGUP else cause, words=words)
    else:
        turn.order(HangUp(call.id, reason, words.headers))
        give_up(turn, call, End(cause, 0, "", By.LOCAL))


def give_up(turn: Turn, call: Call, end: End) -> None:
    """We end the call: its cause is decided now, its last event follows the far end's answer."""
    turn.move(replace(call, end=end), Signal.GIVEN_UP, events.CallDisconnecting(call.id, cause=end.cause))


def over(turn: Turn, call: Call, given: inputs.CallEnded) -> None:
    """The dialog has ended."""
    if call.end is not None:
        # RFC 3261 §9.1: our own CANCEL causes the 487, so its phrase does not say why the call ended.
        ours = call.end.cause is Cause.NO_ANSWER and given.code == REQUEST_TERMINATED
        reason = "No answer" if ours else call.end.reason or given.reason
        turn.finish(call, replace(call.end, code=call.end.code or given.code, reason=reason))
        return
    call = replace(call, end_headers=given.headers)
    to = forwarding.followed(turn, call, given.contacts)
    if to is not None:
        follow(turn, call, to, given.code)
        return
    turn.finish(call, End(cause_of_end(turn, call, given), given.code, given.reason, by_of_end(given)))


def follow(turn: Turn, call: Call, to: forwarding.Callee, code: int) -> None:
    """Call the address that the far end redirects to: another dialog of the same call, with its full deadline."""
    limit = call_states.longest(call.state, turn.settings.deadlines) or 0.0
    other = turn.put(
        replace(
            call,
            remote=Remote(to.uri, target=to.target),
            account=to.account,
            transport=registration.transport_of(turn, to.account),
            redirected=(*call.redirected, call.remote.uri),
            deadline=turn.now + limit,
        )
    )
    turn.order(invitation(turn, other))
    turn.emit(events.CallForwarded(call.id, to=to.uri, code=code))


def cause_of_end(turn: Turn, call: Call, given: inputs.CallEnded) -> Cause:
    """Why the far end, or the network, ended the call."""
    if call.connected_since is not None:
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
        return Cause.CANCELED if given.remote else Cause.ERROR
    return call_states.cause_of(given.code, rang=call.ringing_since is not None)


def by_of_end(given: inputs.CallEnded) -> By:
    """Who ended the call: the network, if nothing answered."""
    if given.code in {0, 408, 502, 503} and not given.remote:
        return By.NETWORK
    return By.REMOTE if given.remote else By.LOCAL


def due(turn: Turn) -> None:
    """Act on calls whose deadline has passed."""
    for call in turn.state.calls:
        if call.deadline is None or turn.now < call.deadline:
            continue
        if call.state is CallState.DISCONNECTING:
            turn.finish(call, call.end or End(Cause.ERROR, 0, "", By.LOCAL))
        elif call.unanswered_here:
            refuse(turn, call, NO_ANSWER, Cause.NO_ANSWER)
        elif call.state is CallState.CONNECTED and call.confirm:
            hang_up(turn, call, Cause.NO_ANSWER)
        elif call.state is CallState.CONNECTED and call.ice and not turn.state.offline:
            ice_failed(turn, call, IceFault.DISCONNECTED)
        elif call.state is CallState.CONNECTED:
            hang_up(turn, call, Cause.NETWORK_LOST if turn.state.offline else Cause.RTP_TIMEOUT)
        elif call.ringing_since is not None and unanswered(call):
            hang_up(turn, call, Cause.NO_ANSWER)
        else:
            hang_up(turn, call, Cause.UNAVAILABLE)


# -- the SIP process -------------------------------------------------------------------------------------------------


def sip_ready(turn: Turn, address: str) -> None:
    """The SIP process accepts orders: place the calls that wait for it."""
    first = not turn.state.sip_address
    recovered = not first and not turn.state.sip_ready
    turn.state = replace(turn.state, sip_ready=True, sip_address=address)
    if first:
        turn.emit(events.ApplianceReady(address=address))
    elif recovered:
        turn.emit(events.ApplianceRecovered(part="sip"))
    for call in turn.state.calls:
        if not call.placed:
            turn.order(invitation(turn, call))
            turn.put(replace(call, placed=True, deadline=turn.now + turn.settings.deadlines.dialing_s))


def sip_lost(turn: Turn, why: str, *, card: bool) -> None:
    """End the SIP process's calls; place unanswered visitors' rings again, once. `card`: a sound card was at fault."""
    if turn.state.sip_ready or not turn.state.sip_address:
        turn.emit(events.ApplianceDegraded(part="sip", why=why))
    turn.state = replace(turn.state, sip_ready=False)
    waiting = []
    for call in turn.state.calls:
        if not call.placed:
            continue
        if call.ring is not None and unanswered(call) and not call.placed_again:
            waiting.append(call)
        turn.finish(call, call.end or End(Cause.AUDIO_FAILED if card else Cause.ERROR, 0, why, By.DEVICE))
    recording.sip_lost(turn)
    for call in waiting if not turn.state.stopping else ():
        place(
            turn,
            call.remote.uri,
            call.remote.target,
            call.button,
            account=call.account,
            ring=call.ring,
            confirm=call.confirm,
            custom_data=call.custom_data,
            again=True,
        )
