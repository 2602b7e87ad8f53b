"""Calls: reports of the SIP process, and requests."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action, Input, OfCall
from appliance.core.inputs.bounds import DIGITS, LINE, Headers
from appliance.core.model import (
    NO_ACCOUNT,
    AccountId,
    CallId,
    Candidate,
    Codec,
    DigitMethod,
    DigitsTo,
    EarlySource,
    IceFault,
    MediaDirection,
    PacketUse,
    Quality,
    SoundLevel,
    SoundRefusal,
    UpdateChange,
)


class CallArrived(Input, kw_only=True):
    """An INVITE arrived (RFC 3261 §13); only 100 was sent so far.

    refused: the code of the final response, if the SIP stack sent one itself, such as 488 to an offer without a codec
    that we support; 0 otherwise. The call is over then.
    """

    call: CallId
    uri: str
    display_name: str
    source: str  # address:port of the packet
    names: tuple[str, ...] = ()  # host names of targets that resolve to that address
    transport: str = "udp"  # how far its source is proven: udp, tcp or tls, see callers.PROOF
    local_uri: str
    headers: tuple[tuple[str, str], ...] = ()
    account: AccountId = NO_ACCOUNT  # whose address was called
    refused: int = 0
    reason: str = ""
    sound: SoundRefusal | None = None  # why we refused its sound
    answer_after_s: float | None = None  # the caller requests an automatic answer so long from now
    expires_s: float | None = None  # how long the INVITE is valid, by its Expires (RFC 3261 §13.3.1)
    diverted: tuple[str, ...] = ()  # who diverted the call before it reached us (RFC 5806, RFC 7044)
    replaces: CallId | None = None  # our call that it asks to replace (RFC 3891)
    shown: str = ""  # the target whose password the caller has proven to know
    codecs: tuple[str, ...] = ()  # of its sound, in the order of the offer
    browser: str = ""  # the client of HTTP whose browser calls; "" for a call from the network


class CallProgressed(OfCall, kw_only=True):
    """A provisional response to our INVITE, 18x; `early_media`: with SDP. `headers`: of it."""

    code: int
    early_media: bool
    headers: tuple[tuple[str, str], ...] = ()


class CallAnswered(OfCall, kw_only=True):
    """A 200 to the INVITE was sent or received; the dialog is not confirmed yet. `headers`: X- ones, if received."""

    headers: tuple[tuple[str, str], ...] = ()


class CallConfirmed(OfCall, kw_only=True):
    """ACK was sent or received: people can talk."""


class CallEnded(OfCall, kw_only=True):
    """The dialog has ended. `code` and `reason` as on the wire (0: no response came); `reason_header`: RFC 3326.

    tried: at least 100 came as a response to our INVITE. contacts: of a 3xx, the addresses to call instead, the
    preferred first (RFC 3261 §8.1.3.4). headers: of the far end's BYE, CANCEL or final response. challenge:
    why the password that it wants (401, 407) could not be given; "" if it could.
    """

    code: int
    reason: str
    remote: bool  # the far end, not we, ended it
    reason_header: str = ""
    contacts: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    tried: bool = False
    challenge: str = ""


class MediaStarted(OfCall, kw_only=True):
    """Audio flows as negotiated; also after each re-INVITE. `held`: the far end sends no media.

    codec: None while no sound has flowed, as the far end has held from its first offer or answer. events: it accepts
    digits by RFC 4733.
    """

    codec: Codec | None
    held: bool
    receives: bool = True  # the far end sends
    events: bool = True
    srtp: bool = False  # encrypted (RFC 3711)


class IceCompleted(OfCall, kw_only=True):
    """ICE found a pair of addresses that works: our candidate and the far end's, for RTP."""

    local: Candidate
    remote: Candidate


class IceFailed(OfCall, kw_only=True):
    """ICE found no pair of addresses: nothing can be heard."""

    fault: IceFault


class SoundRefused(OfCall, kw_only=True):
    """The far end has accepted the call, but its answer, in the 200 or in the ACK, leaves no sound of our offer."""

    why: SoundRefusal


class SourceChanged(OfCall, kw_only=True):
    """The call's sound comes from another address:port or SSRC (RFC 3550 §3) than before.

    previous: the first time, the address in the far end's SDP; previous_ssrc is None then. taken_over: from another
    address, which no re-INVITE has named, after the previous one was silent.
    """

    source: str
    ssrc: int = 0  # in recordings made before it was given
    previous: str
    previous_ssrc: int | None = None
    taken_over: bool = False


class RtpStarted(OfCall, kw_only=True):
    """The first packet was sent or received; again after the answer, and after each change of the codec."""

    direction: MediaDirection


class RtpStopped(OfCall, kw_only=True):
    """No packets have arrived for about 2 s although they should."""


class RtpResumed(OfCall, kw_only=True):
    """Packets arrive again."""


class MediaCounted(OfCall, kw_only=True):
    """Counters of a call's sound (RFC 3550 §6.4), about once a second while packets are due, and before its end.

    sent_silent_s, received_silent_s: for how long the sound has been digital silence. sent, received: the level of
    the last second; None if no second of sound was complete since the last counters.
    """

    quality: Quality
    sent_silent_s: float = 0.0
    received_silent_s: float = 0.0
    sent: SoundLevel | None = None
    received: SoundLevel | None = None
    use: PacketUse | None = None  # None: the SIP library does not count it


class DigitReceived(OfCall, kw_only=True):
    """One DTMF digit, once, however many packets carried it. `method`: rfc4733, info or inband (heard in the sound)."""

    digit: str
    method: DigitMethod
    duration_ms: int


class DigitUnreadable(OfCall, kw_only=True):
    """A digit came by INFO in a form that is not read, the first time in a call. content_type: of the INFO."""

    content_type: str


