"""Calls."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from appliance.api.models.base import AnswerBody, Callee, CustomData, Done, Headers, OrderBody, Time
from appliance.core.inputs.bounds import LINE
from appliance.core.model import (
    By,
    CallState,
    Cause,
    CodecName,
    DetectionKind,
    DigitMethod,
    DigitsTo,
    Direction,
    Hold,
    LinkDirection,
    QualityClass,
    RecordingSide,
    Tone,
    TransferPolicy,
    TransferRole,
    TransferState,
    UpdatePolicy,
)

CallMedia = Literal["speaker", "none"]
MEDIA = (
    "none: a call without speaker and microphone, which never comes to the foreground and changes no other call; "
    "sounds, recordings, links, digits and detection work in it."
)


class Place(OrderBody):
    """A call to place."""

    to: Callee
    account: Annotated[
        str,
        Meta(
            max_length=64,
            pattern=LINE,
            description="Account of the call. Omitted: the account of the target, or the first account for a number. "
            "`direct`: no account; the call goes directly to the address.",
        ),
    ] = ""
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the INVITE.")] = field(default_factory=dict)
    custom_data: CustomData = ""
    id: (
        Annotated[
            str,
            Meta(
                max_length=63,
                pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*\Z",
                description="Id that the call shall have, which no call has had; the station's own ids begin with c-.",
            ),
        ]
        | None
    ) = None
    timeout_s: (
        Annotated[
            float,
            Meta(
                ge=1,
                le=600,
                description="Seconds until somebody must have answered; omitted: the times of the configuration.",
            ),
        ]
        | None
    ) = None
    auto_record: Annotated[bool, Meta(description="Record the call from the answer on.")] = False
    media: Annotated[CallMedia, Meta(description=MEDIA)] = "speaker"
    early_media: Annotated[
        bool,
        Meta(
            description="Whether the sound that the far end sends before its answer is heard; false: it counts as "
            "ringing, and the station plays its own ringback."
        ),
    ] = True


class AnswerWith(OrderBody):
    """Options of an answer."""

    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the 200 response.")] = field(
        default_factory=dict
    )
    custom_data: CustomData | None = None
    media: Annotated[CallMedia, Meta(description=MEDIA)] = "speaker"


class Join(OrderBody):
    """A participant to add to a conference: an existing call, or somebody to call."""

    call: Annotated[str, Meta(max_length=64, description="Id of a call; a ringing call is answered.")] | None = None
    to: (
        Annotated[str, Meta(min_length=1, max_length=512, pattern=LINE, description="As in a request to place a call.")]
        | None
    ) = None
    account: Annotated[str, Meta(max_length=64, pattern=LINE, description="As in a request to place a call.")] = ""
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the INVITE.")] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.call is None) == (self.to is None):
            raise ValueError("either call or to is needed")


class Change(OrderBody):
    """Changes of a call."""

    muted: Annotated[bool | None, Meta(description="Whether the far end does not hear the microphone.")] = None
    active: Annotated[
        bool | None,
        Meta(
            description="true: bring the call to the foreground, with the speaker and the microphone, and hold the "
            "others; false: hold it."
        ),
    ] = None
    updates: Annotated[
        UpdatePolicy | None,
        Meta(description="How to handle changes that the far end requests; with ask, a client decides."),
    ] = None
    custom_data: CustomData | None = None
    statistics_interval: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=3600,
                description="Seconds between two events `media.statistics`, while sound is expected. 0: none but that "
                "at the end of the call. Until a client sets it, the setting audio.statistics_s counts.",
            ),
        ]
        | None
    ) = None
    report: (
        Annotated[
            list[Literal["level", "microphone"]],
            Meta(
                max_length=2,
                description="level: `audio.level` each second, for the sound of each direction, and `vad` in the call. "
                "microphone: `audio.microphone_changed` at once; its changes are reported in any case. Empty: no such "
                "reports.",
            ),
        ]
        | None
    ) = None
    dtmf: (
        Annotated[
            list[DigitMethod],
            Meta(
                max_length=3,
                description="Methods by which digits of the far end are taken; digits by others are ignored. Digits in "
                "the sound (inband) are reported, but open a door only if the account has `inband_digits`.",
            ),
        ]
        | None
    ) = None
    digits_to: Annotated[
        DigitsTo | None,
        Meta(
            description="program: the digits of the far end go to you, are shown in events, and open nothing, until "
            "your stream of events ends; only for a call that you have placed or answered. codes: they may open a door "
            "again."
        ),
    ] = None
    detect: (
        Annotated[
            list[DetectionKind],
            Meta(
                max_length=3,
                description="What is searched for in the sound of the far end: the beep of an answering machine, "
                "progress tones, and whether a machine or a person has answered. Empty: nothing.",
            ),
        ]
        | None
    ) = None
    transfer_policy: Annotated[
        TransferPolicy | None,
        Meta(
            description="How to handle transfers that the far end requests, and calls that replace this one: refuse, "
            "follow, or ask clients."
        ),
    ] = None


class CallLink(AnswerBody):
    """Sound that flows between the call and a target by the order of a client."""

    target: Annotated[str, Meta(description="Id of a call or of the conference, or `speaker`.")]
    direction: LinkDirection
    gain: Annotated[float, Meta(description="In per cent: 100 changes nothing.")]


class Update(OrderBody):
    """Changes to request from the far end."""

    codecs: Annotated[
        list[CodecName],
        Meta(min_length=1, max_length=4, description="The only codecs from now on, the preferred one first."),
    ]


class Transfer(OrderBody):
    """New peer of the far end: give either `to` or `call`."""

    to: Annotated[
        str,
        Meta(
            max_length=512,
            pattern=LINE,
            description="Name of a target, a SIP URI, or a number at an account (blind transfer).",
        ),
    ] = ""
    call: Annotated[
        str, Meta(max_length=64, description="Another call, whose far end is the new peer (attended transfer).")
    ] = ""
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the REFER.")] = field(default_factory=dict)


class Remote(AnswerBody):
    """The far end, as it identifies itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: Annotated[str | None, Meta(description="Id of the configured target, if it is one.")]
    target_name: Annotated[
        str | None,
        Meta(description="That target's name for people, if it has one. Calls that earlier versions logged lack it."),
    ] = None


