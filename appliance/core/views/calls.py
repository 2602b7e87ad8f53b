"""Calls as clients, the call log and events have them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from appliance.base.record import Record
from appliance.core.call_states import LegacyState
from appliance.core.model import (
    CallState,
    Codec,
    DetectionKind,
    DigitMethod,
    DigitsTo,
    Direction,
    End,
    Hold,
    LinkDirection,
    QualityClass,
    RecordingSide,
    Tone,
    TransferPolicy,
    TransferRole,
    TransferState,
)
from appliance.core.model.accounts import Transport
from appliance.core.views.base import Time

CallMedia = Literal["speaker", "none"]
Report = Literal["level", "microphone"]


class CallLink(Record):
    """Sound that flows between the call and a target by the order of a client."""

    target: Annotated[str, Meta(description="Id of a call or of the conference, or `speaker`.")]
    direction: LinkDirection
    gain: Annotated[float, Meta(description="In per cent: 100 changes nothing.")]


class Remote(Record):
    """The far end, as it identifies itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: Annotated[str | None, Meta(description="Id of the configured target, if it is one.")]
    target_name: Annotated[
        str | UnsetType | None,
        Meta(description="That target's name for people, if it has one. Calls that earlier versions logged lack it."),
    ] = UNSET


class Quality(Record):
    """RTP of the whole call, over holds and changes of codec. Calls that earlier versions logged lack some figures."""

    received: Annotated[int, Meta(description="Received packets.")]
    lost: Annotated[int, Meta(description="Lost packets.")]
    jitter_ms: Annotated[float, Meta(description="Mean jitter of received packets.")]
    received_bytes: Annotated[int | UnsetType, Meta(description="Sound in received packets.")] = UNSET
    buffer_ms: Annotated[float | UnsetType, Meta(description="Mean delay in the jitter buffer.")] = UNSET
    sent: Annotated[int | UnsetType, Meta(description="Sent packets.")] = UNSET
    sent_bytes: Annotated[int | UnsetType, Meta(description="Sound in sent packets.")] = UNSET
    sent_lost: Annotated[int | UnsetType | None, Meta(description="Sent packets that the far end reports as lost.")] = (
        UNSET
    )
    sent_jitter_ms: Annotated[
        float | UnsetType | None, Meta(description="Jitter of sent packets, as the far end reports it.")
    ] = UNSET
    rtt_ms: Annotated[float | UnsetType | None, Meta(description="Latest round trip; null if it is not known.")] = UNSET
    loss: Annotated[
        float | UnsetType | None, Meta(description="Lost share of the packets of the last 10 s, 0 to 1.")
    ] = UNSET
    mos: Annotated[float | UnsetType | None, Meta(description="MOS of the last 10 s, 1 to 4.41 (ITU-T G.107).")] = UNSET
    class_: Annotated[QualityClass | UnsetType | None, Meta(description="Class of the last 10 s, by the MOS.")] = field(
        default=UNSET, name="class"
    )


class CallFacts(Record):
    """Facts of a call, which stay readable after its end."""

    id: str
    account: Annotated[str, Meta(description="Account of the call; direct: none.")]
    direction: Direction
    remote: Remote
    local_uri: str
    number: Annotated[
        str, Meta(description="Dialled number; for an incoming call the user, or address, that was called.")
    ]
    headers: Annotated[
        dict[str, str], Meta(description="Headers of the INVITE that was received, or of the 200 response to ours.")
    ]
    custom_data: Annotated[str, Meta(description="Free text that a client stores with the call.")]
    codec: Codec | None
    srtp: Annotated[bool, Meta(description="Whether the sound is encrypted.")]
    transport: Annotated[Transport, Meta(description="Transport protocol of its messages.")]
    created: Time
    ringing_since: Time | None
    connected_since: Time | None
    ended: Time | None
    duration_s: Annotated[float, Meta(description="Seconds since the call was connected; 0 before.")]
    ring: Annotated[str | None, Meta(description="Id of the visitor's ring of this call, as in `ring.started`.")]
    recording: Annotated[str | None, Meta(description="Id of the recording.")]
    quality: Annotated[Quality | None, Meta(description="Updated about once a second while sound is expected.")]
    end: End | None


class CallTransfer(Record):
    """A transfer of a call. transferor: we transfer the far end; transferee: the far end transfers us."""

    role: TransferRole
    state: Annotated[TransferState, Meta(description="asked: a client must decide; done: the call is about to end.")]
    to: str
    until: Annotated[Time, Meta(description="Deadline, after which it is refused, has failed, or the call is ended.")]


class Voices(Record):
    """Who speaks in a call."""

    local: Annotated[bool, Meta(description="Whether a voice is sent to the far end.")]
    remote: Annotated[bool, Meta(description="Whether a voice comes from the far end.")]


class Call(CallFacts):
    """A call."""

    state: CallState
    legacy_state: LegacyState
    hold: Hold
    active: Annotated[bool, Meta(description="Whether it has the speaker and the microphone.")]
    muted: bool
    recording_paused: Annotated[bool, Meta(description="Whether a client paused its recording.")]
    recording_muted: Annotated[
        tuple[RecordingSide, ...], Meta(description="Sides of its recording that a client muted.")
    ]
    tone: Annotated[Tone | None, Meta(description="Tone that a client plays to the far end.")]
    playback: Annotated[str | None, Meta(description="Id of the sound that a client plays to the far end.")]
    links: Annotated[
        tuple[CallLink, ...], Meta(description="What clients send to other calls or the speaker, or bring from there.")
    ]
    conference: Annotated[str | None, Meta(description="Id of its conference.")]
    statistics_interval: Annotated[int, Meta(description="Seconds between two events `media.statistics`; 0: none.")]
    report: Annotated[tuple[Report, ...], Meta(description="What is reported: level each second.")]
    vad: Annotated[Voices | None, Meta(description="Who spoke in the last second; null unless `report` has `level`.")]
    media: Annotated[CallMedia, Meta(description="none: it has neither speaker nor microphone.")]
    led_by: Annotated[str | None, Meta(description="Who placed or answered it: the client, as in events, or a button.")]
    digits_to: Annotated[
        DigitsTo,
        Meta(description="program: its digits go to the client that leads it; codes: they may be the code of a door."),
    ]
    dtmf: Annotated[tuple[DigitMethod, ...], Meta(description="Methods by which digits of the far end are taken.")]
    detect: Annotated[tuple[DetectionKind, ...], Meta(description="What is searched for in the sound of the far end.")]
    transfer: Annotated[CallTransfer | None, Meta(description="The transfer in progress.")]
    transfer_policy: Annotated[TransferPolicy, Meta(description="How transfers that its far end requests are handled.")]
    summary: Annotated[str, Meta(description="Summary for display.")]


class LoggedCall(CallFacts):
    """A call that has ended. A call that a power cut ended has no end time, and the cause `error` by `device`."""

    end: End
    missed: Annotated[bool, Meta(description="Whether an incoming call was not answered here.")]