class DigitSent(OfCall, kw_only=True):
    """One DTMF digit was sent. hidden: as in its order."""

    digit: str
    hidden: bool = True


class DigitsUnread(OfCall, kw_only=True):
    """The program that gets the call's digits has no stream of events any more that brings them."""


class DigitsNotSent(OfCall, kw_only=True):
    """The rest of the digits could not be sent."""

    why: str


class HoldFailed(OfCall, kw_only=True):
    """The far end refused the re-INVITE that holds or resumes; the desired state returns to the actual one."""

    code: int
    reason: str
    held: bool  # whether we hold the call now
    headers: tuple[tuple[str, str], ...] = ()  # of its response
    content_type: str = ""  # of its body
    body: str = ""  # without keys


class OfUpdate(OfCall, kw_only=True):
    """Base of inputs about a change, and what came with it: headers and content_type, and the body without keys."""

    changes: tuple[UpdateChange, ...]
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    body: str = ""


class UpdateReceived(OfUpdate, kw_only=True):
    """The far end requests a change by re-INVITE or UPDATE: hold, resume, codec, address. asked: it awaits a decision.

    headers and content_type: of its re-INVITE.
    """

    asked: bool = False


class UpdateSent(OfCall, kw_only=True):
    """We sent a re-INVITE that should change this."""

    changes: tuple[UpdateChange, ...]


class UpdateAnswered(OfUpdate, kw_only=True):
    """A change by either side has its final response; after a refusal (RFC 3261 §14.2) the call goes on as before.

    HoldFailed reports refusals of our own hold and resume instead. headers and content_type:
    of the far end's response.
    """

    code: int
    reason: str
    ours: bool = False  # we have requested it


class Dial(Action):
    """Place a call to a target's name, a SIP URI, or a number at an account.

    call: the id that the client has chosen. answer_within_s: None as configured. record: from the answer on. apart:
    from the room. early_media: whether the far end's sound is heard before its answer.
    """

    to: str
    headers: tuple[tuple[str, str], ...] = ()
    account: AccountId = NO_ACCOUNT  # default: the target's own; for a plain number the first account
    custom_data: str = ""
    call: CallId | None = None
    answer_within_s: float | None = None
    record: bool = False
    apart: bool = False
    early_media: bool = True


class AnswerCall(Action):
    """Answer an incoming call, with headers in the 200. `custom_data` None: unchanged. apart: from the room."""

    call: CallId
    headers: tuple[tuple[str, str], ...] = ()
    custom_data: str | None = None
    apart: bool = False


class RingCall(Action):
    """Send 180 Ringing to the caller. The station does so by itself at once; use it again after early media."""

    call: CallId


class SendEarlyMedia(Action):
    """Let the caller hear the station before the answer (183 with SDP), instead of the phone's own ringback."""

    call: CallId
    source: EarlySource = EarlySource.TONE
    headers: Annotated[Headers, Meta(description="Headers of the first 183.")] = ()


class SetCustomData(Action):
    """Store a client's note on a call, in place of the earlier one."""

    call: CallId
    custom_data: str


class SetStatisticsInterval(Action):
    """Report a call's statistics every so many seconds; 0: do not report them."""

    call: CallId
    seconds: int


class ReportLevels(Action):
    """Report the levels of a call's sound, or no longer. microphone: also whether the call hears the microphone."""

    call: CallId
    wanted: bool
    microphone: bool = False


class SetDigitMethods(Action):
    """Take the far end's digits by these methods only, whatever its account says."""

    call: CallId
    methods: tuple[DigitMethod, ...]


class SendDigitsTo(Action):
    """Send a call's digits to the program that asks and leads the call, or to the station's codes again."""

    call: CallId
    to: DigitsTo


class RejectCall(Action):
    """Refuse an incoming call."""

    call: CallId
    code: Annotated[
        int,
        Meta(
            ge=400,
            le=699,
            description="Final SIP response (RFC 3261 §21.4 to 21.6): 603 declines the call, 486 says busy.",
            examples=[603],
        ),
    ] = 603
    reason: Annotated[
        str,
        Meta(
            max_length=128,
            pattern=LINE,
            description="Reason phrase. Empty: the usual one of the code.",
            examples=["Decline"],
        ),
    ] = ""
    headers: Annotated[Headers, Meta(description="Headers of the response.")] = ()


class ForwardCall(Action):
    """Forward an incoming call that nobody has answered (302): to a target, or to a number at an account."""

    call: CallId
    to: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="A target's name, or a number.", examples=["office"]),
    ]


class HangUpCall(Action):
    """End a call in any state."""

    call: CallId
    headers: Annotated[
        Headers,
        Meta(description="Headers of the BYE, CANCEL or refusal that ends the call.", examples=[{"X-Floor": "2"}]),
    ] = ()


class HoldCall(Action):
    """Hold (or resume) a connected call."""

    call: CallId
    held: bool


class DecideUpdate(Action):
    """Accept or refuse the change that the far end requests."""

    call: CallId
    accepted: bool


class AskUpdates(Action):
    """Whether clients decide about the far end's changes of a call from now on."""

    call: CallId
    wanted: bool


class UpdateCall(Action):
    """Offer the far end only these codecs, the preferred one first."""

    call: CallId
    codecs: tuple[str, ...]


class SwitchTo(Action):
    """Bring a call to the foreground: the current foreground call is held, and this one resumed."""

    call: CallId


class MuteCall(Action):
    """Mute (or unmute) our microphone in a call."""

    call: CallId
    muted: bool


class SendDigits(Action):
    """Send DTMF digits."""

    call: CallId
    digits: Annotated[str, Meta(pattern=DIGITS, examples=["12#"])]
