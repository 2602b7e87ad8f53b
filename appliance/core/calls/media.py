"""The sound of a call: negotiated, on hold, muted, lost and back."""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.calls import ending, focus, updates
from appliance.core.model import (
    By,
    Call,
    CallState,
    Cause,
    IceFault,
    MediaDirection,
    SilenceCause,
    SoundRefusal,
    UpdateChange,
)
from appliance.core.transition import Turn

CAUSES_OF_ICE = {
    IceFault.FAILED_CHECKS: "None of its addresses answers any of our addresses.",
    IceFault.DISCONNECTED: "The pair of addresses that it selected no longer carries packets.",
    IceFault.TIMEOUT: "It did not select a pair of addresses in time.",
}
WARNINGS = 2  # before a call ends without packets, at equal distances
BROWSER_S = 1.0  # a browser sends without pause, and says nothing when it goes: a call without a sender only listens
ICE = "Check the network, and the firewalls between: they must let UDP through."


def started(turn: Turn, call: Call, given: inputs.MediaStarted) -> None:
    """Offer and answer agree, for the first time or again."""
    if call.media.held_remote != given.held:
        turn.emit(events.CallHeld(call.id, by=By.REMOTE) if given.held else events.CallResumed(call.id, by=By.REMOTE))
    known = replace(
        call,
        media=replace(
            call.media,
            codec=given.codec,
            started=call.media.started if call.media.codec == given.codec else (),
            srtp=given.srtp,
            held_remote=given.held,
            takes_events=given.events,
        ),
    )
    turn.put(known)
    if known.talks:
        listens(turn, known, only=not (given.receives or known.media.held_local or given.held))


def listens(turn: Turn, call: Call, *, only: bool) -> None:
    """Report that the far end only listens by agreement (recvonly), or no longer."""
    watch = call.media.watch
    if watch.unsent != only:
        call = turn.put(replace(call, media=replace(call.media, watch=replace(watch, unsent=only))))
        silence(turn, call, MediaDirection.RECEIVE, SilenceCause.NOT_SENT if only else None)


def rtp_started(turn: Turn, call: Call, direction: MediaDirection) -> None:
    """Report the first packet in one direction.

    Before the answer is confirmed, ignore it: the input comes again afterwards.
    """
    waits = call.state is CallState.CONNECTING or (call.answered_by_us and call.state is not CallState.CONNECTED)
    if waits or not call.alive or call.media.codec is None or direction in call.media.started:
        return
    turn.emit(events.MediaStarted(call.id, direction=direction, codec=call.media.codec))
    turn.put(replace(call, media=replace(call.media, started=(*call.media.started, direction))))


def hold_failed(turn: Turn, call: Call, given: inputs.HoldFailed) -> None:
    """The far end refused to be held or resumed: undo the change, but keep background calls without sound."""
    if call.media.held_local == given.held or not call.talks:
        return
    updates.report_refusal(turn, call, given, "to resume" if given.held else "to be held", "hold-call")
    change = UpdateChange.RESUME if given.held else UpdateChange.HOLD
    updates.report(turn, call, given, (change,), By.LOCAL)
    if call is turn.calls.active or call.conference is not None:
        focus.hold(turn, call, held=given.held)


def ice_completed(turn: Turn, call: Call, given: inputs.IceCompleted) -> None:
    """Report the pair of addresses that ICE selected."""
    turn.put(replace(call, media=replace(call.media, ice=True)))
    turn.emit(events.MediaIceCompleted(call.id, local=given.local, remote=given.remote))


def ice_failed(turn: Turn, call: Call, fault: IceFault) -> None:
    """ICE found no path for sound, so the call ends: nobody could hear the other side."""
    if not call.alive:
        return
    turn.emit(events.MediaIceFailed(call.id, cause=fault))
    error = IntercomError(
        ErrorCode.ICE_FAILED, f"There is no path for sound to {call.remote.uri}.", CAUSES_OF_ICE[fault], ICE
    )
    error_events.emit(turn, error, "connect-media", call=call.id)
    ending.hang_up(turn, call, Cause.ICE_FAILED)


