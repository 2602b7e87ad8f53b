"""Calls, as the SIP process reports them, and orders for them."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input, OfCall
from appliance.core.model import NO_ACCOUNT, AccountId, CallId, Candidate, Codec, EarlySource, IceFault, Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(Input):
    """An INVITE came (RFC 3261 §13); nothing but 100 was answered.

    refused: the code of the final response, where the SIP stack gave one by itself, as to an offer without a codec that
    we have (488); 0 otherwise. The call is over then.
    """

    call: CallId
    uri: str
    display_name: str
    source: str  # address:port the packet came from
    names: tuple[str, ...] = ()  # host names of targets that lead to that address
    transport: str = "udp"  # what the way proves of the source: udp, tcp or tls, see peers.PROOF
    local_uri: str
    headers: tuple[tuple[str, str], ...] = ()  # X- ones only
    account: AccountId = NO_ACCOUNT  # whose address was called
    refused: int = 0
    reason: str = ""
    answer_after_s: float | None = None  # the caller asks us to answer by ourselves, so long from now
    diverted: tuple[str, ...] = ()  # who sent the call on before it came here (RFC 5806, RFC 7044)
    replaces: CallId | None = None  # the call of ours whose place it is to take (RFC 3891)
    shown: str = ""  # the target whose password the caller has shown to know


@dataclass(frozen=True, slots=True, kw_only=True)
class CallProgressed(OfCall):
    """A provisional response to our INVITE: 180, or any 18x with SDP (`early_media`). `headers`: its X- ones."""

    code: int
    early_media: bool
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(OfCall):
    """A 200 to the INVITE came or went; the dialog is not confirmed yet. `headers`: X- ones of one that came."""

    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConfirmed(OfCall):
    """ACK came or went: people can talk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(OfCall):
    """The dialog is over. `code` and `reason` as on the wire (0: no response ever came); `reason_header`: RFC 3326.

    contacts: of a 3xx, where the far end wants to be called instead, the preferred first (RFC 3261 §8.1.3.4). headers:
    X- ones of their BYE, CANCEL or final response.
    """

    code: int
    reason: str
    remote: bool  # the far end, not we, ended it
    reason_header: str = ""
    contacts: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaStarted(OfCall):
    """Audio flows both ways as negotiated, also after each re-INVITE. `held`: the far end sends no media.

    events: it takes digits by RFC 4733.
    """

    codec: Codec
    held: bool
    events: bool = True
    srtp: bool = False  # encrypted (RFC 3711)


@dataclass(frozen=True, slots=True, kw_only=True)
class IceCompleted(OfCall):
    """ICE found a pair of addresses that works: our candidate and theirs, for RTP."""

    local: Candidate
    remote: Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class IceFailed(OfCall):
    """ICE found none: nothing can be heard."""

    fault: IceFault


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswerToOffer(OfCall):
    """The far end accepted the call by an ACK that has no answer to our offer (RFC 3261 §13.2.1): there is no sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged(OfCall):
    """The call's sound comes from another address:port than before, or than the far end's SDP named (`previous`)."""

    source: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpStopped(OfCall):
    """Nothing has been received for a while (about 2 s) though it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpResumed(OfCall):
    """Packets come again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaCounted(OfCall):
    """How the call's sound arrives (RFC 3550 §6.4): about each second while packets are due."""

    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitReceived(OfCall):
    """One DTMF digit, once, whatever the packets did. `method`: rfc4733, info or inband (heard in the sound)."""

    digit: str
    method: str
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitSent(OfCall):
    """One DTMF digit went out."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsNotSent(OfCall):
    """What is left of the digits that were to be sent was given up."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFailed(OfCall):
    """The far end refused the re-INVITE that holds or resumes; what is desired falls back to what is."""

    code: int
    reason: str
    held: bool  # whether we hold the call now
    headers: tuple[tuple[str, str], ...] = ()  # X- ones of their response
    content_type: str = ""  # of its body


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReceived(OfCall):
    """The far end wants a change by re-INVITE or UPDATE: hold, resume, codec, address. asked: it waits for our word.

    headers and content_type: X- headers and type of the body of its re-INVITE.
    """

    changes: tuple[str, ...]
    asked: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSent(OfCall):
    """A re-INVITE of ours went out that is to change this."""

    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAnswered(OfCall):
    """A change of theirs, or ours, has its final response; after a refusal (RFC 3261 §14.2) the call goes on as before.

    Refusals of our own hold and resume are told by HoldFailed instead. headers and content_type: X- headers and type of
    the body of their response.
    """

    changes: tuple[str, ...]
    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Place a call to a target's name, a SIP URI, or a number at an account."""

    to: str
    headers: tuple[tuple[str, str], ...] = ()
    account: AccountId = NO_ACCOUNT  # through which; without, a target's own, or for a plain number the first there is
    custom_data: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Answer an incoming call, with X- headers in the 200. `custom_data` None: as it is."""

    call: CallId
    headers: tuple[tuple[str, str], ...] = ()
    custom_data: str | None = None


@dataclass(frozen=True, slots=True)
class RingCall:
    """Tell the caller that it rings (180)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class SendEarlyMedia:
    """Have the caller hear the station before anybody answers (183 with SDP)."""

    call: CallId
    source: EarlySource = EarlySource.TONE


@dataclass(frozen=True, slots=True)
class SetCustomData:
    """Note something beside a call, in place of what is there."""

    call: CallId
    custom_data: str


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse an incoming call with a final code of 4xx to 6xx, a reason phrase, "" for the usual one, and headers."""

    call: CallId
    code: int = 486
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HangUpCall:
    """End a call in whatever state; BYE, CANCEL or the refusal carries these X- headers."""

    call: CallId
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HoldCall:
    """Hold (or resume) a connected call."""

    call: CallId
    held: bool


@dataclass(frozen=True, slots=True)
class DecideUpdate:
    """Accept, or refuse, the change that the far end asks for."""

    call: CallId
    accepted: bool


@dataclass(frozen=True, slots=True)
class AskUpdates:
    """Whether the far end's changes of a call are asked of a client from now on."""

    call: CallId
    wanted: bool


@dataclass(frozen=True, slots=True)
class UpdateCall:
    """Ask the far end to go on with these codecs alone, the preferred one first."""

    call: CallId
    codecs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SwitchTo:
    """Put a call in front: the one that was there is held, and this one resumed."""

    call: CallId


@dataclass(frozen=True, slots=True)
class MuteCall:
    """Mute (or unmute) our microphone towards a call."""

    call: CallId
    muted: bool


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send DTMF digits of 0-9 A-D * #."""

    call: CallId
    digits: str
