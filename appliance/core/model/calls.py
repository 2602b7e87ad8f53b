"""Calls: states, causes, the far end, media, and messages."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from appliance.base.record import Record
from appliance.core.model.call_sound import MediaDirection, Quality, SoundRefusal, SoundWatch
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import (
    NO_ACCOUNT,
    AccountId,
    ButtonId,
    CallId,
    ConferenceId,
    MessageId,
    RecordingId,
    RingId,
)
from appliance.core.model.recordings import OpenRecording
from appliance.core.model.transfers import TransferPolicy


class CallState(StrEnum):
    """The states of a call; docs/reference/call-states.md is drawn from the table in `call_states`."""

    DIALING = "dialing"
    RINGING = "ringing"
    EARLY_MEDIA = "early_media"
    INCOMING = "incoming"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"
    ENDED = "ended"


OVER = (CallState.DISCONNECTING, CallState.ENDED)  # a tuple is searched by identity, without a call of Python's


class Direction(StrEnum):
    """Who sent the INVITE: they (incoming) or we (outgoing)."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Hold(StrEnum):
    """Who holds a call."""

    NONE = "none"
    LOCAL = "local"
    REMOTE = "remote"
    BOTH = "both"


class By(StrEnum):
    """Who ended or held a call."""

    LOCAL = "local"
    REMOTE = "remote"
    NETWORK = "network"
    DEVICE = "device"


class Cause(StrEnum):
    """Why a call ended, for programs; the SIP code and reason are separate fields."""

    HANGUP = "hangup"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELED = "canceled"
    NO_ANSWER = "no_answer"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    PAYMENT_REQUIRED = "payment_required"
    UNAUTHORIZED = "unauthorized"
    MEDIA_FAILED = "media_failed"
    ICE_FAILED = "ice_failed"
    RTP_TIMEOUT = "rtp_timeout"
    NETWORK_LOST = "network_lost"
    SERVER_ERROR = "server_error"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    TRANSFERRED = "transferred"
    REPLACED = "replaced"
    DURATION_LIMIT = "duration_limit"
    AUDIO_FAILED = "audio_failed"
    SHUTDOWN = "shutdown"
    ERROR = "error"


class DigitMethod(StrEnum):
    """How a digit came: as an RTP event (RFC 4733), by INFO, or as tones in the sound."""

    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"


class UpdateChange(StrEnum):
    """The change that a re-INVITE or UPDATE asks for."""

    HOLD = "hold"
    RESUME = "resume"
    CODEC = "codec"
    ADDRESS = "address"
    DIRECTION = "direction"  # the far end only listens, or no longer


class UpdateResult(StrEnum):
    """The outcome of a re-INVITE or UPDATE."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class IceFault(StrEnum):
    """Why ICE has no path for a call's sound: no pair of addresses works, none was found in time, or it was lost."""

    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    FAILED_CHECKS = "failed_checks"


CodecName = Literal["opus", "G722", "PCMA", "PCMU"]
UpdatePolicy = Literal["accept", "ask"]  # whether a client decides about changes that the far end requests


class EarlySource(StrEnum):
    """The sound that a caller hears before we answer: none, the station's own tone, or the panel's microphone."""

    NONE = ""
    TONE = "tone"
    PANEL = "panel"


class MessageMethod(StrEnum):
    """How a message is sent: by MESSAGE (RFC 3428), or in a call by INFO (RFC 6086)."""

    MESSAGE = "MESSAGE"
    INFO = "INFO"


class Deadlines(Record):
    """Longest stay in each waiting state, in seconds (docs/reference/contract.md)."""

    dialing_s: float = 32.0
    ringing_s: float = 60.0
    early_media_s: float = 60.0
    incoming_s: float = 60.0
    connecting_s: float = 32.0
    disconnecting_s: float = 5.0
    rtp_s: float = 30.0
    update_s: float = 10.0
    transfer_s: float = 90.0
    transfer_request_s: float = 60.0


