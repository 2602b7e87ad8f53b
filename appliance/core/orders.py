"""Orders: acts that cannot be taken back, which an adapter performs once. Everything else is `desired`."""

from appliance.base.errors import IntercomError
from appliance.base.record import Record, Tagged
from appliance.core.model import (
    DIGIT_S,
    NO_ACCOUNT,
    PAUSE_S,
    AccessScope,
    AccountId,
    Act,
    Call,
    CallId,
    ConferenceId,
    Content,
    Credential,
    CredentialId,
    LockoutScope,
    MessageId,
    MessageMethod,
    Package,
    RecordingFormat,
    RecordingId,
    RequestId,
    SoundFindings,
)


class Place(Tagged):
    """Send an INVITE (RFC 3261 §13.1), through the account if one is named.

    expires_s: how long the INVITE is valid (RFC 3261 §13.2.1), so that no phone rings on when the network is gone.
    srtp: off, optional or mandatory; an account has its own.
    """

    call: CallId
    uri: str
    headers: tuple[tuple[str, str], ...] = ()
    account: AccountId = NO_ACCOUNT
    expires_s: int = 0
    srtp: str = "off"


class Ring(Tagged):
    """Send 180 to the caller."""

    call: CallId


class EarlyMedia(Tagged):
    """Send 183 with SDP to the caller (RFC 3960 §3), with these headers."""

    call: CallId
    headers: tuple[tuple[str, str], ...] = ()


class Answer(Tagged):
    """Send 200 to the caller, with these headers."""

    call: CallId
    headers: tuple[tuple[str, str], ...] = ()


class AnswerUpdate(Tagged):
    """Answer a re-INVITE of the far end that waits for a decision: 200, or a refusal."""

    call: CallId
    code: int


class OfferCodecs(Tagged):
    """Offer only these codecs, by re-INVITE; UpdateSent and UpdateAnswered follow."""

    call: CallId
    codecs: tuple[str, ...]


class Words(Record):
    """A client's additions to a refusal or a hang-up: a reason phrase ("": the usual phrase), and headers."""

    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Refuse(Tagged):
    """Send a final 3xx to 6xx to the caller, with these headers. `contact`: the URI to call instead, of a 3xx.

    reason: the reason phrase, "" for the usual one.
    """

    call: CallId
    code: int
    contact: str = ""
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class HangUp(Tagged):
    """Send CANCEL or BYE, with a Reason header (RFC 3326) if one is given, and with these headers."""

    call: CallId
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class SendDigit(Tagged):
    """Send digits in order: by RFC 4733, or as tones in the sound. tone_s: the length of each; then it is silent.

    hidden: no event may show them.
    """

    call: CallId
    digits: str
    inband: bool = False
    tone_s: float = DIGIT_S
    pause_s: float = PAUSE_S
    hidden: bool = True


class Refer(Tagged):
    """Send REFER (RFC 3515): the far end should call `to`, and replace our call `other` if one is named (RFC 3891).

    headers: of it. TransferProgressed follows.
    """

    call: CallId
    to: str
    other: CallId | None = None
    headers: tuple[tuple[str, str], ...] = ()


class NotifyTransfer(Tagged):
    """Report the progress of the far end's REFER by NOTIFY (RFC 3515 §2.4.4); a code from 200 on is the last."""

    call: CallId
    code: int
    reason: str


class SendMessage(Tagged):
    """Send a message, inside `call` if one is named; MessageAnswered follows."""

    message: MessageId
    method: MessageMethod
    to: str
    account: AccountId
    call: CallId | None
    content: Content


class Register(Tagged):
    """Send the first REGISTER, or one that refreshes (RFC 3261 §10.2); Registered or RegistrationFailed follows.

    former: the contact that the registrar keeps for us, "" for none; a first REGISTER from another one ends it.
    """

    account: AccountId
    former: str = ""


class Unregister(Tagged):
    """Send a REGISTER that ends the registration (RFC 3261 §10.2.2); Unregistered or RegistrationFailed follows."""

    account: AccountId


