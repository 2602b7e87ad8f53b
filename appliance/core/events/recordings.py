"""Recordings."""

from appliance.core.events.base import Event
from appliance.core.model import CallId, RecordingChannels, RecordingId, RecordingKind, RecordingSide, Removal


class RecordingEvent(Event):
    """An event of a recording: of a call, or without a call of a visitor's message."""

    call: CallId | None
    recording: RecordingId


class RecordingStarted(RecordingEvent):
    """The call, or without a call a visitor's message, is being recorded; file and index row are on disc.

    At `url` is its sound, once it is complete.
    channels: mixed, both sides in one channel; or separate, the station in the left one, the far end in the right one.
    """

    TYPE = "recording.started"
    url: str
    channels: RecordingChannels


class RecordingPaused(RecordingEvent):
    """A client paused the recording: sound from now on is not in the file, until the recording is resumed."""

    TYPE = "recording.paused"


class RecordingResumed(RecordingEvent):
    """The recording goes on after a pause."""

    TYPE = "recording.resumed"


class RecordingMuted(RecordingEvent):
    """A client replaced a side of the recording, or both, by silence. muted: the sides that are silent now."""

    TYPE = "recording.muted"
    muted: tuple[RecordingSide, ...]


class RecordingUnmuted(RecordingEvent):
    """A client ended the silence of a side, or of both. muted: the sides that are still silent."""

    TYPE = "recording.unmuted"
    muted: tuple[RecordingSide, ...]


class RecordingStopped(RecordingEvent):
    """The recording's file is closed. `recording.available` follows, or `recording.deleted` if it was discarded.

    duration_s: without pauses. bytes: of its file; 0 if the SIP process was lost before it closed the file.
    """

    TYPE = "recording.stopped"
    url: str
    duration_s: float
    bytes: int


class RecordingFailed(RecordingEvent):
    """The call, or without a call a visitor's message, cannot be recorded."""

    TYPE = "recording.failed"
    why: str


class RecordingAvailable(RecordingEvent):
    """A recording is complete and can be fetched. kind: message, a visitor's when nobody answered."""

    TYPE = "recording.available"
    url: str
    duration_s: float
    bytes: int
    kind: RecordingKind


class RecordingRecovered(RecordingAvailable):
    """A recording that an unclean end had cut short was repaired."""

    TYPE = "recording.recovered"


class RecordingConverted(RecordingAvailable):
    """A recording was converted to Opus: `url` now gives the Opus file; `bytes` is its size."""

    TYPE = "recording.converted"


class RecordingCopied(RecordingAvailable):
    """A recording was copied elsewhere. `to`: rclone's remote and the path of the copy there."""

    TYPE = "recording.copied"
    to: str


class RecordingCopyFailed(RecordingEvent):
    """A recording could not be copied elsewhere; the station tries again. tries: so far."""

    TYPE = "recording.copy_failed"
    tries: int
    why: str


class RecordingDeleted(RecordingEvent):
    """A recording was removed, with its file: nothing is at `url` any more. `by`: who asked for it."""

    TYPE = "recording.deleted"
    url: str
    duration_s: float
    bytes: int
    why: Removal
    by: str


class RecordingChanged(RecordingEvent):
    """A finished recording is protected from limits and deletion from now on, or no longer. `by`: who asked for it."""

    TYPE = "recording.changed"
    protected: bool
    by: str


class StorageEvent(Event):
    """The space on the disc of the recordings. needed_bytes: the reserve for the system (`recording.free_mb`)."""

    free_bytes: int
    needed_bytes: int


class StorageLow(StorageEvent):
    """Less space is free than is kept for the system. Removing half of the recordings would not win it: none begins."""

    TYPE = "storage.low"


class StorageFull(StorageEvent):
    """Less than half of the space that is kept for the system is free: recordings stop, and calls go on."""

    TYPE = "storage.full"


class StorageRecovered(StorageEvent):
    """There is enough space again: calls are recorded."""

    TYPE = "storage.recovered"