class Forwarding(Record):
    """Call forwarding: name of a target or a number; empty: none."""

    always: str = ""
    quiet: Annotated[str, Meta(description="Calls in quiet hours, or during do not disturb.")] = ""
    busy: str = ""  # calls above the limit
    no_answer: str = ""  # calls that nobody has answered for `no_answer_s`
    no_answer_s: float = 20.0


class DigitsTo(StrEnum):
    """Who gets a call's digits: the station's codes, or the program that leads the call."""

    CODES = "codes"
    PROGRAM = "program"


class DigitsBy(StrEnum):
    """How digits are sent to a far end that does not accept RFC 4733."""

    NONE = "none"
    INFO = "info"
    INBAND = "inband"


class Remote(Record):
    """The far end as it named itself; texts are clean UTF-8. `uri` has no angle brackets.

    target: the id of the configured target, "" for a stranger; target_name: the target's name for people, if any.
    """

    uri: str
    display_name: str = ""
    target: str = ""
    target_name: str = ""


class Codec(Record):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


class Candidate(Record):
    """An address that ICE tried (RFC 8445 §5.1.1): host, srflx, prflx or relay; address:port."""

    kind: str
    address: str


class End(Record):
    """How a call ended: a cause for programs, the SIP code (0: none was received) and reason, and who ended it."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: Annotated[
        str, Meta(description="One sentence on a failure that names the setting to check; otherwise empty.")
    ] = ""


class CallHeaders(Record):
    """The headers of a call."""

    invite: tuple[tuple[str, str], ...] = ()  # of the INVITE
    hidden: tuple[tuple[str, str], ...] = ()  # further headers of our INVITE, which views omit
    answer: tuple[tuple[str, str], ...] = ()  # of the far end's 200
    end: tuple[tuple[str, str], ...] = ()  # of the far end's BYE, CANCEL or refusal


def hold_of(local: bool, remote: bool) -> Hold:
    """Who holds a call: we, the far end, both or nobody."""
    if local:
        return Hold.BOTH if remote else Hold.LOCAL
    return Hold.REMOTE if remote else Hold.NONE


class CallSound(Record):
    """The sound of a call: how it was negotiated, how it arrives, and who holds or mutes it."""

    early: EarlySource = EarlySource.NONE  # of an incoming call, before it is answered
    early_came: bool = False  # the far end of our call sends sound, and has not answered yet
    early_heard_at: float | None = None  # when its far end was last audible before the answer
    codec: Codec | None = None
    started: tuple[MediaDirection, ...] = ()  # whose first packet is reported
    ice: bool = False  # its sound uses a pair of addresses that ICE found
    takes_events: bool = True  # DTMF digits by RFC 4733
    srtp: bool = False  # whether its sound is encrypted
    taken_over: bool = False  # packets come from another address, only because the far end's was silent
    quality: Quality | None = None
    watch: SoundWatch = SoundWatch()
    rtp_lost_since: float | None = None
    held_local: bool = False
    set_aside: bool = False  # held by us only because another call is in the foreground
    held_remote: bool = False
    muted: bool = False
    refusal: SoundRefusal | None = None  # by the far end's answer

    @property
    def hold(self) -> Hold:
        """Who holds the call."""
        if not self.held_local and not self.held_remote:  # nearly always
            return Hold.NONE
        return hold_of(self.held_local, self.held_remote)


class CallTimes(Record):
    """The moments of a call, past and planned."""

    ringing_since: float | None = None
    connected_since: float | None = None
    answers_at: float | None = None  # the time of its automatic answer, if it is in the foreground then
    ends_at: float | None = None  # the time at which it reaches the longest duration
    decides_at: float | None = None  # until when an incoming call does not ring yet: a receiver of webhooks may decide
    expires_at: float | None = None  # until when a caller's INVITE is valid, by its own Expires
    end_announced: bool = False


class CallPlacing(Record):
    """The progress of our INVITE, and its earlier addresses."""

    done: bool = True  # False: its INVITE waits for the SIP process; or it has none, as browsers are rung
    tried: bool = False  # at least 100 came as a response; known when the call is over
    challenge: str = ""  # why a password that was wanted could not be given; known then, too
    doubt: tuple[str, str] = ("", "")  # why an answer did not count, and its sender's address and port
    again: bool = False  # it replaces a call that was lost with the SIP process
    redirected: tuple[str, ...] = ()  # the earlier addresses of a redirected call, the first one first
    answer_within_s: float | None = None  # a client's limit, from the begin of the call; None: as configured
    record: bool = False  # a client wants a recording from the answer on
    early_media: bool = True  # the far end's sound before its answer is heard
    progress: int = 0  # the latest 18x


class CallForward(Record):
    """Where an incoming call goes that nobody answers in time."""

    to: str = ""  # the destination if nobody has answered at `forward_at`
    at: float | None = None
    diverted: tuple[str, ...] = ()  # the addresses that the call has visited before


class CallUpdates(Record):
    """How changes of a call by the far end are decided."""

    ask: bool | None = None  # whether clients decide about the far end's changes; None: as configured
    until: float | None = None  # a change waits for a client's decision until then


class CallDigits(Record):
    """The DTMF digits of a call. methods: the methods that a client has chosen; None: as the account is configured."""

    methods: tuple[DigitMethod, ...] | None = None
    to: DigitsTo = DigitsTo.CODES
    received: str = ""  # received recently, as the beginning of a code
    received_at: float = 0.0
    sent: tuple[tuple[str, float], ...] = ()  # digits that we sent recently, and when


class Call(Record):
    """A call, from INVITE to its last event. `deadline` bounds the current state; None: no limit."""

    id: CallId
    direction: Direction
    state: CallState
    remote: Remote
    created: float
    deadline: Deadline | None
    number: str = ""
    local_uri: str = ""
    custom_data: str = ""  # a client's note
    account: AccountId = NO_ACCOUNT  # that carries the call
    button: ButtonId | None = None  # whose press placed the call: a visitor waits
    conference: ConferenceId | None = None
    ring: RingId | None = None  # the visitor's ring that the call is part of
    of_visitor: bool = False  # it takes the place of a call that a visitor's press began
    confirm: str = ""  # the digit that the far end must still press before anybody is heard
    answered_by_us: bool = False
    apart: bool = False  # from the room: without speaker and microphone, and never in the foreground
    led_by: str = ""  # who placed or answered it; "" for a button's ring and while nobody has answered
    transport: str = "udp"  # of its SIP messages
    recording: RecordingId | None = None
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE
    replaces: CallId | None = None  # our call that this call replaces once answered
    stranger: bool = False  # the caller is no target, and no registrar vouches for it
    browser: bool = False  # a client of HTTP calls from its browser; or all browsers are rung, without SIP
    end: End | None = None  # decided when disconnecting, final when ended
    headers: CallHeaders = CallHeaders()
    media: CallSound = CallSound()
    times: CallTimes = CallTimes()
    placing: CallPlacing = CallPlacing()
    forward: CallForward = CallForward()
    updates: CallUpdates = CallUpdates()
    digits: CallDigits = CallDigits()

    @property
    def visits(self) -> bool:
        """Whether a visitor's press began the call, or the one whose place it takes."""
        return self.button is not None or self.ring is not None or self.of_visitor

    @property
    def caller(self) -> str:
        """The address of the caller."""
        return self.remote.uri if self.direction is Direction.INCOMING else self.local_uri

    @property
    def called(self) -> str:
        """The address of the called party."""
        return self.local_uri if self.direction is Direction.INCOMING else self.remote.uri

    @property
    def alive(self) -> bool:
        """Whether the call is neither ending nor ended."""
        return self.state not in OVER

    @property
    def answered(self) -> bool:
        """Whether a person has answered, and has pressed the digit that proves it if one is required."""
        return self.state in {CallState.CONNECTING, CallState.CONNECTED} and not self.confirm

    @property
    def talks(self) -> bool:
        """Whether people can talk; a hold does not count here."""
        return self.state is CallState.CONNECTED and not self.confirm

    @property
    def unanswered_here(self) -> bool:
        """Whether this is an incoming call that nobody here has answered."""
        early = self.state is CallState.INCOMING or self.state is CallState.EARLY_MEDIA
        return early and self.direction is Direction.INCOMING and not self.answered_by_us


