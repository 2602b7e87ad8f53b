"""What can happen to the core: every input says when (`at`) and, once it is taken in, brings a fresh id.

`at` is CLOCK_MONOTONIC in seconds: the moment of the edge or packet, not of its processing, which is `taken`.
"""

from dataclasses import dataclass, field
from typing import get_args

from appliance.core.model import (
    NO_ACCOUNT,
    AccountId,
    Book,
    ButtonId,
    CallId,
    Candidate,
    Clock,
    Codec,
    ConferenceId,
    ContactState,
    Content,
    CredentialId,
    CredentialKind,
    DoorId,
    EarlySource,
    IceFault,
    Kept,
    KeypadId,
    LampId,
    LockoutScope,
    MessageId,
    Pattern,
    Period,
    Quality,
    QuietHours,
    ReaderId,
    RecordingId,
    RequestId,
    SensorId,
    Settings,
    TlsFault,
    TransferPolicy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The base of all. The reactor puts in `fresh`, 26 sortable characters that no other input has, and `taken`."""

    at: float
    taken: float = 0.0
    fresh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Input):
    """The daemon runs; the first input. `kept`: what was on disc; `kept_fault`: why it cannot be read."""

    version: str
    kept: Kept = field(default_factory=Kept)
    kept_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Input):
    """A deadline that `desired` named has come. `edges`: up to when those of lines were heard of; None: to `at`."""

    edges: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Input):
    """SIGTERM: end every call, then go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged(Input):
    """The configuration was read again: `settings` hold from now on, for the same buttons, lamps, doors and accounts.

    `applied`, `needs_restart`: the names of settings that were changed, joined by commas.
    """

    settings: Settings
    applied: str
    needs_restart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(Input):
    """Somebody, or a time server, set the clock: by so many seconds, forward if positive. `at` knows nothing of it."""

    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold(Input):
    """What the clock shows, and whether it is to be trusted: at the start, and when any of that is otherwise."""

    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRead(Input):
    """The codes and cards there are, and the lockouts that a restart must not end.

    lockouts: scope, who, wrong, and for how many seconds he was locked out when that was written.
    """

    book: Book
    lockouts: tuple[tuple[LockoutScope, str, int, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialKept(Input):
    """A credential, or its removal, is on disc."""

    id: CredentialId


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialNotKept(Input):
    """It could not be written."""

    id: CredentialId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietChanged(Input):
    """The quiet hours have begun, or are over."""

    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRejected(Input):
    """The configuration was read again and has errors: what held before holds on."""

    errors: str


# -- panel -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonEdge(Input):
    """A button's line changed; active-low already applied. `lost`: the line is gone, which is no release."""

    button: ButtonId
    active: bool
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypadKey(Input):
    """A key of a keypad went down: one of 0 to 9, * and #; debounced."""

    keypad: KeypadId
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead(Input):
    """A reader has read a card.

    number: in decimal without zeros in front, of `bits` bits as they came by Wiegand, parity left out where it is
    known; or, with `bits` 0, as the reader typed it.
    """

    reader: ReaderId
    number: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingDiscarded(Input):
    """What a reader sent was no whole card or key: so often since it was last told. `why`: of the last one."""

    reader: ReaderId
    count: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailed(Input):
    """A part of the appliance does not work: panel, audio, storage, http, dbus. Told once, until it recovers."""

    part: str
    why: str
    resolution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecovered(Input):
    """A part that had failed works again."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReady(Input):
    """The relay guard is there and all relays are inactive; pulses older than its birth are void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLost(Input):
    """The relay guard is gone."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayChanged(Input):
    """The guard energised a door's relay, or ended the pulse."""

    door: DoorId
    energised: bool
    pulse: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMeasured(Input):
    """How loud the microphone is, in dBFS (0: the loudest there is): several times a second while that is desired."""

    dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChanged(Input):
    """What the network is now: addresses that others can reach us at, none while it is down, and who resolves names."""

    addresses: tuple[str, ...]
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCall(Input):
    """The base of inputs about one call that is known already."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAccount(Input):
    """The base of inputs about one account."""

    account: AccountId


# -- SIP -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SipReady(Input):
    """The SIP process takes orders; `address` is host:port that it listens on."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSlow(Input):
    """The SIP process was started `after_s` ago and is not ready. `waits_for`: what it is busy with, as "listing …"."""

    after_s: float
    waits_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipLost(Input):
    """The SIP process died or hung; its calls are gone. A new one is being started. `card`: by a sound card's fault."""

    why: str
    card: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoReceived(OfCall):
    """An INFO came (RFC 6086) that holds no digit; 200 was answered."""

    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgressed(OfCall):
    """What the far end says of the transfer that we asked for (RFC 3515 §2.4.5): final from 200 on, 0 for no answer.

    headers: X- ones of its NOTIFY, or of its response to REFER.
    """

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequested(OfCall):
    """REFER came (RFC 3515): we are to call `to`, with these headers if not empty (RFC 3891, RFC 3892).

    to: without headers; "" where it is no INVITE that is asked for. refused: the code that was answered, 0 where it was
    accepted, and the far end waits to be told what comes of it. headers: its X- ones.
    """

    to: str
    replaces: str = ""
    referred_by: str = ""
    refused: int = 0
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Input):
    """A MESSAGE came (RFC 3428), in a call or outside; 200 was answered."""

    uri: str
    display_name: str
    source: str  # address:port the packet came from
    names: tuple[str, ...] = ()  # host names of targets that lead to that address
    transport: str = "udp"  # what the way proves of the source: udp, tcp or tls, see peers.PROOF
    content: Content
    account: AccountId = NO_ACCOUNT  # whose address it was sent to
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswered(Input):
    """The final response to a message of ours; code 0: none came, and none will."""

    message: MessageId
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(OfAccount):
    """The registrar granted a REGISTER. `server`: address:port that the answer came from.

    hosts: addresses of all servers of the account, whichever of them may send us calls.
    """

    expires_s: float
    server: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFailed(OfAccount):
    """A REGISTER was refused; code 0: nobody answered. `retry_after_s`: as the registrar asks (RFC 3261 §20.33).

    tls: what is wrong with the certificate that it showed; `reason` then says it in words. server: address:port that
    was tried, "" where there was none to try. unresolved: its name has no address; `reason` says why.
    """

    code: int
    reason: str
    retry_after_s: float | None = None
    tls: TlsFault = TlsFault.NONE
    server: str = ""
    unresolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailed(OfAccount):
    """One of several servers, at address:port, does not answer or is in trouble: another one is being tried."""

    server: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered(OfAccount):
    """The registrar took the end of a registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAnswered(Input):
    """A final response to OPTIONS, or code 0: none came. `contact`: the target's name."""

    contact: str
    code: int
    reason: str


# -- recordings ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactNotified(Input):
    """A contact's server told how it is (NOTIFY, RFC 6665 §4.1.3). reason: why that is not known."""

    contact: str
    state: ContactState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded(Input):
    """Nothing more will be told of a contact: SUBSCRIBE was refused, or the server has ended it.

    code: of the final response, 0: none came; 200: it had begun, and `reason` is the server's (RFC 6665 §4.1.3).
    """

    contact: str
    code: int
    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPrepared(Input):
    """File and index row of a recording are on disc: it may begin."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingBegun(Input):
    """The first samples are being written."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingClosed(Input):
    """The SIP process has closed the file."""

    call: CallId
    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRefused(Input):
    """A recording cannot be made (disc full, not writable)."""

    call: CallId
    recording: RecordingId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAvailable(Input):
    """A recording is complete, or was repaired after an unclean end (`recovered`)."""

    recording: RecordingId
    duration_s: float
    bytes: int
    recovered: bool = False


# -- clients ---------------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Have the far end call somebody else: a target's name, a SIP URI, or a number at an account."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class ConnectCalls:
    """Have the far ends of two of our calls talk with each other, and leave (attended transfer)."""

    call: CallId
    other: CallId


@dataclass(frozen=True, slots=True)
class AcceptTransfer:
    """Call whom the far end wants us to call."""

    call: CallId


@dataclass(frozen=True, slots=True)
class EndTransfer:
    """The far end's wish is refused, or the client has fulfilled it by itself, or could not: a final SIP code."""

    call: CallId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SetTransferPolicy:
    """What becomes of wishes of this call's far end from now on."""

    call: CallId
    policy: TransferPolicy


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a MESSAGE outside of calls: to a target's name, a SIP URI, or a number at an account."""

    to: str
    content: Content
    account: AccountId = NO_ACCOUNT


@dataclass(frozen=True, slots=True)
class SendCallText:
    """Send a MESSAGE in a connected call."""

    call: CallId
    content: Content


@dataclass(frozen=True, slots=True)
class SendInfo:
    """Send an INFO in a connected call."""

    call: CallId
    content: Content


@dataclass(frozen=True, slots=True)
class PressButton:
    """Press and release a button: as the real one, for `seconds`."""

    button: ButtonId
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RingFlat:
    """Ring at a flat of the directory, as a visitor does."""

    flat: str


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """One pulse; `seconds` None: the door's own."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HoldDoor:
    """Hold open; `seconds` None: as long as the door may be."""

    door: DoorId
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseDoor:
    """End the hold."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class LockDoor:
    """Lock down; replied to when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class UnlockDoor:
    """End the lockdown; replied to when that is on disc."""

    door: DoorId


@dataclass(frozen=True, slots=True)
class ClearSensor:
    """Let doors open again that a sensor blocks."""

    sensor: SensorId


@dataclass(frozen=True, slots=True)
class TestLamp:
    """Have a lamp shine in a pattern for so long, whatever the panel shows. `color` None: its own."""

    lamp: LampId
    pattern: Pattern
    seconds: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class TestSound:
    """Play a tone on the speaker, and measure what the microphone hears of it; the reply comes at the end."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """Register now, or refresh, and stay registered."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class UnregisterAccount:
    """End the registration until RegisterAccount, or until the daemon starts anew."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class ChangeRuntime:
    """Change some of what may be changed while the station runs (see model.Forwarding); None: as it is."""

    always: str | None = None
    quiet: str | None = None
    busy: str | None = None
    no_answer: str | None = None
    no_answer_s: float | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = None


@dataclass(frozen=True, slots=True)
class AddCredential:
    """A new code of these digits, or a card of this number."""

    kind: CredentialKind
    digits: str = field(repr=False)
    owner: str
    doors: tuple[DoorId, ...]
    schedule: tuple[Period, ...] = ()
    uses: int | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeCredential:
    """Another owner, or other doors, times and limits; each field as it is to be from now on."""

    id: CredentialId
    owner: str
    doors: tuple[DoorId, ...]
    schedule: tuple[Period, ...]
    uses: int | None
    expires: float | None


@dataclass(frozen=True, slots=True)
class RemoveCredential:
    """It opens nothing from now on."""

    id: CredentialId


@dataclass(frozen=True, slots=True)
class Confer:
    """Begin a conference of the panel with calls there are, and with others, who are called; it comes to the front."""

    calls: tuple[CallId, ...]
    invite: tuple[Dial, ...]


@dataclass(frozen=True, slots=True)
class OfConference:
    """The base of what is asked about a conference."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class InviteInto(OfConference):
    """Call somebody, who is in the conference once he answers."""

    whom: Dial


@dataclass(frozen=True, slots=True)
class TakeInto(OfConference):
    """Take a call that there is into the conference; one to us that rings is answered."""

    call: CallId


@dataclass(frozen=True, slots=True)
class RemoveFrom(OfConference):
    """Have a participant leave the conference: its call ends."""

    call: CallId


@dataclass(frozen=True, slots=True)
class MuteIn(OfConference):
    """Keep what a participant says from all others (or not); `call` None: what the panel says."""

    call: CallId | None
    muted: bool


@dataclass(frozen=True, slots=True)
class HoldConference(OfConference):
    """Have the panel leave the conference, whose calls go on (or come back, and so put it in front)."""

    held: bool


@dataclass(frozen=True, slots=True)
class EndConference(OfConference):
    """End all its calls."""


Conferring = Confer | InviteInto | TakeInto | RemoveFrom | MuteIn | HoldConference | EndConference
Writing = SendText | SendCallText | SendInfo
AtOnce = (
    Dial
    | AnswerCall
    | RingCall
    | SendEarlyMedia
    | SetCustomData
    | RejectCall
    | HangUpCall
    | HoldCall
    | DecideUpdate
    | AskUpdates
    | UpdateCall
    | SwitchTo
    | MuteCall
    | SendDigits
    | TransferCall
    | ConnectCalls
    | AcceptTransfer
    | EndTransfer
    | SetTransferPolicy
    | PressButton
    | RingFlat
    | OpenDoor
    | HoldDoor
    | ReleaseDoor
    | ClearSensor
    | TestLamp
    | RegisterAccount
    | UnregisterAccount
    | ChangeRuntime
)
Lockdown = LockDoor | UnlockDoor
OfBook = AddCredential | ChangeCredential | RemoveCredential
Action = AtOnce | Conferring | Writing | Lockdown | OfBook | TestSound  # the last two are replied to at their end


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested(Input):
    """A client asks for something; the reply is an order `Reply` with the same id. `who` goes into events."""

    request: RequestId
    who: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorEdge(Input):
    """A sensor's line is so from now on, or since it was taken; None: it is lost."""

    sensor: SensorId
    active: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LampFound(Input):
    """A lamp's hardware was found, and can that."""

    lamp: LampId
    dims: bool
    colors: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWritten(Input):
    """That is on disc."""

    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFailed(Input):
    """The disc does not take what is to be kept; it is tried again."""

    why: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsDropped(Input):
    """So many more SIP requests were dropped, whose senders send too many; about every 5 s while there are any."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Input):
    """A SIP request outside of what calls and messages are made of was refused. source: the address of its sender."""

    method: str
    source: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied(Input):
    """Somebody asked without the right to."""

    who: str
    source: str
    scope: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLockedOut(Input):
    """After too many wrong passwords the SIP process looks at none for `seconds`: of a source, or for a target."""

    who: str
    source: str
    scope: LockoutScope
    seconds: float


CallInput = (
    CallProgressed
    | CallAnswered
    | CallConfirmed
    | CallEnded
    | MediaStarted
    | IceCompleted
    | IceFailed
    | NoAnswerToOffer
    | SourceChanged
    | RtpStopped
    | RtpResumed
    | MediaCounted
    | DigitReceived
    | DigitSent
    | DigitsNotSent
    | HoldFailed
    | UpdateReceived
    | UpdateSent
    | UpdateAnswered
    | InfoReceived
    | TransferProgressed
    | TransferRequested
)
AccountInput = Registered | RegistrationFailed | Unregistered | ServerFailed
AnyInput = (
    CallInput
    | AccountInput
    | Started
    | Tick
    | StopRequested
    | ConfigChanged
    | ConfigRejected
    | QuietChanged
    | ClockSet
    | ClockTold
    | BookRead
    | CredentialKept
    | CredentialNotKept
    | ButtonEdge
    | KeypadKey
    | CardRead
    | ReadingDiscarded
    | PartFailed
    | PartRecovered
    | GuardReady
    | GuardLost
    | RelayChanged
    | MicrophoneMeasured
    | NetworkChanged
    | SipReady
    | SipSlow
    | SipLost
    | ContactAnswered
    | ContactNotified
    | SubscriptionEnded
    | CallArrived
    | MessageReceived
    | MessageAnswered
    | RecordingPrepared
    | RecordingBegun
    | RecordingClosed
    | RecordingRefused
    | RecordingAvailable
    | SensorEdge
    | LampFound
    | KeptWritten
    | KeptFailed
    | Requested
    | RequestsDropped
    | RequestRefused
    | AccessDenied
    | AccessLockedOut
)
INPUTS: tuple[type[Input], ...] = get_args(AnyInput)
