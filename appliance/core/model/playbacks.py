"""Playbacks: sounds from files and URLs, and spoken texts, which clients have the station play."""

from enum import StrEnum

from appliance.base.record import Record, RecordWithSecrets
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import CallId, PlaybackId, RecordingId

SOUND_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # no path: nothing outside the directory of sounds is played
BUILT_IN_SOUNDS = ("attention", "chime", "error", "gong", "knock", "ok")  # files of the package
SPEECH = "speech"  # in place of a sound's name: it says nothing of the text, which may have a code
FETCHED = "url"  # in place of a sound's name: a URL may have a password or a token
RECORDED = "recording"  # in place of a sound's name: a recording
LONGEST_URL = 2000  # characters
LANGUAGE = "[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}"  # as in BCP 47; no path, and no option of a command
VOICE = "[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
SLOWEST, FASTEST = 80, 450  # words a minute
LONGEST_TEXT = 1500  # characters


class PlaybackEnd(StrEnum):
    """Why a playback stopped before its end. HELD: a hold of its call began, by either side."""

    STOPPED = "stopped"
    REPLACED = "replaced"
    HELD = "held"
    CALL_ENDED = "call_ended"
    TIME_OVER = "time_over"


class PlayedFile(Record):
    """A file that plays to the far end of `call`, on the speaker, or both: as the SIP process must know it.

    sound: the name of a file in the directory of sounds, or of a built-in one; SPEECH for a text, FETCHED for a URL,
    RECORDED for a recording. volume: in per cent of the file's. made: the station has made its file, which has the
    playback's name.
    """

    id: PlaybackId
    sound: str
    call: CallId | None
    speaker: bool
    loop: bool
    volume: float
    made: bool = False


class Playback(PlayedFile, kw_only=True):
    """A sound that plays, and for how long.

    until: when the playback must have begun, and once it is `begun`, when it ends. announces: the recording that the
    sound announces; the playback stops once the recording no longer waits for it.
    """

    seconds: float
    until: Deadline
    begun: bool = False
    duration_s: float = 0.0  # of its file, once it is open
    announces: RecordingId | None = None


class Words(RecordWithSecrets):
    """A text, and how to speak it. Never part of an input: inputs are recorded, and the text may have a code.

    language, voice, rate (words a minute): as configured if "" or None.
    """

    SECRETS = frozenset({"text"})

    text: str
    language: str = ""
    voice: str = ""
    rate: int | None = None


class Speech(Words):
    """A text to speak, and where. volume: in per cent of the voice's. playback: its id, "": the station chooses it."""

    volume: float = 100.0
    call: CallId | None = None
    speaker: bool = False
    playback: PlaybackId = PlaybackId("")


class PlayedTo(Record):
    """Base of what clients have the station play: where, and how loud.

    It plays to the far end of a call, on the speaker if `call` is None or `speaker` is set, or both. volume: in per
    cent of the file's. playback: its id, "" if the station chooses it.
    """

    call: CallId | None = None
    speaker: bool = False
    volume: float = 100.0
    playback: PlaybackId = PlaybackId("")


class Played(PlayedTo):
    """Base of sounds that clients have the station play. seconds: the longest duration."""

    loop: bool = False
    seconds: float = 300.0


class UrlSound(RecordWithSecrets, Played, kw_only=True):
    """A URL whose sound is to be played. Never part of an input: the URL may have a password or a token."""

    SECRETS = frozenset({"url"})

    url: str


class RecordedSound(Played, kw_only=True):
    """A finished recording to be played."""

    recording: RecordingId