class Codec(AnswerBody):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


class Quality(AnswerBody):
    """RTP of the whole call, over holds and changes of codec. Calls that earlier versions logged lack some figures."""

    received: Annotated[int, Meta(description="Received packets.")]
    lost: Annotated[int, Meta(description="Lost packets.")]
    jitter_ms: Annotated[float, Meta(description="Mean jitter of received packets.")]
    received_bytes: Annotated[int, Meta(description="Sound in received packets.")] = 0
    buffer_ms: Annotated[float, Meta(description="Mean delay in the jitter buffer.")] = 0.0
    sent: Annotated[int, Meta(description="Sent packets.")] = 0
    sent_bytes: Annotated[int, Meta(description="Sound in sent packets.")] = 0
    sent_lost: Annotated[int | None, Meta(description="Sent packets that the far end reports as lost.")] = None
    sent_jitter_ms: Annotated[float | None, Meta(description="Jitter of sent packets, as the far end reports it.")] = (
        None
    )
    rtt_ms: Annotated[float | None, Meta(description="Latest round trip; null if it is not known.")] = None
    loss: Annotated[float | None, Meta(description="Lost share of the packets of the last 10 s, 0 to 1.")] = None
    mos: Annotated[float | None, Meta(description="MOS of the last 10 s, 1 to 4.41 (ITU-T G.107).")] = None
    class_: Annotated[QualityClass | None, Meta(description="Class of the last 10 s, by the MOS.")] = field(
        default=None, name="class"
    )


