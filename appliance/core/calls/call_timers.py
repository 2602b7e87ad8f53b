"""Timers of a call: the deadline of its state, automatic answer, forwarding after no answer, longest duration."""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.calls import early_media, ending, forwarding, incoming, media, recording
from appliance.core.model import By, Call, CallState, Cause, Direction, End, IceFault, NoticeCode, WarningCode
from appliance.core.orders import Words
from appliance.core.transition import Turn, unanswered

NO_ANSWER = 480
EXPIRED, EXPIRED_WORDS = 487, Words("Invitation Expired")  # RFC 3261 §13.3.1
LAST_S = 10.0  # a tone warns both sides so long before a call reaches its longest duration


def due(turn: Turn) -> None:
    """Act on deadlines, and then on the other timers."""
    now = turn.now
    for call in turn.calls.living:
        if call.deadline is not None and now >= call.deadline:
            expire(turn, call)
    for call in turn.calls.living:
        if call.media.rtp_lost_since is not None:
            media.warn(turn, call)
        if call.state is CallState.EARLY_MEDIA:
            silent_at = early_media.silent_at(call)
            if silent_at is not None and now >= silent_at:
                early_media.fell_silent(turn, call)
    for call in turn.calls.living:  # as they are now
        at = reminder_at(call)
        if at is not None and now >= at:
            remind(turn, call)


def expire(turn: Turn, call: Call) -> None:
    """Act on a call whose deadline has passed."""
    if call.state is CallState.DISCONNECTING:
        turn.finish(call, call.end or End(Cause.ERROR, 0, "", By.LOCAL))
    elif call.unanswered_here:
        expired = call.times.expires_at is not None and turn.now >= call.times.expires_at
        code, words = (EXPIRED, EXPIRED_WORDS) if expired else (NO_ANSWER, ending.NO_WORDS)
        ending.refuse(turn, call, code, Cause.NO_ANSWER, words=words)
    elif call.state is CallState.CONNECTED and call.confirm:
        ending.hang_up(turn, call, Cause.NO_ANSWER)
    elif call.state is CallState.CONNECTED and call.media.ice and not turn.accounts.offline:
        media.ice_failed(turn, call, IceFault.DISCONNECTED)
    elif call.state is CallState.CONNECTED:
        ending.hang_up(turn, call, Cause.NETWORK_LOST if turn.accounts.offline else Cause.RTP_TIMEOUT)
    elif call.times.ringing_since is not None and unanswered(call):
        ending.hang_up(turn, call, Cause.NO_ANSWER)
    else:
        ending.hang_up(turn, call, Cause.UNAVAILABLE)


def remind(turn: Turn, call: Call) -> None:
    """Act on another timer of the call, which has expired."""
    if call.unanswered_here and call.times.decides_at is not None:
        incoming.ring_here(turn, call)
    elif call.unanswered_here and call.times.answers_at is not None and turn.now >= call.times.answers_at:
        answer(turn, call)
    elif call.unanswered_here:
        ending.refuse(turn, call, forwarding.MOVED, Cause.NO_ANSWER, call.forward.to)
    elif call.times.ends_at is not None and turn.now >= call.times.ends_at:
        ending.hang_up(turn, call, Cause.DURATION_LIMIT)
    else:
        turn.put(replace(call, times=replace(call.times, end_announced=True)))
        text = f"Call {call.id} ends in {LAST_S:g} s: it reaches its longest duration."
        turn.emit(events.WarningReported(WarningCode.DURATION_LIMIT, text, call.id))


def answer(turn: Turn, call: Call) -> None:
    """Answer automatically, but only the foreground call, and only if a tone can announce it; else it keeps ringing."""
    unheard = recording.unheard(turn.state)
    if call is turn.calls.active and not unheard:
        incoming.answer(turn, call, call.led_by or "auto-answer")
    else:
        turn.put(replace(call, times=replace(call.times, answers_at=None)))
        why = f"no tone can announce that, as {unheard}" if unheard else "another call is in the foreground"
        turn.emit(
            events.NoticeReported(
                NoticeCode.RINGS_ON, f"Call {call.id} keeps ringing although it may be answered automatically: {why}."
            )
        )


def wake(call: Call) -> tuple[float | None, ...]:
    """Return the next time at which `due` must act on the call, or None without a deadline."""
    times = call.deadline, media.warns_at(call), reminder_at(call)
    return (*times, early_media.silent_at(call)) if call.state is CallState.EARLY_MEDIA else times


def reminder_at(call: Call) -> float | None:
    """Return the next time at which `remind` must act on the call, or None without a reminder."""
    if call.direction is Direction.INCOMING and call.unanswered_here:  # the first is quicker, and each step asks
        if call.times.decides_at is not None:
            return call.times.decides_at
        return min((at for at in (call.times.answers_at, call.forward.at) if at is not None), default=None)
    if call.times.ends_at is None or not call.alive:
        return None
    return call.times.ends_at if call.times.end_announced else call.times.ends_at - LAST_S
