"""Sound cards and their mixers."""

from appliance.core.events.base import CallEvent, Event
from appliance.core.model import (
    CallId,
    DetectionKind,
    DevicesReason,
    Finding,
    HeardTone,
    PlaybackEnd,
    PlaybackId,
    SoundResult,
    Tone,
    ToneEnd,
)


class AudioDevicesChanged(Event):
    """Sound cards came, went, or have other devices now; each by its id in ALSA.

    reason: kernel, it reported the change; start, the SIP process was replaced and found other cards.
    """

    TYPE = "audio.devices_changed"
    added: tuple[str, ...]
    removed: tuple[str, ...]
    updated: tuple[str, ...]
    reason: DevicesReason


class AudioSettingsChanged(Event):
    """The mixer of a card shows other levels: a client, a button or another program has set them.

    volume, gain: in per cent; null: the card has none. muted: whether the switch of the mixer is off.
    """

    TYPE = "audio.settings_changed"
    volume: float | None
    volume_db: float | None
    speaker_muted: bool | None
    gain: float | None
    gain_db: float | None
    microphone_muted: bool | None


class AudioMicrophoneChanged(Event):
    """Whether somebody hears the microphone of the panel now: a call uses it, its card works and is not muted.

    Its `call` is the one that hears it, or no longer; of a conference, one of its calls. With `microphone` in `report`
    of PATCH /v1/calls/{id} it comes at once, with the present state for that call.
    """

    TYPE = "audio.microphone_changed"
    active: bool
    call: CallId | None = None


class AudioRingerChanged(Event):
    """The bell of incoming calls is silent now, for so many seconds, or rings again: null.

    by: who has ordered it; "": the time is over.
    """

    TYPE = "audio.ringer_changed"
    seconds: float | None
    by: str


class ToneStarted(Event):
    """A tone begins: to the far end of the call, or without a call on the speaker.

    country: whose telephone tone it is, "" for a tone that sounds the same everywhere.
    """

    TYPE = "tone.started"
    tone: Tone
    country: str
    call: CallId | None = None


class ToneStopped(Event):
    """A tone ends. reason: finished, its time is over; situation, the station has no reason to play it any more."""

    TYPE = "tone.stopped"
    tone: Tone
    country: str
    reason: ToneEnd
    call: CallId | None = None


class ToneDetected(CallEvent):
    """The far end sent a tone that is searched for: the beep of an answering machine, or a progress tone (E.180).

    A progress tone is reported once while it lasts, as soon as its pauses are known.
    """

    TYPE = "tone.detected"
    tone: HeardTone


class DetectionEvent(CallEvent):
    """A search in the sound of a far end, by `detect` of PATCH /v1/calls/{id}."""

    kind: DetectionKind


class DetectionStarted(DetectionEvent):
    """The search was ordered. It begins when sound comes, for answering_machine when the call is answered."""

    TYPE = "detection.started"


class DetectionResult(DetectionEvent):
    """A search has found something. A search for progress tones continues; the other two kinds stop.

    result: beep, dial, ringback, busy or congestion; for answering_machine person, machine or unsure.
    """

    TYPE = "detection.result"
    result: Finding


class DetectionStopped(DetectionEvent):
    """The search is over: it is complete, a client stopped it, or the call has ended."""

    TYPE = "detection.stopped"


class DetectionFailed(DetectionEvent):
    """The search is not possible."""

    TYPE = "detection.failed"
    why: str
    resolution: str


class AudioXruns(Event):
    """The sound had gaps, at most once a minute: the buffer of the card ran full (capture) or empty (playback).

    card: the ids of the configured cards. capture, playback: how often since the last such event. Its `call` is the one
    that people talk in.
    """

    TYPE = "audio.xruns"
    card: str
    capture: int
    playback: int
    resolution: str
    call: CallId | None = None


class PlaybackEvent(Event):
    """A playback into the call, or without a call on the speaker alone.

    sound: the name of its file, or speech for a text.
    """

    playback: PlaybackId
    sound: str
    speaker: bool
    call: CallId | None


class PlaybackReady(PlaybackEvent):
    """The file is open and can be played. duration_s: the length of its sound."""

    TYPE = "playback.ready"
    duration_s: float


class PlaybackStarted(PlaybackEvent):
    """The sound flows. duration_s: the length of its sound, once, also if it is repeated."""

    TYPE = "playback.started"
    duration_s: float


class PlaybackFinished(PlaybackEvent):
    """The file was played to its end."""

    TYPE = "playback.finished"


class PlaybackStopped(PlaybackEvent):
    """The playback ended before the end of its file."""

    TYPE = "playback.stopped"
    reason: PlaybackEnd


class PlaybackFailed(PlaybackEvent):
    """The sound cannot be played."""

    TYPE = "playback.failed"
    why: str


class AudioTested(Event):
    """A self-test of speaker and microphone is complete: the speaker played a sweep, and the microphone listened.

    Levels are mean powers in dBFS, at the microphone. quiet_dbfs: before the sweep; tone_dbfs: of the sweep, without
    the noise; null: it was not heard. echo_db: the same against the sweep as it was played; echo_delay_ms: how much
    later it came. clipped: the share of clipped samples. volume: the recommended volume of the speaker in per cent,
    null for none; applied: it was set. `by`: who asked for the test.
    """

    TYPE = "audio.tested"
    result: SoundResult
    advice: str
    quiet_dbfs: float | None
    tone_dbfs: float | None
    echo_db: float | None
    echo_delay_ms: float | None
    clipped: float
    volume: float | None
    applied: bool
    by: str