class Content(Record):
    """The content of a message. `type`: the Content-Type without parameters; and its headers."""

    type: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()


class OutgoingMessage(Record):
    """A message that we sent and that has no answer yet. call: the call of its dialog, None outside a call."""

    id: MessageId
    method: MessageMethod
    to: str
    call: CallId | None
    deadline: Deadline
    digit: str = ""  # that it carries
    hidden: bool = False  # that digit, in events


class CallsPart(Record):
    """The calls that have not ended, and the open recordings."""

    living: tuple[Call, ...] = ()  # the foreground call is last, the previous foreground call before it
    recordings: tuple[OpenRecording, ...] = ()

    def get(self, wanted: str) -> Call | None:
        """Find a call by its id; None if it has ended."""
        for call in self.living:
            if call.id == wanted:
                return call
        return None

    @property
    def active(self) -> Call | None:
        """The foreground call: buttons act on it, and only it has the speaker and the microphone.

        Calls that we have begun to end do not count; they only wait for their last response. If a conference is in the
        foreground, it is one of its connected calls, if any, and the others share speaker and microphone with it.
        """
        for top in reversed(self.living):
            if top.state not in OVER and not top.apart:  # not `alive`: a step asks this seven times
                if top.conference is None:
                    return top
                talks = (c for c in reversed(self.living) if c.conference is not None and c.talks)
                return next(talks, top)
        return None

    @property
    def waiting(self) -> Call | None:
        """The unanswered incoming call nearest to the foreground, and so the oldest of those behind it."""
        return next((c for c in reversed(self.living) if c.unanswered_here), None)

    def with_call(self, call: Call, *, behind: bool = False) -> "CallsPart":
        """Return a copy that has `call` instead of the call with the same id.

        A new call goes to the front, an incoming last. behind: a new call goes behind all others, like an incoming one.

        A new call in a conference goes behind the others there, so that the calls of a conference stay together.
        """
        if self.get(call.id) is not None:
            return replace(self, living=tuple([call if c.id == call.id else c for c in self.living]))
        if call.conference is not None:
            at = next((n for n, c in enumerate(self.living) if c.conference is not None), len(self.living))
            return replace(self, living=(*self.living[:at], call, *self.living[at:]))
        if behind or call.direction is Direction.INCOMING:
            return replace(self, living=(call, *self.living))
        return replace(self, living=(*self.living, call))

    def with_front(self, call: Call) -> "CallsPart":
        """A copy with that call in the foreground, and with it the other calls of its conference."""
        if call.conference is None:
            return replace(self, living=(*(c for c in self.living if c.id != call.id), call))
        behind = (c for c in self.living if c.conference is None and c.id != call.id)
        others = (c for c in self.living if c.conference is not None and c.id != call.id)
        return replace(self, living=(*behind, *others, call))


class CallSearch(Record):
    """A search in the call log: a call must match every field that is not empty. Times are UTC, as in events.

    after, before: bounds of the call's begin. party: a part of the far end's name or address. outcome: the cause of the
    end. call: the id.
    """

    after: str = ""
    before: str = ""
    party: str = ""
    direction: str = ""
    outcome: str = ""
    missed: bool | None = None
    call: str = ""
