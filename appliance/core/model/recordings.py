"""Recordings: which calls are recorded, the files being made, the space for them, and how they are searched."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import CallId, ConferenceId, RecordingId

OF_MESSAGE = "-message"  # ends the id of a visitor's message


class RecordedCalls(StrEnum):
    """Which calls are recorded without an order: from the answer on, ALL from the first sound on."""

    NONE = "none"
    ALL = "all"
    ANSWERED = "answered"
    DOORBELL = "doorbell"


class Announcement(StrEnum):
    """How people learn that their call is recorded. SOUND, TEXT: once, before it begins. TONE: all the time."""

    NONE = "none"
    SOUND = "sound"
    TEXT = "text"
    TONE = "tone"


class Announcements(Record):
    """How recordings of incoming and of outgoing calls are announced."""

    incoming: Announcement = Announcement.NONE
    outgoing: Announcement = Announcement.NONE


class RecordingKind(StrEnum):
    """The kinds of recordings: a call, or a message that a visitor leaves when nobody answers."""

    CALL = "call"
    MESSAGE = "message"


def kind_of(recording: str) -> RecordingKind:
    """Return the kind of a recording by its id, which the names of its files repeat."""
    return RecordingKind.MESSAGE if recording.endswith(OF_MESSAGE) else RecordingKind.CALL


class RecordingFormat(StrEnum):
    """The file format of a recording: WAV, or Opus in Ogg after the conversion."""

    WAV = "wav"
    OPUS = "opus"


class RecordingChannels(StrEnum):
    """MIXED: both sides in one channel.

    SEPARATE: the station's sound in the left channel, the far end's in the right.
    """

    MIXED = "mixed"
    SEPARATE = "separate"


class RecordingSide(StrEnum):
    """A side of a recorded call. LOCAL: the sound that the station sends; REMOTE: the sound of the far end."""

    LOCAL = "local"
    REMOTE = "remote"


class RecordingOrder(StrEnum):
    """The orders that a client can give to a running recording."""

    PAUSE = "pause"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    STOP = "stop"
    DISCARD = "discard"


class OpenRecording(Record):
    """A recording whose file is being made or written. call: "" of a visitor's message; rung: the plan of that visitor.

    Recordings of calls and visitors' messages both use the other fields.
    """

    id: RecordingId
    call: CallId
    ready: bool = False  # file and index row are durable, and the recording goes on
    since: float | None = None  # the SIP process has written samples from then on
    unwanted: bool = False  # a client stopped the recording before its first sample
    discarded_by: str = ""  # the client who wants nothing of it kept
    paused_at: float | None = None
    pauses_s: float = 0.0  # how long it has been paused before
    channels: RecordingChannels = RecordingChannels.MIXED
    format: RecordingFormat | None = None  # that its order wants; None: as the station is configured
    note: str = ""  # of its order, in place of the call's
    muted: tuple[RecordingSide, ...] = ()  # sides that a client has replaced by silence
    announcing_until: Deadline | None = None  # it waits for its announcement, and is given up then
    held: bool = False  # a hold kept the far end from hearing its announcement, which is played again after the hold
    rung: str = ""
    tone_at: float | None = None  # when the next tone is due that announces it; None: it has none
    unheard: bool = False  # the last of these tones could not be heard by the visitor

    @property
    def begun(self) -> bool:
        """Whether the SIP process writes samples, or has done so."""
        return self.since is not None

    def seconds(self, now: float) -> float:
        """Its length, without pauses."""
        until = now if self.paused_at is None else self.paused_at
        return 0.0 if self.since is None else until - self.since - self.pauses_s


class Removal(StrEnum):
    """Why a finished recording was removed: a client asked for it, a limit of [recording], or it is elsewhere now."""

    REQUEST = "request"
    QUOTA = "quota"
    COPIED = "copied"


class Space(StrEnum):
    """Free space for recordings. LOW: no recording begins.

    FULL: less than half of the reserve is free; running recordings stop.
    """

    OK = "ok"
    LOW = "low"
    FULL = "full"


class Storage(Record):
    """The space on the disc of the recordings, as last measured. needed_bytes: the reserve for the system."""

    space: Space
    free_bytes: int
    needed_bytes: int
    recordings_bytes: int  # of all finished recordings


class RecordingClock(StrEnum):
    """The station's clock when a recording began.

    RIGHT: it was right. CORRECTED: it was wrong, and the time was corrected since. UNCERTAIN: neither is known.
    """

    RIGHT = "right"
    CORRECTED = "corrected"
    UNCERTAIN = "uncertain"


class RecordingFacts(Record):
    """A row, and the facts beside a file. `started`: UTC, as in events; length, bytes and hash are set once `complete`.

    party: the far end's name, for people. doors: the doors that were opened during the recording. outcome: the cause of
    the call's end, "" until it has ended. note: the client's note of the recording, or of the call. copied: when it was
    copied elsewhere; copy_error: why the last try failed, until one succeeds. wanted_format: the format that the client
    ordered, until the file has it; "" as the station is configured. conference: that the call was in at the begin.
    """

    number: int
    id: RecordingId
    call: CallId
    remote: str
    started: str
    duration_s: float = 0.0
    bytes: int = 0
    sha256: str = ""
    complete: bool = False
    recovered: bool = False  # an unclean end had cut it off
    clock: RecordingClock = RecordingClock.UNCERTAIN
    party: str = ""
    doors: tuple[str, ...] = ()
    outcome: str = ""
    note: str = ""
    copied: str | None = None
    copy_tries: int = 0
    copy_error: str = ""
    wanted_format: str = ""
    conference: ConferenceId | None = None


class StoredRecording(RecordingFacts):
    """A recording with what its files say. protected: a file beside it protects it from removal by limits."""

    protected: bool = False
    format: RecordingFormat = RecordingFormat.WAV


class RecordingSearch(Record):
    """A search for recordings: a recording must match every field that is not empty. Times are UTC, as in events.

    The recording began at `after` or later, and earlier than `before`. party, note: a part of the recording's party or
    note. door: opened during the recording. outcome: the cause of the call's end. kind: of RecordingKind.
    """

    after: str = ""
    before: str = ""
    party: str = ""
    door: str = ""
    outcome: str = ""
    note: str = ""
    kind: str = ""
