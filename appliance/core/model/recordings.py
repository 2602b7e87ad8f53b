"""Recordings: which calls are recorded, those whose files are being made, and the space for them."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.ids import CallId, RecordingId


class RecordedCalls(StrEnum):
    """Which calls are recorded without an order. ANSWERED, DOORBELL: from the answer on."""

    NONE = "none"
    ANSWERED = "answered"
    DOORBELL = "doorbell"


class OpenRecording(Record):
    """A recording whose file is being made or written."""

    id: RecordingId
    call: CallId
    ready: bool = False  # file and index row are durable, and the recording goes on
    since: float | None = None  # the SIP process has written samples from then on
    unwanted: bool = False  # a client stopped it before it began

    @property
    def begun(self) -> bool:
        """Whether the SIP process writes samples, or has done so."""
        return self.since is not None


class Removal(StrEnum):
    """Why a finished recording was removed: a client asked for it, or a limit of [recording]."""

    REQUEST = "request"
    QUOTA = "quota"


class Space(StrEnum):
    """Free space for recordings. LOW: none begins. FULL: less than half of what is kept free; those that run stop."""

    OK = "ok"
    LOW = "low"
    FULL = "full"


class Storage(Record):
    """The space on the disc of the recordings, as last measured. needed_bytes: what is kept free for the system."""

    space: Space
    free_bytes: int
    needed_bytes: int
    recordings_bytes: int  # of all finished recordings
