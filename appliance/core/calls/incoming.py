"""Calls to us: who may ring here, which calls are turned away, and how a call is answered."""

from msgspec.structs import replace

from appliance.core import call_states, events, inputs
from appliance.core.accounts import addresses, callers, sip_uris
from appliance.core.calls import ending, forwarding
from appliance.core.model import (
    By,
    Call,
    CallForward,
    CallHeaders,
    CallState,
    CallTimes,
    Cause,
    Direction,
    End,
    Remote,
    State,
    TransferPolicy,
)
from appliance.core.orders import Answer, Ring
from appliance.core.transition import Turn, unanswered

FORBIDDEN, GONE, DECLINE = 403, 481, 603
ANNOUNCED_S = 1.0  # the tone that announces an automatic answer is heard before the caller hears us


def arrived(turn: Turn, given: inputs.CallArrived) -> None:
    """An INVITE arrived: ring, or wait behind the foreground call; refuse strangers, and calls above the limit."""
    if turn.calls.get(given.call) is not None:
        return
    sender = callers.sender(turn.state, given)
    target = sender.target
    old = turn.calls.get(given.replaces) if given.replaces else None
    follows = old is not None and sender.welcome and follows_on(turn, old)
    limit_s, expires_at = valid(turn, given)
    busy = turn.state.full or (sender.stranger and are_enough(turn.state))
    call = Call(
        id=given.call,
        direction=Direction.INCOMING,
        state=CallState.INCOMING,
        remote=Remote(
            given.uri,
            given.display_name,
            target=target.name if target else "",
            target_name=target.display_name if target else "",
        ),
        created=turn.now,
        deadline=turn.now + limit_s,
        number=(sip_uris.parts(given.local_uri) or ("", ""))[0] or given.local_uri,
        local_uri=given.local_uri,
        headers=CallHeaders(invite=given.headers),
        account=sender.account,
        transport=addresses.transport_of(turn, sender.account),
        transfer_policy=addresses.policy_of(turn, sender.account),
        replaces=given.replaces,
        of_visitor=old is not None and old.visits,
        stranger=sender.stranger,
        browser=bool(given.browser),
        forward=CallForward(diverted=given.diverted),
        times=CallTimes(expires_at=expires_at),
    )
    refusal = forwarding.refusal(turn.state, call, given, busy=busy)
    waits_s = turn.settings.call_answer_s if sender.welcome and refusal is None and is_plain(turn, given) else 0.0
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
            codecs=given.codecs,
            answer_s=waits_s or None,
        )
    )
    turn.put(call)
    if given.refused:
        cause = call_states.cause_of(given.refused, rang=False) if sender.welcome else Cause.UNAUTHORIZED
        call = turn.put(replace(call, media=replace(call.media, refusal=given.sound)))
        turn.finish(call, End(cause, given.refused, given.reason, By.LOCAL))
    elif turn.appliance.stopping:
        ending.refuse(turn, call, ending.STOPPING, Cause.SHUTDOWN)
    elif not sender.welcome:  # before it can learn whether the call exists that it wants to replace
        ending.refuse(turn, call, FORBIDDEN, Cause.UNAUTHORIZED)
    elif given.replaces and (old is None or not old.alive):
        ending.refuse(turn, call, GONE, Cause.UNAVAILABLE)
    elif old is not None and old.transfer_policy is TransferPolicy.REFUSE:
        ending.refuse(turn, call, DECLINE, Cause.REJECTED)
    elif follows:
        answer(turn, call, "transfer")
    elif given.browser:
        from_browser(turn, call, given.browser, busy=busy)
    elif refusal is not None:
        ending.refuse(turn, call, refusal.code, refusal.cause, refusal.to)
    else:
        come(turn, call, given, waits_s, automatic=target is not None and target.auto_answer)


def come(turn: Turn, call: Call, given: inputs.CallArrived, waits_s: float, *, automatic: bool) -> None:
    """Let a call ring, after a receiver of webhooks had its time to decide, if one is asked."""
    after = given.answer_after_s if automatic else None
    if after is not None:
        call = replace(call, times=replace(call.times, answers_at=turn.now + max(after, ANNOUNCED_S)))
    call = forwarding.to_be_sent_on(turn, call, given)
    if waits_s:
        later = _moved(call, waits_s)
        turn.put(replace(later, times=replace(later.times, decides_at=turn.now + waits_s)))
    else:
        ring_here(turn, call)


