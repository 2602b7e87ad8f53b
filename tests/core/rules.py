"""What must hold after every step, whatever came before."""

from collections import Counter
from math import inf

from appliance.core import call_states, desired_state, events, inputs, sound
from appliance.core.audio import microphone
from appliance.core.conferences.lifecycle import MOST
from appliance.core.desired import Desired
from appliance.core.model import (
    CallState,
    EarlySource,
    Hold,
    Joining,
    ParticipantState,
    Picture,
    State,
    Tone,
    TransferState,
)
from appliance.core.panel import indications
from appliance.core.step import Step, step
from tests.core import deadlines, sent

WAITING = set(CallState) - {CallState.CONNECTED, CallState.ENDED}
MAY_STAY = 1e-6  # floating point


def checked(state: State, given, ended: Counter | None = None) -> Step:
    """Take a step and hold the rules against what it gives; a state that stays was held against them as it came."""
    taken = stepped(state, given, ended)
    if taken.state is not state:
        may_be(taken.state)
    return taken


def stepped(state: State, given, ended: Counter | None = None) -> Step:
    """Take a step and hold the rules of the change against it."""
    taken = step(state, given)
    new = taken.state
    ended_once(state, taken, ended)
    if new is not state:
        assert new.now >= state.now
        assert new.count <= max(new.settings.max_calls, state.count)
    if new.audio.links:
        announced(state, new)
    if new.doors.pulses is not state.doors.pulses:
        before = dict(state.doors.pulses)
        for door, pulse in new.doors.pulses:
            assert door not in before or pulse.id >= before[door].id, "a pulse's id is only ever newer"
    return taken


def announced(state: State, new: State) -> None:
    """A far end that is heard by a link from now on hears a tone of the station; the visitor's turn is only a pause."""
    before = {(source, hearer) for source, hearer, gain in sound.sent(state) if gain}
    hear_it = {tone.call for tone in new.audio.tones if tone.own}
    for source, hearer, gain in sound.sent(new):
        paused = hearer is None and state.audio.talk is not None
        assert not gain or (source, hearer) in before or paused or source in hear_it, "it is overheard"


def may_be(new: State) -> None:
    """Hold the rules of a state against it."""
    wanted = desired_state.desired(new)
    in_calls(new, wanted)
    for search in new.audio.detections:
        assert (call := new.calls.get(search.call)) is not None and call.alive, "a call that ends is searched"
    at_doors(new, wanted)
    deadline = deadlines.earliest(new)
    assert deadline > new.now, f"it has passed, and nobody acted: {[*deadlines.named(new)]}"
    assert deadline == inf or (wanted.wake_at is not None and wanted.wake_at <= deadline), (
        f"it is forgotten: {[*deadlines.named(new)]}"
    )
    if wanted.wake_at is not None and wanted.wake_at <= new.now:
        assert step(new, inputs.Tick(at=new.now)).state != new, "a deadline that has come changes nothing: busy waiting"


def ended_once(state: State, taken: Step, ended: Counter | None) -> None:
    """Exactly one final event for each call that left, none for one that stays."""
    finals: Counter = Counter()
    if taken.events or taken.state.calls.living is not state.calls.living:  # else none began, left or ended
        finals.update(event.call for event in taken.events if isinstance(event, events.FinalEvent))
        began = {event.call for event in taken.events if isinstance(event, events.CallDialing | events.CallIncoming)}
        gone = ({call.id for call in state.calls.living} | began) - {call.id for call in taken.state.calls.living}
        assert finals == Counter(gone), (finals, gone)
    if ended is not None:
        ended.update(finals)
        assert all(count == 1 for count in ended.values())


