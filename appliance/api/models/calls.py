"""Calls."""

from typing import Annotated

from msgspec import Meta, field

from appliance.api.models.base import AnswerBody, Callee, CustomData, Done, Headers, OrderBody
from appliance.core.inputs.bounds import LINE
from appliance.core.model import (
    CodecName,
    DetectionKind,
    DigitMethod,
    DigitsTo,
    TransferPolicy,
    UpdatePolicy,
)
from appliance.core.views.calls import Call, CallMedia, LoggedCall, Report
from appliance.orders.invalid import form

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
            "`direct`: no account; the call goes directly to the address. By another way than its own, a target counts "
            "as none: it opens no door.",
        ),
    ] = ""
    headers: Annotated[Headers, Meta(max_length=16, description="Headers of the INVITE.")] = field(default_factory=dict)
    custom_data: CustomData = ""
    id: (
        Annotated[
            str,
            Meta(
                max_length=63,
                pattern=form(r"^[0-9A-Za-z][0-9A-Za-z-]*\Z", "letters, digits and -, with no - first"),
                description="Id for the new call, not used by any call before; the station's own ids begin with c-.",
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
            list[Report],
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


class IceServers(AnswerBody):
    """What a browser uses to be reached from elsewhere."""

    ice_servers: Annotated[
        list[Annotated[str, Meta(examples=["stun:turn.example.org"])]],
        Meta(
            description="URLs for `iceServers` of its connection (RFC 7064): `sip.stun_server`, or else "
            "`sip.turn_server`.",
        ),
    ]


class BrowserOffer(OrderBody):
    """The offer of a browser that calls."""

    offer: Annotated[
        str,
        Meta(
            max_length=20000,
            description="Session description of the browser, with its candidates: one audio stream with rtcp-mux.",
        ),
    ]


class BrowserCall(AnswerBody):
    """A call from a browser."""

    call: str
    answer: Annotated[str, Meta(description="The station's session description.")]
