"""The room of the sound cards, their levels, and clients' tones and sounds: its inputs, requests and timers."""

from appliance.core import inputs
from appliance.core.audio import (
    cards,
    detection,
    levels,
    links,
    microphone,
    playbacks,
    recording_tones,
    ringer,
    self_test,
    silence,
    talk,
    tones,
)
from appliance.core.dispatch import asks, asks_call, on, on_call, performs, takes
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(
    on(inputs.CardsFound, cards.found),
    on(inputs.LevelsRead, levels.read),
    on(inputs.XrunsCounted, cards.gaps),
    on(inputs.PlaybackOpened, playbacks.opened),
    on(inputs.PlaybackBegun, playbacks.begun),
    on(inputs.PlaybackEnded, playbacks.ended),
    on(inputs.PlaybackFailed, playbacks.failed),
    on(inputs.SoundTested, self_test.tested),
    on_call(inputs.DigitReceived, talk.digit),
    on_call(inputs.MediaCounted, silence.counted),
    on_call(inputs.ToneHeard, detection.tone_heard),
    on_call(inputs.AnswererHeard, detection.answerer_heard),
    on_call(inputs.DetectionFailed, detection.failed),
)

perform = performs(
    asks(inputs.ChangeAudio, levels.change),
    asks(inputs.PlayTone, tones.play),
    asks(inputs.StopTone, tones.end),
    asks(inputs.PlaySound, playbacks.play),
    asks(inputs.PlaySpeech, playbacks.say),
    asks(inputs.PlayUrl, playbacks.play_url),
    asks(inputs.PlayRecording, playbacks.play_recording),
    asks(inputs.StopSound, playbacks.end),
    asks(inputs.LinkSound, links.link),
    asks(inputs.UnlinkSound, links.unlink),
    asks(inputs.Talk, talk.ask),
    asks(inputs.StopTalk, talk.stop),
    asks(inputs.TestSound, self_test.ask),
    asks(inputs.SilenceRinger, ringer.silence),
    asks_call(inputs.ReportLevels, lambda turn, call, action, _: microphone.report(turn, call, action)),
    asks_call(inputs.DetectSound, lambda turn, call, action, _: detection.order(turn, call, action.kinds)),
)


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed, and end a self-test that a call interrupts."""
    audio = turn.audio
    if audio.tones:
        tones.due(turn)
    if audio.playbacks:
        playbacks.due(turn)
    if audio.talk is not None:
        talk.due(turn)
    if turn.calls.recordings:
        recording_tones.due(turn)
    if audio.ringer_silent_until is not None or turn.settings.ringer_profile or audio.ringer_rests:
        ringer.due(turn)
    self_test.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    if not state.audio.tones and not state.audio.playbacks and state.audio.talk is None and not state.calls.recordings:
        return [*ringer.wake(state), *self_test.wake(state)]
    return [
        *ringer.wake(state),
        *self_test.wake(state),
        *tones.wake(state),
        *playbacks.wake(state),
        *talk.wake(state),
        *recording_tones.wake(state),
    ]
