"""Sound cards and their mixers."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, Input, OfCall
from appliance.core.model import (
    Answerer,
    CallId,
    DetectionKind,
    DevicesReason,
    HeardTone,
    LinkDirection,
    MixerLevel,
    PlaybackId,
    Played,
    PlayedTo,
    RecordingId,
    SoundCard,
    SoundMeasured,
    Tone,
)


class CardsFound(Input, kw_only=True):
    """The sound cards that exist now: when the SIP process has started, and after each change."""

    cards: tuple[SoundCard, ...]
    reason: DevicesReason = DevicesReason.KERNEL


class LevelsRead(Input, kw_only=True):
    """The levels of the mixers have changed. None: the card is absent."""

    speaker: MixerLevel | None
    microphone: MixerLevel | None


class XrunsCounted(Input, kw_only=True):
    """The sound had gaps: ALSA's buffer ran full (capture) or empty (playback) so often since the last report."""

    card: str
    capture: int
    playback: int


class ToneHeard(OfCall, kw_only=True):
    """The far end sent a beep or a progress tone."""

    tone: HeardTone


class AnswererHeard(OfCall, kw_only=True):
    """The search has found whether a person or a machine answered the call."""

    answerer: Answerer


class DetectionFailed(OfCall, kw_only=True):
    """The searches in the sound of a call cannot run."""

    why: str
    resolution: str


class OfPlayback(Input, kw_only=True):
    """Base of inputs about one playback."""

    playback: PlaybackId


class PlaybackOpened(OfPlayback, kw_only=True):
    """Its file is open, and has so many seconds of sound."""

    duration_s: float


class PlaybackBegun(OfPlayback, kw_only=True):
    """Its sound flows."""


class PlaybackEnded(OfPlayback, kw_only=True):
    """The end of its file was played."""


class PlaybackFailed(OfPlayback, kw_only=True):
    """Its file cannot be played."""

    why: str


class SoundTested(Input, kw_only=True):
    """The self-test of that id is complete. `why`: it could not be performed."""

    test: str
    measured: SoundMeasured = SoundMeasured()
    why: str = ""


class TestSound(Action):
    """Play a sweep on the speaker for `seconds`, and measure the microphone's sound; the reply comes at the end.

    apply: set the volume to the result's recommendation.
    """

    seconds: float
    apply: bool = False


class ChangeAudio(Action):
    """Change levels: in per cent or in dB; None: unchanged."""

    volume: Annotated[float, Meta(ge=0, le=100, description="Of the speaker, in %.", examples=[70.0])] | None = None
    volume_db: Annotated[float | None, Meta(description="Of the speaker, in dB.")] = None
    gain: Annotated[float, Meta(ge=0, le=100, description="Of the microphone, in %.")] | None = None
    gain_db: Annotated[float | None, Meta(description="Of the microphone, in dB.")] = None
    speaker_muted: Annotated[bool | None, Meta(description="The switch of the speaker in the mixer.")] = None
    microphone_muted: Annotated[bool | None, Meta(description="The switch of the microphone in the mixer.")] = None


class PlayTone(Action):
    """Play a tone to the far end of a call, or on the speaker if `call` is None, in place of one that plays there.

    country: as in the configuration if "".
    """

    tone: Tone
    call: CallId | None = None
    country: str = ""
    seconds: Annotated[float, Meta(gt=0, le=300, description="Longest duration.")] = 10.0


class StopTone(Action):
    """Stop the tone that plays to the far end of a call, or on the speaker if `call` is None."""

    call: CallId | None = None


class Talk(Action):
    """With `audio.mode` push_to_talk: open the microphone and close the speaker in the active call.

    It ends with the call, after `seconds`, or by DELETE. `audio.microphone_changed` reports both.
    """

    seconds: Annotated[float, Meta(gt=0, le=300, description="Longest duration.", examples=[60.0])] = 60.0


class StopTalk(Action):
    """With `audio.mode` push_to_talk: close the microphone and open the speaker again."""


class PlaySound(Played, Action, kw_only=True):
    """Play a file, in place of every playback where it plays. announces: the recording that the file announces."""

    sound: str
    announces: RecordingId | None = None


class PlaySpeech(PlayedTo, Action, kw_only=True):
    """Play a text, whose file has the playback's name, in place of every playback where it plays.

    waited_s: since the client's request. announces: as in PlaySound.
    """

    playback: PlaybackId
    waited_s: float = 0.0
    announces: RecordingId | None = None


class PlayUrl(Played, Action, kw_only=True):
    """Play the sound of a URL, whose file has the playback's name, in place of every playback where it plays.

    waited_s: since the client's request.
    """

    playback: PlaybackId
    waited_s: float = 0.0


class PlayRecording(PlayUrl):
    """Play a finished recording, whose file has the playback's name, as PlayUrl plays a URL."""


class StopSound(Action):
    """Stop the file that plays to the far end of a call, or on the speaker if `call` is None."""

    call: CallId | None = None


class LinkSound(Action):
    """Send a call's sound to a target, or bring it from there; see model.Link."""

    call: CallId
    target: str
    direction: Annotated[
        LinkDirection,
        Meta(
            description="to: the target hears the call's far end; from: the far end hears the target; both. The "
            "speaker only takes sound.",
            examples=["to"],
        ),
    ] = LinkDirection.TO
    gain: Annotated[float, Meta(ge=0, le=200, description="In %, for each direction.", examples=[50.0])] = 100.0


class UnlinkSound(Action):
    """End what flows between the call and the target."""

    call: CallId
    target: str


class SilenceRinger(Action):
    """Silence the bell of incoming calls for some minutes; 0 lets it ring again.

    Calls still come, ring elsewhere, show on lamps, and can be answered here. The bell rings again after the time, or
    after a restart; `audio.ringer_changed` reports both ends.
    """

    minutes: Annotated[int, Meta(ge=0, le=720, description="How long; 0: it rings again.", examples=[45])] = 30


class DetectSound(Action):
    """Search for these in the sound of a call's far end, and for nothing else."""

    call: CallId
    kinds: tuple[DetectionKind, ...]
