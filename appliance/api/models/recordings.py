"""Recordings."""

from pydantic import Field

from appliance.api.models.base import AnswerBody, OrderBody, Time
from appliance.core.model import RecordingChannels, RecordingClock, RecordingFormat, RecordingKind, RecordingSide, Space


class Recording(AnswerBody):
    """A recording: a sound file and its description."""

    id: str
    kind: RecordingKind = Field(description="message: a visitor's, left when nobody answered.")
    call: str = Field(description="Empty of a message.")
    remote: str = Field(description="Address of the far end; of a message, the target or plan that nobody answered.")
    started: Time
    duration_s: float = Field(description="0 until it is complete.")
    bytes: int = Field(description="0 until it is complete.")
    sha256: str = Field(description="Hash of the file; empty until it is complete.")
    complete: bool = Field(description="False while it is being recorded.")
    clock: RecordingClock = Field(
        description="The station's clock at the begin: right; wrong, and `started` corrected since; or uncertain. "
        "The order of lists is that of the begins in any case."
    )
    party: str = Field(
        description="Name of the far end: of its target, or as it names itself. Empty until the call ends."
    )
    doors: list[str] = Field(description="Doors that were opened meanwhile.")
    outcome: str = Field(description="Cause of the call's end; empty until then.", examples=["hangup"])
    note: str = Field(description="The note of the order that began it, or else the call's `custom_data` at its end.")
    copied: Time | None = Field(description="When it was copied elsewhere (`recording.copy_to`); null: not yet.")
    copy_tries: int = Field(description="How often the station tried to copy it elsewhere.")
    copy_error: str = Field(description="Why the last of these tries failed; empty once one succeeds.")
    recovered: bool = Field(description="Whether an unclean end had cut the recording short.")
    protected: bool = Field(description="Whether it is kept although a limit of [recording] is exceeded.")
    format: RecordingFormat = Field(
        description="Of the audio file. It may change from wav to opus once, as bytes and sha256 then do: "
        "`recording.converted` reports it."
    )
    url: str = Field(description="Path of the audio file.")


class Waveform(AnswerBody):
    """The waveform of a recording, in the form of audiowaveform (version 2), which players such as peaks.js draw."""

    version: int = Field(examples=[2])
    channels: int = Field(description="1: the channels of the recording are drawn as one.", examples=[1])
    sample_rate: int = Field(description="Samples a second of the recording.", examples=[16000])
    samples_per_pixel: int = Field(description="Samples that each pair of `data` stands for.")
    bits: int = Field(description="8: each value is from -128 to 127.", examples=[8])
    length: int = Field(description="Number of pairs, at most 1,000.")
    data: list[int] = Field(description="The lowest and the highest value of each part of the recording, by turns.")


class Recordings(AnswerBody):
    """A page of recordings, newest first."""

    recordings: list[Recording]
    next: int | None = Field(description="Cursor of the next page; null on the last page.")


class Storage(AnswerBody):
    """The space for recordings, as last measured: at the start, after each recording or removal, and once an hour."""

    state: Space = Field(description="low: no recording begins; full: those that run stop.")
    free_bytes: int
    needed_bytes: int = Field(description="Kept free for the system (`recording.free_mb`).")
    recordings_bytes: int = Field(description="Size of all finished recordings.")


class VisitorMessage(AnswerBody):
    """A message of a visitor whom nobody answered."""

    id: str = Field(description="Id of its recording.")
    rung: str = Field(description="The target or plan that nobody answered.")
    begun: bool = Field(description="Whether it is being recorded; before that the visitor is asked for it.")


class LiveRecording(AnswerBody):
    """A recording that is being made."""

    id: str
    kind: RecordingKind = Field(description="message: a visitor's; it can be stopped and discarded only.")
    call: str = Field(description="Empty of a message.")
    remote: str = Field(
        description="SIP address of the far end; of a message, the target or plan that nobody answered."
    )
    paused: bool
    muted: list[RecordingSide] = Field(description="Sides that have silence, on the order of a client.")
    url: str = Field(description="Path of the audio file, once it is complete.")


class LiveRecordings(AnswerBody):
    """All recordings that are being made."""

    recordings: list[LiveRecording]


class RecordCall(OrderBody):
    """How a call is recorded."""

    channels: RecordingChannels | None = Field(
        default=None,
        description="mixed: both sides in one channel; separate: on the left what the station sends, on the right what "
        "the far end sends. Default: `recording.channels`.",
    )
    format: RecordingFormat | None = Field(
        default=None, description="Of the finished file. Default: `recording.format`."
    )
    note: str = Field(
        default="",
        max_length=1000,
        description="Name or note of the recording, in place of the call's `custom_data`.",
        examples=["Parcel for Smith"],
    )


class MuteRecording(OrderBody):
    """A side of a recording."""

    side: RecordingSide | None = Field(
        default=None, description="local: what the station sends; remote: what the far end sends. Default: both."
    )


class RecordingChange(OrderBody):
    """A change of a recording."""

    protected: bool = Field(
        description="True: no limit removes it, and nobody deletes it. False: both are possible again."
    )
