"""The recording tone, a short one every 15 s: by it the far end and the visitor know that the call is recorded."""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.audio import tones
from appliance.core.calls import recording as recordings
from appliance.core.model import CallId, OpenRecording, PlayedTone, State, Tone, WarningCode, of_country
from appliance.core.sound import is_heard
from appliance.core.transition import Turn

EVERY_S, LASTS_S = 15.0, 0.5


def due(turn: Turn) -> None:
    """Play the tones whose time has come.

    Where a visitor cannot hear them, the recording ends, or if it may go on, a warning says so.
    """
    for recording in turn.calls.recordings:
        at = next_at(turn.state, recording)
        if at is None or at > turn.now:
            continue
        speaker = recordings.for_visitor(turn.state, recording.call)
        why = recordings.unheard_by_visitor(turn.state, recording.call)
        unannounced = recordings.unannounced(why)
        if why and turn.settings.must_announce:
            recordings.fail(turn, recording.call, recording.id, unannounced)
            continue
        if why and not recording.unheard:
            turn.emit(events.WarningReported(WarningCode.RECORDING_UNANNOUNCED, unannounced, recording.call))
        recordings.RECORDINGS.put(turn, replace(recording, tone_at=turn.now + EVERY_S, unheard=bool(why)))
        play(turn, recording.call)
        if speaker:
            play(turn, None)


def play(turn: Turn, call: CallId | None) -> None:
    """Play it to that far end or on the speaker, unless a tone plays there that says the same or the like."""
    played = turn.audio.tone(call)
    if played is None or not played.own:
        tone = of_country(Tone.WARNING, turn.settings.audio.country)
        tones.begin(turn, PlayedTone(call, tone, turn.now + LASTS_S, own=True))


def next_at(state: State, recording: OpenRecording) -> float | None:
    """When its next tone is due; None while nothing is recorded, and if it has no tones."""
    if recording.tone_at is None:
        return None
    on = recording.begun and recording.ready and recording.paused_at is None
    return recording.tone_at if on and is_heard(state, recording.call) else None


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [next_at(state, recording) for recording in state.calls.recordings]
