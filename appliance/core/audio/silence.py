"""Calls whose sound is silent one way although packets go, and why."""

from appliance.core import inputs, sound
from appliance.core.audio import microphone
from appliance.core.calls import media
from appliance.core.model import NULL, Call, MediaDirection, SilenceCause, SoundMode, State
from appliance.core.transition import Turn

SILENT_S = 5.0  # of digital silence, before it is reported: longer than the pauses of most noise suppressors


def counted(turn: Turn, call: Call, given: inputs.MediaCounted) -> None:
    """Judge the sound of both directions; without packets that of one, see `calls.media`."""
    if not call.talks:
        return
    why = sent(turn.state, call, given.sent_silent_s)
    silent = given.received_silent_s >= SILENT_S
    if why is None and not silent and not call.media.watch.silent:  # nearly always
        return
    call = media.silence(turn, call, MediaDirection.SEND, why)
    if call.media.rtp_lost_since is None:
        media.silence(turn, call, MediaDirection.RECEIVE, SilenceCause.DIGITAL_SILENCE if silent else None)


def sent(state: State, call: Call, silent_s: float) -> SilenceCause | None:
    """Why the far end hears nothing of the panel; None if it hears something, or should not."""
    if call.media.muted:
        return SilenceCause.MUTED
    muted, audio = microphone.muted(state), state.settings.audio
    # A count of silence is rare. The other modes make the microphone silent themselves.
    silent = silent_s >= SILENT_S and audio.mode is SoundMode.FULL_DUPLEX and audio.capture != NULL
    if not (muted or silent) or not sound.microphone(state, call):
        return None
    return SilenceCause.MUTED if muted else SilenceCause.DIGITAL_SILENCE