class Probe(Tagged):
    """Check by OPTIONS (RFC 3261 §11) whether a contact is reachable; ContactAnswered follows."""

    contact: str
    uri: str
    account: AccountId = NO_ACCOUNT


class Subscribe(Tagged):
    """Subscribe to a contact's state (SUBSCRIBE, RFC 6665), in place of an earlier subscription or probe.

    ContactNotified or SubscriptionEnded follows.
    """

    contact: str
    uri: str
    account: AccountId
    package: Package


class Unsubscribe(Tagged):
    """End the subscription or probes of a contact."""

    contact: str


class Renew(Tagged):
    """The machine's address has changed: move calls to the new one by re-INVITE, and register again."""


class AnnounceRecording(Record):
    """Play an announcement to the far end, and on the speaker if there is one, then post RecordingAnnounced.

    spoken: a text, else a sound. Without a call: ask the visitor for a message, then beep.
    """

    call: CallId
    recording: RecordingId
    spoken: bool
    speaker: bool


class DropAnnouncement(Record):
    """Give up an announcement of a recording, also one that waits for its turn; nothing is posted for it."""

    recording: RecordingId


class PrepareRecording(Record):
    """Make the file and its index row durable, then post RecordingPrepared or RecordingRefused.

    remote: the far end, or of a visitor's message the plan that nobody answered. format, note: as in OpenRecording.
    conference: that the call is in; None: none.
    """

    call: CallId
    recording: RecordingId
    remote: str
    format: RecordingFormat | None = None
    note: str = ""
    conference: ConferenceId | None = None


class FinishRecording(Record):
    """Repair the header from the file's size, complete the index row, then post RecordingAvailable.

    discarded_by: the client for whom file and row are removed instead; then post RecordingDeleted. failed: the core has
    reported a failure, so nothing is posted if nothing was recorded.
    """

    recording: RecordingId
    discarded_by: str = ""
    failed: bool = False


class LogCall(Record):
    """Write a call into the call log; replaces the call's earlier row.

    `ended`: CLOCK_MONOTONIC seconds, None while the call lasts. `missed`: for such a call, as if it were cut off now.
    """

    call: Call
    ended: float | None
    missed: bool


class KeepCredential(Record):
    """Store a credential on disc, then post CredentialKept or CredentialNotKept. again: try until it works."""

    code: Credential
    again: bool = False


class DropCredential(Record):
    """Remove a credential from the disc, then post CredentialKept or CredentialNotKept. again: try until it works."""

    code: CredentialId
    again: bool = False


class KeepLockouts(Record):
    """Store these lockouts on disc in place of the earlier ones: scope, who, door, wrong tries, seconds from now."""

    lockouts: tuple[tuple[LockoutScope, str, str, int, float], ...]


class GiveOrders(Record):
    """Give the orders of a rule, one after another. allow: no order may need another scope.

    maker: id of the token that limits it, too; "": none does.
    """

    rule: str
    acts: tuple[Act, ...]
    allow: tuple[AccessScope, ...] = ()
    maker: str = ""


class Reply(Record):
    """The answer to a client's request: the id of the subject, or the error. warning: why the request changed nothing.

    trial: the result of a sound test.
    """

    request: RequestId
    call: CallId | None = None
    message: MessageId | None = None
    conference: ConferenceId | None = None
    code: CredentialId | None = None
    error: IntercomError | None = None
    warning: str = ""
    trial: SoundFindings | None = None


CallOrder = (
    Place
    | Ring
    | EarlyMedia
    | Answer
    | AnswerUpdate
    | OfferCodecs
    | Refuse
    | HangUp
    | SendDigit
    | Refer
    | NotifyTransfer
)
AccountOrder = Register | Unregister
SipOrder = CallOrder | AccountOrder | Renew | Probe | Subscribe | Unsubscribe | SendMessage
BookOrder = KeepCredential | DropCredential | KeepLockouts
Order = (
    SipOrder
    | AnnounceRecording
    | DropAnnouncement
    | PrepareRecording
    | FinishRecording
    | LogCall
    | BookOrder
    | GiveOrders
    | Reply
)
