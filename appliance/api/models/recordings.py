"""Recordings."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody, OrderBody
from appliance.core.model import RecordingChannels, RecordingClock, RecordingFormat, RecordingKind, RecordingSide
from appliance.core.views.base import Time


class Recording(AnswerBody):
    """A recording: a sound file and its description."""

    id: str
    kind: Annotated[RecordingKind, Meta(description="message: a visitor's, left when nobody answered.")]
    call: Annotated[str, Meta(description="Empty of a message.")]
    conference: Annotated[
        str | None, Meta(description="The conference that the call was in when its recording began; null: none.")
    ]
    remote: Annotated[
        str, Meta(description="Address of the far end; of a message, the target or plan that nobody answered.")
    ]
    started: Time
    duration_s: Annotated[float, Meta(description="0 until it is complete.")]
    bytes: Annotated[int, Meta(description="0 until it is complete.")]
    sha256: Annotated[str, Meta(description="Hash of the file; empty until it is complete.")]
    complete: Annotated[bool, Meta(description="False while it is being recorded.")]
    clock: Annotated[
        RecordingClock,
        Meta(
            description="The station's clock at the begin: right; wrong, and `started` corrected since; or uncertain. "
            "Lists have the recordings in the order in which they began, whatever the clock said."
        ),
    ]
    party: Annotated[
        str, Meta(description="Name of the far end: of its target, or as it names itself. Empty until the call ends.")
    ]
    doors: Annotated[list[str], Meta(description="Doors that were opened meanwhile.")]
    outcome: Annotated[str, Meta(description="Cause of the call's end; empty until then.", examples=["hangup"])]
    note: Annotated[
        str, Meta(description="The note of the order that began it, or else the call's `custom_data` at its end.")
    ]
    copied: Annotated[
        Time | None, Meta(description="When it was copied elsewhere (`recording.copy_to`); null: not yet.")
    ]
    copy_tries: Annotated[int, Meta(description="How often the station tried to copy it elsewhere.")]
    copy_error: Annotated[str, Meta(description="Why the last of these tries failed; empty once one succeeds.")]
    recovered: Annotated[bool, Meta(description="Whether an unclean end had cut the recording short.")]
    protected: Annotated[bool, Meta(description="Whether it is kept although a limit of [recording] is exceeded.")]
    format: Annotated[
        RecordingFormat,
        Meta(
            description="Of the audio file. It may change from wav to opus once, as bytes and sha256 then do: "
            "`recording.converted` reports it."
        ),
    ]
    url: Annotated[str, Meta(description="Path of the audio file.")]


class Waveform(AnswerBody):
    """The waveform of a recording, in the form of audiowaveform (version 2), which players such as peaks.js draw."""

    version: Annotated[int, Meta(examples=[2])]
    channels: Annotated[int, Meta(description="1: the channels of the recording are drawn as one.", examples=[1])]
    sample_rate: Annotated[int, Meta(description="Samples a second of the recording.", examples=[16000])]
    samples_per_pixel: Annotated[int, Meta(description="Samples that each pair of `data` stands for.")]
    bits: Annotated[int, Meta(description="8: each value is from -128 to 127.", examples=[8])]
    length: Annotated[int, Meta(description="Number of pairs, at most 1,000.")]
    data: Annotated[
        list[int], Meta(description="The lowest and the highest value of each part of the recording, by turns.")
    ]


class Recordings(AnswerBody):
    """A page of recordings, newest first."""

    recordings: list[Recording]
    next: Annotated[int | None, Meta(description="Cursor of the next page; null on the last page.")]


class LiveRecording(AnswerBody):
    """A recording that is being made."""

    id: str
    kind: Annotated[RecordingKind, Meta(description="message: a visitor's; it can be stopped and discarded only.")]
    call: Annotated[str, Meta(description="Empty of a message.")]
    remote: Annotated[
        str, Meta(description="SIP address of the far end; of a message, the target or plan that nobody answered.")
    ]
    paused: bool
    muted: Annotated[list[RecordingSide], Meta(description="Sides that have silence, on the order of a client.")]
    url: Annotated[str, Meta(description="Path of the audio file, once it is complete.")]


class LiveRecordings(AnswerBody):
    """All recordings that are being made."""

    recordings: list[LiveRecording]


class RecordCall(OrderBody):
    """How a call is recorded."""

    channels: Annotated[
        RecordingChannels | None,
        Meta(
            description="mixed: both sides in one channel; separate: on the left what the station sends, on the right "
            "what the far end sends. Default: `recording.channels`."
        ),
    ] = None
    format: Annotated[
        RecordingFormat | None, Meta(description="Of the finished file. Default: `recording.format`.")
    ] = None
    note: Annotated[
        str,
        Meta(
            description="Name or note of the recording, in place of the call's `custom_data`. At most 1,000 "
            "characters.",
            examples=["Parcel for Smith"],
        ),
    ] = ""


class RecordingChange(OrderBody):
    """A change of a recording."""

    protected: Annotated[
        bool, Meta(description="True: no limit removes it, and nobody deletes it. False: both are possible again.")
    ]
