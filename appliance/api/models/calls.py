"""Calls."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from appliance.api.models.base import DIGITS, AnswerBody, CustomData, Done, Headers, Line, OrderBody, Time
from appliance.core.model import (
    By,
    CallState,
    Cause,
    CodecName,
    DetectionKind,
    DigitMethod,
    DigitsTo,
    Direction,
    EarlySource,
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

    to: str = Field(
        min_length=1,
        max_length=512,
        pattern=Line,
        description="Name of a target, a SIP URI, or a number at an account.",
    )
    account: str = Field(
        default="",
        max_length=64,
        pattern=Line,
        description="Account of the call. Omitted: the account of the target, or the first account for a number. "
        "`direct`: no account; the call goes directly to the address.",
    )
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INVITE.")
    custom_data: CustomData = ""
    id: str | None = Field(
        default=None,
        max_length=63,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*$",
        description="Id that the call shall have, which no call has had; the station's own ids begin with c-.",
    )
    timeout_s: float | None = Field(
        default=None,
        ge=1,
        le=600,
        allow_inf_nan=False,
        description="Seconds until somebody must have answered; omitted: the times of the configuration.",
    )
    auto_record: bool = Field(default=False, description="Record the call from the answer on.")
    media: CallMedia = Field(default="speaker", description=MEDIA)
    early_media: bool = Field(
        default=True,
        description="Whether the sound that the far end sends before its answer is heard; false: it counts as ringing, "
        "and the station plays its own ringback.",
    )


class AnswerWith(OrderBody):
    """Options of an answer."""

    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the 200 response.")
    custom_data: CustomData | None = None
    media: CallMedia = Field(default="speaker", description=MEDIA)


class EarlyMedia(OrderBody):
    """Sound that the caller hears before the answer."""

    source: Literal[EarlySource.TONE, EarlySource.PANEL] = Field(
        default=EarlySource.TONE,
        description="tone: a ringing tone from the station; panel: the sound of the microphone, while no other call is "
        "in the foreground.",
    )


class Join(OrderBody):
    """A participant to add to a conference: an existing call, or somebody to call."""

    call: str | None = Field(default=None, max_length=64, description="Id of a call; a ringing call is answered.")
    to: str | None = Field(
        default=None, min_length=1, max_length=512, pattern=Line, description="As in a request to place a call."
    )
    account: str = Field(default="", max_length=64, pattern=Line, description="As in a request to place a call.")
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INVITE.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Join":
        if (self.call is None) == (self.to is None):
            raise ValueError("either call or to is needed")
        return self


class Change(OrderBody):
    """Changes of a call."""

    muted: bool | None = Field(default=None, description="Whether the far end does not hear the microphone.")
    active: bool | None = Field(
        default=None,
        description="true: bring the call to the foreground, with the speaker and the microphone, and hold the others; "
        "false: hold it.",
    )
    updates: UpdatePolicy | None = Field(
        default=None, description="How to handle changes that the far end requests; with ask, a client decides."
    )
    custom_data: CustomData | None = None
    statistics_interval: int | None = Field(
        default=None,
        ge=0,
        le=3600,
        description="Seconds between two events `media.statistics`, while sound is expected. 0: none but that at the "
        "end of the call. Until a client sets it, the setting audio.statistics_s counts.",
    )
    report: list[Literal["level"]] | None = Field(
        default=None,
        max_length=1,
        description="level: `audio.level` each second, for the sound of each direction, and `vad` in the call. Empty: "
        "no such reports.",
    )
    dtmf: list[DigitMethod] | None = Field(
        default=None,
        max_length=3,
        description="Methods by which digits of the far end are taken; digits by others are ignored. Digits in the "
        "sound (inband) are reported, but open a door only if the account has `inband_digits`.",
    )
    digits_to: DigitsTo | None = Field(
        default=None,
        description="program: the digits of the far end go to you, are shown in events, and open nothing, until your "
        "stream of events ends; only for a call that you have placed or answered. codes: they may open a door again.",
    )
    detect: list[DetectionKind] | None = Field(
        default=None,
        max_length=3,
        description="What is searched for in the sound of the far end: the beep of an answering machine, progress "
        "tones, and whether a machine or a person has answered. Empty: nothing.",
    )
    transfer_policy: TransferPolicy | None = Field(
        default=None,
        description="How to handle transfers that the far end requests, and calls that replace this one: refuse, "
        "follow, or ask clients.",
    )


class LinkSound(OrderBody):
    """How sound flows between a call and a target."""

    direction: LinkDirection = Field(
        default=LinkDirection.TO,
        description="to: the target hears the call's far end; from: the far end hears the target; both. The speaker "
        "only takes sound.",
    )
    gain: float = Field(default=100.0, ge=0, le=200, allow_inf_nan=False, description="In %, for each direction.")


class CallLink(AnswerBody):
    """Sound that flows between the call and a target by the order of a client."""

    target: str = Field(description="Id of a call or of the conference, or `speaker`.")
    direction: LinkDirection
    gain: float = Field(description="In per cent: 100 changes nothing.")


class Update(OrderBody):
    """Changes to request from the far end."""

    codecs: list[CodecName] = Field(
        min_length=1, max_length=4, description="The only codecs from now on, the preferred one first."
    )


class Reject(OrderBody):
    """Response to an incoming call that is refused."""

    code: int = Field(
        default=603,
        ge=400,
        le=699,
        description="Final SIP response (RFC 3261 §21.4 to 21.6): 603 declines the call, 486 says busy.",
    )
    reason: str = Field(
        default="", max_length=128, pattern=Line, description="Reason phrase. Empty: the usual one of the code."
    )
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the response.")


class HangUpWith(OrderBody):
    """Options of a hang-up."""

    headers: Headers = Field(
        default_factory=dict, max_length=16, description="X- headers of the BYE, CANCEL or refusal that ends the call."
    )


class Digits(OrderBody):
    """DTMF digits to send."""

    digits: str = Field(pattern=DIGITS, examples=["12#"])


class Transfer(OrderBody):
    """New peer of the far end: give either `to` or `call`."""

    to: str = Field(
        default="",
        max_length=512,
        pattern=Line,
        description="Name of a target, a SIP URI, or a number at an account (blind transfer).",
    )
    call: str = Field(
        default="", max_length=64, description="Another call, whose far end is the new peer (attended transfer)."
    )


class TransferFailure(OrderBody):
    """Result of a requested transfer that failed."""

    code: int = Field(default=503, ge=300, le=699, description="Final SIP response (RFC 3261 §21.3 to 21.6).")
    reason: str = Field(default="Service Unavailable", max_length=128, pattern=Line)


class Remote(AnswerBody):
    """The far end, as it identifies itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: str | None = Field(description="Id of the configured target, if it is one.")
    target_name: str | None = Field(
        default=None,
        description="That target's name for people, if it has one. Calls that earlier versions logged lack it.",
    )