def in_calls(new: State, wanted: Desired) -> None:
    """One has the panel, each has a deadline while it waits, and no microphone is open but in a connected call."""
    alive = [call for call in new.calls.living if call.alive]
    together = {call.id for call in new.calls.living if call.conference is not None}
    of_room = [call for call in alive if not call.apart]
    front = of_room[-1] if of_room else None
    assert new.calls.active is front or {new.calls.active.id, front.id} <= together
    sounding = set(call_states.with_sound(new))
    assert sounding <= {new.calls.active and new.calls.active.id} or sounding <= together, (
        "only what is in front has the sound"
    )
    for call in alive:
        if call.id in together:
            assert not call.media.set_aside
            continue
        alone = call is new.calls.active or not call.talks or call.media.held_local or call.apart
        assert alone or new.audio.linked(call.id), "two hear us"
        passed_on = any(t.state is TransferState.DONE and call.id in {t.call, t.other} for t in new.transfers)
        behind = call is not new.calls.active or passed_on
        assert not call.media.set_aside or (call.media.held_local and behind)
    conferring(new, wanted, together)
    for call in new.calls.living:
        assert call.state is not CallState.ENDED
        waiting = call.state in WAITING or (call.state is CallState.CONNECTED and call.confirm)
        assert not waiting or call.deadline is not None, f"{call.state} has no deadline"
        assert call.media.rtp_lost_since is None or call.deadline is not None
        assert call.updates.until is None or not call.alive or call.updates.until > new.now

    for recording in new.calls.recordings:
        if recording.announcing_until is not None:
            assert not (recording.ready or recording.begun), "nothing is recorded before its announcement"

    for transfer in new.transfers:
        assert new.calls.get(transfer.call) is not None or new.calls.get(transfer.other or "") is not None

    # nothing is desired for a call that is ending or over; no microphone is open but in a connected call
    assert {media.call for media in wanted.sound.calls} == {call.id for call in alive}
    for media in wanted.sound.calls:
        call = new.calls.get(media.call)
        assert not (call.apart and (media.microphone or media.speaker)), "it is apart from the room"
        if media.microphone:
            assert call.talks or call.media.early is EarlySource.PANEL
            assert not (call.media.held_local or call.media.held_remote or call.media.muted)
            shown = Picture.SPEAK in indications.pictures(new)
            assert shown or not microphone.works(new), "somebody hears the room unnoticed"
        assert call.id in sounding or not (media.microphone or media.speaker)
        assert not (media.speaker and call.state is CallState.CONNECTED and call.media.hold is not Hold.NONE)
    for one, other in wanted.sound.links:
        assert one != other
        assert {one, other} <= together, "who is in no conference hears nobody else, and is not heard"
        assert all(new.calls.get(c).talks and new.calls.get(c).media.hold is Hold.NONE for c in (one, other))
        assert not new.conference.participant(one).muted
    for source, hearer, _ in wanted.sound.sent:
        ends = {source} | ({hearer} if hearer else set())
        assert any({link.call, link.target} & ends for link in new.audio.links), "nobody ordered it"
        assert hearer != source
        assert all(new.calls.get(c).talks and new.calls.get(c).media.hold is Hold.NONE for c in ends)
    if wanted.sound.test is not None:
        assert not alive, "the test would hear a call"
        assert not new.rings, "a visitor waits for the test"
        assert wanted.sound.tone is wanted.sound.plays is None, "the test would hear a tone"
        assert not any(each.speaker for each in wanted.sound.files), "the test would hear a file"
    for ring in new.rings:
        assert ring.until is not None or any(call.ring == ring.id for call in alive), "a ring without an end"
    if not new.rings and not alive:
        assert wanted.sound.tone in {None, Tone.ERROR}


def at_doors(new: State, wanted: Desired) -> None:
    """The relay: never beyond its bound, and never without a guard."""
    for door in new.settings.doors:
        for name, pulse in new.doors.pulses:
            if name == door.id:
                assert pulse.until - pulse.began <= (door.max_hold_s if pulse.held else door.max_s) + MAY_STAY
                assert door.id not in new.doors.locked_down or pulse.until <= new.now, "lockdown beats what runs"
                assert wanted.wake_at is not None
    assert new.doors.relay_ready or not wanted.relays

    assert not new.appliance.pending_replies or new.appliance.on_disc != wanted.kept, (
        "a client waits for what is on disc already"
    )


def conferring(state: State, wanted: Desired, together: set) -> None:
    """The calls of a conference stand together, and it is there as long as one of them is."""
    places = [n for n, call in enumerate(state.calls.living) if call.id in together]
    assert places == list(range(places[0], places[0] + len(places))) if places else True, "others are between them"
    conference = state.conference
    assert {p.call for p in conference.participants} == together if conference else not together
    if conference is None:
        return
    assert together
    replacing = sum(p.joining is Joining.REPLACING or p.stage is ParticipantState.LEFT for p in conference.participants)
    assert len(together) <= MOST + replacing
    assert not conference.set_aside or conference.held
    assert not conference.held or conference.connected_since is not None
    for participant in conference.participants:
        call = state.calls.get(participant.call)
        assert call.conference == conference.id
        assert (participant.stage is ParticipantState.LEFT) is not call.alive
        assert (participant.stage is ParticipantState.IN) == call.talks
    in_front = state.calls.active is not None and state.calls.active.id in together
    media = {m.call: m for m in wanted.sound.calls}
    for call in together & media.keys():
        panel = media[call].microphone or media[call].speaker
        assert not (panel and state.calls.get(call).talks) or (in_front and not conference.held), (
            "the panel is not there"
        )


def paired(told: Counter, state: State) -> None:
    """Every beginning in conferences has one end, or lasts. The counter: how often each type of event was emitted."""

    def lasting(begun: str, *ended: str) -> int:
        return told[f"conference.{begun}"] - sum(told[f"conference.{name}"] for name in ended)

    conference = state.conference
    people = conference.participants if conference else ()
    invited = [
        p
        for p in people
        if p.joining is Joining.INVITED and p.stage in {ParticipantState.INVITING, ParticipantState.COMING}
    ]
    assert lasting("connecting", "ended", "canceled") == (conference is not None)
    assert lasting("invitation_sending", "invitation_accepted", "invitation_rejected") == len(invited)
    assert lasting("participant_added", "participant_removed") == sum(p.stage is ParticipantState.IN for p in people)
    assert told["conference.connected"] >= told["conference.ended"]


def repeated(state: State, given, taken: Step) -> None:
    """The same input gives the same step, and every state can be shown."""
    again = step(state, given)
    assert (again.state, again.events) == (taken.state, taken.events)
    sent.snapshot(taken.state, 0.0)
