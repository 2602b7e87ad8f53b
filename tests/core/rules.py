"""What must hold after every step, whatever came before."""

from collections import Counter

from appliance.core import calls, events, inputs, views
from appliance.core.model import CallState, EarlySource, State, Tone
from appliance.core.step import Step, step

WAITING = set(CallState) - {CallState.CONNECTED, CallState.ENDED}
MAY_STAY = 1e-6  # floating point


def checked(state: State, given, ended: Counter | None = None) -> Step:
    """Take a step and hold the rules against what it gives."""
    taken = step(state, given)
    new, wanted = taken.state, views.desired(taken.state)
    assert new.now >= state.now

    alive = [call for call in new.calls if call.alive]
    assert len(alive) <= max(new.settings.max_calls, sum(call.alive for call in state.calls))
    assert new.active is (alive[-1] if alive else None)
    sounding = calls.with_sound(new)
    assert sounding in {None, new.active and new.active.id}, "only the call in front has speaker and microphone"
    for call in alive:
        assert call is new.active or call.state is not CallState.CONNECTED or call.held_local, "two hear us"
        assert not call.set_aside or (call.held_local and call is not new.active)
    for call in new.calls:
        assert call.state is not CallState.ENDED
        assert call.state not in WAITING or call.deadline is not None, f"{call.state} has no deadline"
        assert call.rtp_lost_since is None or call.deadline is not None
        assert call.deadline is None or call.deadline > new.now
        if call.deadline is not None:
            assert wanted.wake_at is not None
            assert wanted.wake_at <= call.deadline

    for transfer in new.transfers:
        assert new.call(transfer.call) is not None
        assert transfer.until > new.now
        assert wanted.wake_at is not None
        assert wanted.wake_at <= transfer.until

    # exactly one final event for each call that left, none for one that stays
    finals = Counter(event.call for event in taken.events if isinstance(event, events.FinalEvent))
    began = {event.call for event in taken.events if isinstance(event, events.CallDialing | events.CallIncoming)}
    gone = ({call.id for call in state.calls} | began) - {call.id for call in new.calls}
    assert finals == Counter(gone), (finals, gone)
    if ended is not None:
        ended.update(finals)
        assert all(count == 1 for count in ended.values())

    # nothing is desired for a call that is ending or over; no microphone is open but in a connected call
    assert {media.call for media in wanted.sound.calls} == {call.id for call in alive}
    for media in wanted.sound.calls:
        call = new.call(media.call)
        if media.microphone:
            assert call.state is CallState.CONNECTED or call.early is EarlySource.PANEL
            assert not (call.held_local or call.held_remote or call.muted)
        assert call.id == sounding or not (media.microphone or media.speaker)
    if not alive:
        assert wanted.sound.tone in {None, Tone.ERROR, Tone.TEST}

    # the relay: never beyond its bound, and never without a guard
    for door in new.settings.doors:
        for name, pulse in new.pulses:
            if name == door.id:
                assert pulse.until - pulse.began <= door.max_s + MAY_STAY
                assert wanted.wake_at is not None
    assert new.relay_ready or not wanted.relays
    for relay in wanted.relays:
        old = dict(state.pulses).get(relay.door)
        assert old is None or relay.id >= old.id, "a pulse's id is only ever newer"

    assert new.error_until is None or wanted.wake_at is not None
    if wanted.wake_at is not None and wanted.wake_at <= new.now:
        assert step(new, inputs.Tick(at=new.now)).state != new, "a deadline that has come changes nothing: busy waiting"
    return taken


def repeated(state: State, given, taken: Step) -> None:
    """The same input gives the same step, and every state can be shown."""
    again = step(state, given)
    assert (again.state, again.events) == (taken.state, taken.events)
    views.snapshot(taken.state, 0.0)