class Codec(AnswerBody):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


class Quality(AnswerBody):
    """RTP of the whole call, over holds and changes of codec. Calls that earlier versions logged lack some figures."""

    received: int = Field(description="Received packets.")
    lost: int = Field(description="Lost packets.")
    jitter_ms: float = Field(description="Mean jitter of received packets.")
    received_bytes: int = Field(default=0, description="Sound in received packets.")
    buffer_ms: float = Field(default=0.0, description="Mean delay in the jitter buffer.")
    sent: int = Field(default=0, description="Sent packets.")
    sent_bytes: int = Field(default=0, description="Sound in sent packets.")
    sent_lost: int | None = Field(default=None, description="Sent packets that the far end reports as lost.")
    sent_jitter_ms: float | None = Field(default=None, description="Jitter of sent packets, as the far end reports it.")
    rtt_ms: float | None = Field(default=None, description="Latest round trip; null if it is not known.")
    loss: float | None = Field(default=None, description="Lost share of the packets of the last 10 s, 0 to 1.")
    mos: float | None = Field(default=None, description="MOS of the last 10 s, 1 to 4.41 (ITU-T G.107).")
    class_: QualityClass | None = Field(default=None, alias="class", description="Class of the last 10 s, by the MOS.")


class End(AnswerBody):
    """How a call ended: a cause for programs, the SIP code (0: none was received) and reason, and who ended it."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: str = Field(description="One sentence on a failure that names the setting to check; otherwise empty.")


class CallFacts(AnswerBody):
    """Facts of a call, which stay readable after its end."""

    id: str
    account: str = Field(description="Account of the call; direct: none.")
    direction: Direction
    remote: Remote
    local_uri: str
    number: str = Field(description="Dialled number; for an incoming call the user, or address, that was called.")
    headers: dict[str, str] = Field(
        description="X- headers of the INVITE that was received, or of the 200 response to ours."
    )
    custom_data: str = Field(description="Free text that a client stores with the call.")
    codec: Codec | None
    srtp: bool = Field(description="Whether the sound is encrypted.")
    transport: Literal["udp", "tcp", "tls"] = Field(description="Transport protocol of its messages.")
    created: Time
    ringing_since: Time | None
    connected_since: Time | None
    ended: Time | None
    duration_s: float = Field(description="Seconds since the call was connected; 0 before.")
    ring: str | None = Field(description="Id of the visitor's ring of this call, as in `ring.started`.")
    recording: str | None = Field(description="Id of the recording.")
    quality: Quality | None = Field(description="Updated about once a second while sound is expected.")
    end: End | None


class CallTransfer(AnswerBody):
    """A transfer of a call. transferor: we transfer the far end; transferee: the far end transfers us."""

    role: TransferRole
    state: TransferState = Field(description="asked: a client must decide; done: the call is about to end.")
    to: str
    until: Time = Field(description="Deadline, after which it is refused, has failed, or the call is ended.")


class Voices(AnswerBody):
    """Who speaks in a call."""

    local: bool = Field(description="Whether a voice is sent to the far end.")
    remote: bool = Field(description="Whether a voice comes from the far end.")


def _absent_if_empty(schema: dict[str, Any]) -> None:
    schema["required"] = ["direction", "from", "to"]


class CallOfEvent(AnswerBody):
    """The call of an event, as the event left it. What it does not have is absent."""

    direction: Direction
    from_: str = Field(alias="from", description="Address of the caller.", examples=["sip:front@192.0.2.7"])
    to: str = Field(description="Called address.", examples=["sip:kitchen@192.0.2.9"])
    display_name: str = Field(description="The far end's own name.")
    target: str = Field(description="Id of the configured target that the far end is.")
    target_name: str = Field(description="That target's name for people.")
    codec: Codec = Field(description="Of the sound, once it is negotiated.")
    account: str = Field(description="Account that carries the call.")

    model_config = ConfigDict(json_schema_extra=_absent_if_empty)


class Call(CallFacts):
    """A call."""

    state: CallState
    legacy_state: Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
    hold: Hold
    active: bool = Field(description="Whether it has the speaker and the microphone.")
    muted: bool
    recording_paused: bool = Field(description="Whether a client paused its recording.")
    recording_muted: list[RecordingSide] = Field(description="Sides of its recording that a client muted.")
    tone: Tone | None = Field(description="Tone that a client plays to the far end.")
    playback: str | None = Field(description="Id of the sound that a client plays to the far end.")
    links: list[CallLink] = Field(description="What clients send to other calls or the speaker, or bring from there.")
    conference: str | None = Field(description="Id of its conference.")
    statistics_interval: int = Field(description="Seconds between two events `media.statistics`; 0: none.")
    report: list[Literal["level"]] = Field(description="What is reported each second.")
    vad: Voices | None = Field(description="Who spoke in the last second; null unless `report` has `level`.")
    media: CallMedia = Field(description="none: it has neither speaker nor microphone.")
    led_by: str | None = Field(description="Who placed or answered it: the client, as in events, or a button.")
    digits_to: DigitsTo = Field(
        description="program: its digits go to the client that leads it; codes: they may be the code of a door."
    )
    dtmf: list[DigitMethod] = Field(description="Methods by which digits of the far end are taken.")
    detect: list[DetectionKind] = Field(description="What is searched for in the sound of the far end.")
    transfer: CallTransfer | None = Field(description="The transfer in progress.")
    transfer_policy: TransferPolicy = Field(description="How transfers that its far end requests are handled.")
    summary: str = Field(description="Summary for display.")


class LoggedCall(CallFacts):
    """A call that has ended. A call that a power cut ended has no end time, and the cause `error` by `device`."""

    end: End
    missed: bool = Field(description="Whether an incoming call was not answered here.")


class CallLog(AnswerBody):
    """A page of the call log, newest first, in the order in which the calls began."""

    calls: list[LoggedCall]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


class Calls(AnswerBody):
    """All current calls."""

    calls: list[Call]


class CallDone(Done):
    """The request about a call was carried out."""

    id: str
    call: Call | None = Field(description="Current state of the call, also for 10 minutes after its end.")