class End(AnswerBody):
    """How a call ended: a cause for programs, the SIP code (0: none was received) and reason, and who ended it."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: Annotated[
        str, Meta(description="One sentence on a failure that names the setting to check; otherwise empty.")
    ]


class CallFacts(AnswerBody):
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
    transport: Annotated[Literal["udp", "tcp", "tls"], Meta(description="Transport protocol of its messages.")]
    created: Time
    ringing_since: Time | None
    connected_since: Time | None
    ended: Time | None
    duration_s: Annotated[float, Meta(description="Seconds since the call was connected; 0 before.")]
    ring: Annotated[str | None, Meta(description="Id of the visitor's ring of this call, as in `ring.started`.")]
    recording: Annotated[str | None, Meta(description="Id of the recording.")]
    quality: Annotated[Quality | None, Meta(description="Updated about once a second while sound is expected.")]
    end: End | None


class CallTransfer(AnswerBody):
    """A transfer of a call. transferor: we transfer the far end; transferee: the far end transfers us."""

    role: TransferRole
    state: Annotated[TransferState, Meta(description="asked: a client must decide; done: the call is about to end.")]
    to: str
    until: Annotated[Time, Meta(description="Deadline, after which it is refused, has failed, or the call is ended.")]


class Voices(AnswerBody):
    """Who speaks in a call."""

    local: Annotated[bool, Meta(description="Whether a voice is sent to the far end.")]
    remote: Annotated[bool, Meta(description="Whether a voice comes from the far end.")]


class CallOfEvent(AnswerBody):
    """The call of an event, as the event left it. What it does not have is absent."""

    direction: Direction
    from_: Annotated[str, Meta(description="Address of the caller.", examples=["sip:front@192.0.2.7"])] = field(
        name="from"
    )
    to: Annotated[str, Meta(description="Called address.", examples=["sip:kitchen@192.0.2.9"])]
    display_name: Annotated[str | UnsetType, Meta(description="The far end's own name.")] = UNSET
    target: Annotated[str | UnsetType, Meta(description="Id of the configured target that the far end is.")] = UNSET
    target_name: Annotated[str | UnsetType, Meta(description="That target's name for people.")] = UNSET
    codec: Annotated[Codec | UnsetType, Meta(description="Of the sound, once it is negotiated.")] = UNSET
    account: Annotated[str | UnsetType, Meta(description="Account that carries the call.")] = UNSET
    conference: Annotated[str | UnsetType, Meta(description="Id of its conference.")] = UNSET


class Call(CallFacts):
    """A call."""

    state: CallState
    legacy_state: Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
    hold: Hold
    active: Annotated[bool, Meta(description="Whether it has the speaker and the microphone.")]
    muted: bool
    recording_paused: Annotated[bool, Meta(description="Whether a client paused its recording.")]
    recording_muted: Annotated[list[RecordingSide], Meta(description="Sides of its recording that a client muted.")]
    tone: Annotated[Tone | None, Meta(description="Tone that a client plays to the far end.")]
    playback: Annotated[str | None, Meta(description="Id of the sound that a client plays to the far end.")]
    links: Annotated[
        list[CallLink], Meta(description="What clients send to other calls or the speaker, or bring from there.")
    ]
    conference: Annotated[str | None, Meta(description="Id of its conference.")]
    statistics_interval: Annotated[int, Meta(description="Seconds between two events `media.statistics`; 0: none.")]
    report: Annotated[list[Literal["level", "microphone"]], Meta(description="What is reported: level each second.")]
    vad: Annotated[Voices | None, Meta(description="Who spoke in the last second; null unless `report` has `level`.")]
    media: Annotated[CallMedia, Meta(description="none: it has neither speaker nor microphone.")]
    led_by: Annotated[str | None, Meta(description="Who placed or answered it: the client, as in events, or a button.")]
    digits_to: Annotated[
        DigitsTo,
        Meta(description="program: its digits go to the client that leads it; codes: they may be the code of a door."),
    ]
    dtmf: Annotated[list[DigitMethod], Meta(description="Methods by which digits of the far end are taken.")]
    detect: Annotated[list[DetectionKind], Meta(description="What is searched for in the sound of the far end.")]
    transfer: Annotated[CallTransfer | None, Meta(description="The transfer in progress.")]
    transfer_policy: Annotated[TransferPolicy, Meta(description="How transfers that its far end requests are handled.")]
    summary: Annotated[str, Meta(description="Summary for display.")]


class LoggedCall(CallFacts):
    """A call that has ended. A call that a power cut ended has no end time, and the cause `error` by `device`."""

    end: End
    missed: Annotated[bool, Meta(description="Whether an incoming call was not answered here.")]


class CallLog(AnswerBody):
    """A page of the call log, newest first, in the order in which the calls began."""

    calls: list[LoggedCall]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last page.")]


class Calls(AnswerBody):
    """All current calls."""

    calls: list[Call]


class CallDone(Done):
    """The request about a call was carried out."""

    id: str
    call: Annotated[Call | None, Meta(description="Current state of the call, also for 10 minutes after its end.")]
