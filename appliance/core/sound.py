"""The routes of each call's sound, derived from the state: speaker, microphone, tones, links, recording, detection."""

from collections.abc import Iterator

from appliance.core.calls import updates
from appliance.core.conferences import mixing
from appliance.core.desired import CallMedia, Capture
from appliance.core.model import (
    SPEAKER,
    AccountSettings,
    Call,
    CallId,
    CallState,
    CountryTone,
    DetectionKind,
    DigitMethod,
    EarlySource,
    Hold,
    Link,
    LinkDirection,
    OpenRecording,
    PlayedTone,
    RecordingChannels,
    RecordingSide,
    SoundMode,
    State,
    TransferPolicy,
)

Sent = tuple[CallId, CallId | None, float]  # see desired.Sound
SOUND = Capture()
TO, FROM = {LinkDirection.TO, LinkDirection.BOTH}, {LinkDirection.FROM, LinkDirection.BOTH}


def rests(state: State, front: Call) -> bool:
    """Whether the foreground rests: either side holds the call, or the panel has left the conference."""
    return front.media.hold is not Hold.NONE if front.conference is None else state.away


def microphone(state: State, call: Call) -> bool:
    """Whether the panel's microphone reaches the call's far end."""
    if call.state is CallState.EARLY_MEDIA:
        return hears_early(state, call)
    if not mixing.talks(call) or (state.audio.talk is None and state.settings.audio.mode is SoundMode.PUSH_TO_TALK):
        return False
    if call.conference is None:
        return not call.media.muted and call is state.calls.active
    mix = mixing.mix(state)
    return mix.microphone and call.id in mix.participants and not call.media.muted


def early(call: Call) -> bool:
    """Whether a client lets the caller hear something before the answer."""
    return call.state is CallState.EARLY_MEDIA and call.unanswered_here and call.media.hold is Hold.NONE


def takes_tones(call: Call) -> bool:
    """Whether a client may play a tone to the far end."""
    return call.talks or early(call)


def is_heard(state: State, call: CallId | None) -> bool:
    """Whether a client's sound can be heard by the call's far end; for None, on the speaker: always."""
    if call is None:
        return True
    found = state.calls.get(call)
    return found is not None and takes_tones(found)


def sound_of(played: PlayedTone | None) -> CountryTone | None:
    """The tone itself."""
    return None if played is None else played.sound


def hears_early(state: State, call: Call) -> bool:
    """Whether the caller hears the panel before the answer."""
    return early(call) and call.media.early is EarlySource.PANEL and call is state.calls.active


def sent(state: State) -> tuple[Sent, ...]:
    """The sounds that links carry now: source, hearer and gain; of two links for the same pair, the larger gain."""
    gains: dict[tuple[CallId, CallId | None], float] = {}
    for link in state.audio.links:
        for flow in flows(state, link):
            gains[flow] = max(link.gain, gains.get(flow, 0.0))
    return tuple((source, hearer, gain) for (source, hearer), gain in gains.items())


def flows(state: State, link: Link) -> Iterator[tuple[CallId, CallId | None]]:
    """Yield the present sounds of a link: pairs of the source and its hearer, None for the speaker."""
    call = state.calls.get(link.call)
    if call is None or not mixing.talks(call):
        return
    if link.direction in TO:
        for hearer in hearers(state, link.target):
            yield call.id, hearer
    if link.direction in FROM:
        for source in talking(state, link.target):
            yield source, call.id


def hearers(state: State, target: str) -> tuple[CallId | None, ...]:
    """The hearers of the sound for a target; None: the speaker, which push-to-talk closes while the visitor speaks."""
    if target == SPEAKER:
        return () if state.audio.talk else (None,)
    if state.conference is not None and target == state.conference.id:
        mix = mixing.mix(state)
        here: tuple[CallId | None, ...] = hearers(state, SPEAKER) if mix.speaker else ()
        return *mix.participants, *here
    return talking(state, target)


def talking(state: State, target: str) -> tuple[CallId, ...]:
    """The target itself, if it is a call in which sound may flow."""
    call = state.calls.get(target)
    return (call.id,) if call is not None and mixing.talks(call) else ()


def capture(state: State, call: Call, recording: OpenRecording) -> Capture:
    """The content of a call's recording now.

    Both sides are silent while a code is typed: by the far end, by a call that the far end hears, or at a keypad of the
    panel.
    """
    separate = recording.channels is RecordingChannels.SEPARATE
    if recording.paused_at is not None:
        return Capture(local=False, remote=False, paused=True, separate=separate)
    typing = {each.id for each in state.calls.living if each.digits.received}
    here = any(entry.typed for entry in state.access.entries)
    silent = tuple(RecordingSide) if here or (typing and sources(state, call) & typing) else recording.muted
    return Capture(RecordingSide.LOCAL not in silent, RecordingSide.REMOTE not in silent, separate=separate)


def sources(state: State, call: Call) -> set[CallId]:
    """The calls whose sound a recording of `call` has: the call itself, and every call that its far end hears."""
    heard = {source for source, hearer, gain in sent(state) if hearer == call.id and gain}
    return {call.id, *heard, *(one for one, other in mixing.links(state) if other == call.id)}


def searched(call: Call, account: AccountSettings | None) -> bool:
    """Whether the far end's sound is searched for digits."""
    if call.digits.methods is None:
        return account is not None and account.inband_digits
    return DigitMethod.INBAND in call.digits.methods


def detected(state: State, call: Call) -> tuple[DetectionKind, ...]:
    """The searches in the call's sound now.

    In early media nobody has answered, so no search for an answering machine runs.
    """
    kinds = state.audio.detected(call.id)
    if call.state is CallState.EARLY_MEDIA:
        return tuple(kind for kind in kinds if kind is not DetectionKind.ANSWERING_MACHINE)
    return kinds if call.state is CallState.CONNECTED else ()


def media(state: State, call: Call) -> CallMedia:
    """A call's desired audio. A call that is held or in the background has no sound.

    Nor has a call that is not connected, unless a client lets its caller hear the panel, which rings so that people
    here know. With push-to-talk a call has either the microphone or the speaker. In a foreground conference every
    connected participant is heard, unless the panel has left it.
    """
    in_front = call is state.calls.active
    if call.conference is None:
        talks = speaker = in_front and mixing.talks(call)
    else:
        mix = mixing.mix(state)
        talks = call.id in mix.participants
        speaker = talks and mix.speaker and call.id not in mix.muted
    before = in_front and call.state is CallState.EARLY_MEDIA and not call.unanswered_here and not state.away
    account = state.settings.account(call.account)
    plays = sound_of(state.audio.tone(call.id)) if state.audio.tones else None
    recording = next((r for r in state.calls.recordings if r.call == call.id and r.ready), None)
    return CallMedia(
        call.id,
        held=call.media.held_local,
        microphone=microphone(state, call),
        speaker=(speaker and state.audio.talk is None) or before,
        tone=(talks and call.times.end_announced) or (early(call) and not hears_early(state, call) and plays is None),
        confirm=call.state is CallState.CONNECTED and bool(call.confirm),
        asks=updates.asks(state, call),
        recording=None if recording is None else recording.id,
        capture=SOUND if recording is None else capture(state, call, recording),
        transferable=call.transfer_policy is not TransferPolicy.REFUSE,
        plays=plays,
        inband=call.state is CallState.CONNECTED and searched(call, account),
        detect=detected(state, call) if state.audio.detections else (),
    )