def refused(turn: Turn, call: Call, why: SoundRefusal) -> None:
    """The far end accepts the call without its sound: end it at once, as nobody could hear the other side."""
    ending.hang_up(turn, turn.put(replace(call, media=replace(call.media, refusal=why))), Cause.MEDIA_FAILED)


def rtp_stopped(turn: Turn, call: Call) -> None:
    """No packets arrive: a far end that is gone sends no BYE, so a deadline starts.

    A browser that is held does not know it, and sends on.
    """
    held = (call.media.held_local and not call.browser) or call.media.held_remote
    if not call.talks or held or call.media.rtp_lost_since is not None:
        return
    turn.emit(events.MediaStopped(call.id))
    why = call.media.watch.unplayed or SilenceCause.NO_PACKETS
    call = silence(turn, call, MediaDirection.RECEIVE, why)
    silent = replace(call.media, rtp_lost_since=turn.now, watch=replace(call.media.watch, warned=0))
    limit_s = turn.settings.deadlines.rtp_s
    limit_s = min(limit_s, BROWSER_S) if call.browser else limit_s
    turn.put(replace(call, media=silent, deadline=turn.now + limit_s))


def rtp_resumed(turn: Turn, call: Call) -> None:
    """Packets arrive again."""
    if call.media.rtp_lost_since is None:
        return
    call = silence(turn, call, MediaDirection.RECEIVE, None)
    deadline = None if call.state is CallState.CONNECTED else call.deadline
    turn.put(replace(call, media=replace(call.media, rtp_lost_since=None), deadline=deadline))


def silence(turn: Turn, call: Call, direction: MediaDirection, why: SilenceCause | None) -> Call:
    """Report that a direction is silent, for another cause than before, or no longer (None)."""
    known = dict(call.media.watch.silent)
    before = known.pop(direction, None)
    if why is before:
        return call
    if why is None:
        assert before is not None
        turn.emit(events.MediaResumed(call.id, direction=direction, why=before))
    else:
        turn.emit(events.MediaSilent(call.id, direction=direction, why=why))
        known[direction] = why
    watch = replace(call.media.watch, silent=tuple(known.items()))
    return turn.put(replace(call, media=replace(call.media, watch=watch)))


def warns_at(call: Call) -> float | None:
    """When to warn next that the call will end without packets; None: never."""
    since, warned = call.media.rtp_lost_since, call.media.watch.warned
    if since is None or call.deadline is None or not call.talks or warned == WARNINGS:
        return None
    return since + (call.deadline - since) * (warned + 1) / (WARNINGS + 1)


def warn(turn: Turn, call: Call) -> None:
    """No packets have arrived for a part of the longest time."""
    while (at := warns_at(call)) is not None and turn.now >= at:
        watch = replace(call.media.watch, warned=call.media.watch.warned + 1)
        call = turn.put(replace(call, media=replace(call.media, watch=watch)))
        left = round((call.deadline or turn.now) - turn.now, 3)
        turn.emit(events.MediaDisconnectionWarning(call.id, tries=watch.warned, ends_in_s=left))


def source_changed(turn: Turn, call: Call, given: inputs.SourceChanged) -> None:
    """Report that the far end's packets come from another address, or are of another stream.

    Whose silence let another address in is not known to be there, so digits of such packets are not believed.
    """
    same_address = given.source == given.previous
    taken_over = given.taken_over or (call.media.taken_over and same_address)
    call = turn.put(replace(call, media=replace(call.media, taken_over=taken_over)))
    changed = events.MediaSourceChanged(
        call.id,
        source=given.source,
        ssrc=given.ssrc,
        previous=given.previous,
        previous_ssrc=given.previous_ssrc,
    )
    turn.emit(changed)