def is_plain(turn: Turn, given: inputs.CallArrived) -> bool:
    """Whether an arriving call rings as usual: it replaces no other call, and no browser makes it."""
    return not (given.refused or given.replaces or given.browser or turn.appliance.stopping)


def ring_here(turn: Turn, call: Call) -> None:
    """Let a call ring, and no longer wait for what a receiver decides."""
    turn.order(Ring(call.id))
    if call.times.decides_at is not None:
        call = _moved(call, min(0.0, turn.now - call.times.decides_at))
    turn.put(replace(call, times=replace(call.times, ringing_since=turn.now, decides_at=None)))
    turn.emit(events.CallRinging(call.id, call_states.RINGING))


def _moved(call: Call, by_s: float) -> Call:
    """The call, with what happens after it has rung for a time at a later moment."""
    answers_at, at = (None if when is None else when + by_s for when in (call.times.answers_at, call.forward.at))
    return replace(call, times=replace(call.times, answers_at=answers_at), forward=replace(call.forward, at=at))


def valid(turn: Turn, given: inputs.CallArrived) -> tuple[float, float | None]:
    """For how many seconds the call may ring, and until when its INVITE is valid by itself."""
    limit_s = turn.settings.deadlines.incoming_s
    if given.expires_s is None:
        return limit_s, None
    return min(limit_s, given.expires_s), turn.now + given.expires_s


def from_browser(turn: Turn, call: Call, who: str, *, busy: bool) -> None:
    """A client calls from its browser: answer, but let nobody listen without a sign at the door.

    Who answers a visitor's ring is heard at once, on the ring's own line: the visitor waits for it. Else a tone
    announces the answer. Beside another call in the foreground nobody listens.
    """
    front = turn.calls.active
    taken = front is not None and front.id != call.id and (front.answered or not turn.rings)
    if taken or (busy and not turn.rings):
        ending.refuse(turn, call, forwarding.BUSY, Cause.BUSY)
    elif turn.rings:
        ring = turn.rings[-1]
        answer(turn, turn.put(replace(call, ring=ring.id, button=ring.button)), who)
    else:
        turn.order(Ring(call.id))
        times = replace(call.times, ringing_since=turn.now, answers_at=turn.now + ANNOUNCED_S)
        turn.put(replace(call, led_by=who, times=times))
        turn.emit(events.CallRinging(call.id, call_states.RINGING))


def are_enough(state: State) -> bool:
    """Whether strangers have half of the lines: the other half is reserved for the panel and for known callers."""
    strangers = sum(1 for call in state.calls.living if call.alive and call.stranger)
    return strangers >= max(1, state.settings.max_calls // 2)


def answer(turn: Turn, call: Call, who: str, headers: tuple[tuple[str, str], ...] = (), *, apart: bool = False) -> None:
    """Answer a call: send 200, whose ACK is due soon. The foreground call is set aside, unless this call is `apart`.

    A call that is answered into a conference joins it, and the foreground stays as it is. A call that replaces a
    participant joins the conference as well, which comes to the foreground. One that replaces a call that nobody has
    answered (RFC 3891 §3) answers its ring.
    """
    turn.order(Answer(call.id, headers))
    deadline = turn.now + turn.settings.deadlines.connecting_s
    answered = replace(
        call,
        answered_by_us=True,
        led_by=who,
        times=replace(call.times, answers_at=None, decides_at=None),
        deadline=deadline,
    )
    old = turn.calls.get(call.replaces) if call.replaces else None
    old = old if old is not None and old.alive else None
    if old is not None and unanswered(old):
        answered = replace(answered, ring=old.ring, button=old.button)
    if apart:
        turn.put(replace(answered, apart=True))
    elif call.conference is None:
        turn.bring(answered if old is None else replace(answered, conference=old.conference))
    else:
        turn.put(answered)
    turn.emit(events.CallAnswering(call.id, who=who))
    if old is not None:
        turn.emit(events.CallReplaced(old.id, to=call.id))
        ending.hang_up(turn, old, Cause.REPLACED)


def follows_on(turn: Turn, old: Call) -> bool:
    """Whether a welcome call that replaces `old` is answered at once: only if nobody is heard who was not heard before.

    That the caller knows the identifiers of `old` is no proof by itself: they can be read on the way (RFC 3891 §7).
    """
    waits = old.ring is not None and unanswered(old)  # like the visitor
    in_front = old is turn.calls.active and not old.media.held_local and old.conference is None
    return (in_front or waits) and old.transfer_policy is TransferPolicy.FOLLOW
