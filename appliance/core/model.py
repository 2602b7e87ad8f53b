"""What the core knows: the settings it was given and the state it keeps. Times are seconds of CLOCK_MONOTONIC."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NewType

CallId = NewType("CallId", str)
ButtonId = NewType("ButtonId", str)
LampId = NewType("LampId", str)
DoorId = NewType("DoorId", str)
KeypadId = NewType("KeypadId", str)
ReaderId = NewType("ReaderId", str)
RecordingId = NewType("RecordingId", str)
RequestId = NewType("RequestId", str)
AccountId = NewType("AccountId", str)
MessageId = NewType("MessageId", str)
ConferenceId = NewType("ConferenceId", str)
RingId = NewType("RingId", str)
SensorId = NewType("SensorId", str)
CredentialId = NewType("CredentialId", str)
NO_ACCOUNT = AccountId("")  # straight from address to address
DIRECT = AccountId("direct")  # what clients call that


class CallState(StrEnum):
    """The states of a call; docs/reference/call-states.md is drawn from the table in `calls`."""

    DIALING = "dialing"
    RINGING = "ringing"
    EARLY_MEDIA = "early_media"
    INCOMING = "incoming"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"
    ENDED = "ended"


class AccountState(StrEnum):
    """The states of a registration (RFC 3261 §10): failed until the next attempt, registering while one is out."""

    UNREGISTERED = "unregistered"
    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"


class ContactState(StrEnum):
    """What is known of a watched contact."""

    UNKNOWN = "unknown"
    AVAILABLE = "available"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class Watch(StrEnum):
    """How it is found out whether a target is there: not at all, asked by OPTIONS, or told to us after SUBSCRIBE."""

    OFF = "off"
    OPTIONS = "options"
    SUBSCRIBE = "subscribe"


class Package(StrEnum):
    """What is subscribed to (RFC 6665 §7.2): presence (RFC 3856), or a telephone's calls (RFC 4235)."""

    PRESENCE = "presence"
    DIALOG = "dialog"


class RingResult(StrEnum):
    """How a visitor's ring ended. Canceled: by the visitor, a client, or since people talk here already."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    CANCELED = "canceled"


class TlsFault(StrEnum):
    """What is wrong with a server's certificate (RFC 5922): its name, who signed it, when it is valid, or else."""

    NONE = ""
    NAME = "name"
    ISSUER = "issuer"
    TIME = "time"
    OTHER = "other"


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
    """Who ended a call, or held it."""

    LOCAL = "local"
    REMOTE = "remote"
    NETWORK = "network"
    DEVICE = "device"


class Cause(StrEnum):
    """Why a call ended, for programs; the SIP code and reason stand beside it."""

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


class IceFault(StrEnum):
    """Why ICE has no way for a call's sound: no pair of addresses works, none was found in time, or it was lost."""

    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    FAILED_CHECKS = "failed_checks"


class Role(StrEnum):
    """Our part in a transfer (RFC 5589 §2): we pass a far end on, or are passed on."""

    TRANSFEROR = "transferor"
    TRANSFEREE = "transferee"


class TransferPolicy(StrEnum):
    """What becomes of a far end's wish that we talk with somebody else: not done, done, or asked of a client."""

    REFUSE = "refuse"
    FOLLOW = "follow"
    ASK = "ask"


class TransferState(StrEnum):
    """A client is asked, the outcome is waited for, or the far end is to end its call with us as it is done."""

    ASKED = "asked"
    UNDER_WAY = "under_way"
    DONE = "done"


class Kind(StrEnum):
    """Of a transfer (RFC 5589): to an address, or to the far end of another call, whose place is then taken."""

    BLIND = "blind"
    ATTENDED = "attended"


class EarlySource(StrEnum):
    """What a caller hears of us before we answer: nothing, the station's own tone, or the panel's microphone."""

    NONE = ""
    TONE = "tone"
    PANEL = "panel"


class Method(StrEnum):
    """How a message goes: by MESSAGE (RFC 3428), or in a call by INFO (RFC 6086)."""

    MESSAGE = "MESSAGE"
    INFO = "INFO"


class Joining(StrEnum):
    """How a call came into a conference: we dialled it, answered it, it was there already, or replaces one there."""

    INVITED = "invited"
    ANSWERED = "answered"
    TAKEN_IN = "taken_in"
    REPLACING = "replacing"


class ConferenceState(StrEnum):
    """The states of a conference: connecting until somebody is in it, disconnecting while we end its last calls."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTING = "disconnecting"


class Stage(StrEnum):
    """How far a participant is; what has been told of him follows it."""

    INVITING = "inviting"  # its INVITE waits for the SIP process
    COMING = "coming"
    IN = "in"
    LEFT = "left"  # its call ends


class Action(StrEnum):
    """What a button does. Exit: it is inside, and lets out."""

    RING = "ring"
    ANSWER = "answer"
    HANGUP = "hangup"
    HOLD = "hold"
    SWITCH = "switch"
    DOOR = "door"
    EXIT = "exit"
    NONE = "none"


class Means(StrEnum):
    """By what a door is opened. Rule: by one of the configuration; exit: by whoever is inside and leaves."""

    BUTTON = "button"
    DTMF = "dtmf"
    API = "api"
    KEYPAD = "keypad"
    CARD = "card"
    RULE = "rule"
    EXIT = "exit"


class DoorState(StrEnum):
    """What a door is now: its relay at rest, energised, or so for long; or nothing opens it."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    HELD = "held"
    LOCKED_DOWN = "locked_down"


class SensorKind(StrEnum):
    """What a sensor watches: a door's leaf, the panel's housing, who comes near, or something that is only told."""

    CONTACT = "contact"
    TAMPER = "tamper"
    MOTION = "motion"
    OTHER = "other"


class Strike(StrEnum):
    """What a strike does without current: stays locked, or opens. Either way the relay is energised to open."""

    FAIL_SECURE = "fail_secure"
    FAIL_SAFE = "fail_safe"


class Pattern(StrEnum):
    """How a lamp shines. Slow: 1 Hz, fast: 4 Hz, both half on; every 2 s double: two flashes, pulse: softly.

    A pulse is one flash of a lamp at a line.
    """

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    PULSE = "pulse"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Shine:
    """How a lamp is to shine: `color` (#rrggbb) None where it has one of its own, `brightness` in % of what it can."""

    pattern: Pattern
    color: str | None = None
    brightness: int = 100


DARK = Shine(Pattern.OFF, None, 0)


class Picture(StrEnum):
    """What the panel shows. Of those that are true a lamp shows the first that it has a pattern for.

    That order is door_open, recording, speak, and then the one of the others that is true.
    """

    IDLE = "idle"
    DIALING = "dialing"
    RINGING = "ringing"
    IN_CALL = "in_call"
    HELD = "held"
    SPEAK = "speak"
    RECORDING = "recording"
    DOOR_OPEN = "door_open"
    ERROR = "error"
    UNREGISTERED = "unregistered"


class CredentialKind(StrEnum):
    """What opens a door: digits that somebody knows, or a card that he has."""

    CODE = "code"
    CARD = "card"


class Day(StrEnum):
    """A day of the week, in the order of datetime.weekday()."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class BookChange(StrEnum):
    """What is being written about a code or card."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    USED = "used"


class LockoutScope(StrEnum):
    """What a lockout shuts out. After wrong codes: a far end, a keypad, a reader, or everybody at a door.

    After wrong passwords of targets: an address (source), or all addresses that a target has not shown its password
    from (target).
    """

    CALLER = "caller"
    KEYPAD = "keypad"
    READER = "reader"
    DOOR = "door"
    SOURCE = "source"
    TARGET = "target"


class Tone(StrEnum):
    """A sound on the station's own speaker; confirm: to a far end that must press a digit first."""

    DIALING = "dialing"
    RINGING = "ringing"
    HELD = "held"
    WAITING = "waiting"
    AUTO_ANSWER = "auto_answer"
    CONFIRM = "confirm"
    ENDING = "ending"
    ERROR = "error"
    TEST = "test"


# -- settings: plain values, checked by config, changed by ConfigChanged alone ----------------------------------------


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    """A call button; `target` names whom it rings, `door` which door of ours it opens.

    Without a `door`, the action door sends `digits` to the far end of the call, which opens the visitor's door.
    min_press_s: what is shorter is no press. debounce_s: a contact bounces no longer. double_s: a second press counts
    as of the same double click until so long after the first one's end. stuck_s: who is down so long is stuck; None:
    nobody ever is.
    """

    id: ButtonId
    action: Action
    long_action: Action | None = None
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    debounce_s: float = 0.03
    long_press_s: float = 1.0
    double_action: Action | None = None
    double_s: float = 0.3
    min_press_s: float = 0.0
    stuck_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChordSettings:
    """Buttons that mean something of their own when the last is pressed within `within_s` of the first.

    None of them means anything alone before that time is over. `target`, `door` and `digits`: as a button's.
    """

    id: ButtonId
    buttons: tuple[ButtonId, ...]
    action: Action
    target: str = ""
    door: DoorId | None = None
    digits: str = ""
    within_s: float = 0.1


@dataclass(frozen=True, slots=True)
class LampSettings:
    """A lamp: what it shows in each picture; off where none of those that are true is named.

    color: where a picture has none in `colors`; None: of a lamp that has one only. Brightness in %, by day and night.
    """

    id: LampId
    pictures: tuple[tuple[Picture, Pattern], ...] = ()
    color: str | None = None
    colors: tuple[tuple[Picture, str], ...] = ()
    brightness: int = 100
    night_brightness: int = 100


@dataclass(frozen=True, slots=True)
class KeypadSettings:
    """A keypad: keys of 0 to 9, * and #, be they on lines, on a card reader or at USB. `doors`: codes open them."""

    id: KeypadId
    doors: tuple[DoorId, ...] = ()


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """A card reader. `tell_numbers`: events tell the numbers of cards, for which whoever reads them can make others.

    doors: that cards open there.
    """

    id: ReaderId
    tell_numbers: bool = False
    doors: tuple[DoorId, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """A door: one pulse's length, the bound that no pulses exceed, and the digits that open it in a call.

    max_hold_s: how long it may be held open; 0: never.
    """

    id: DoorId
    pulse_s: float = 3.0
    max_s: float = 10.0
    digits: str = ""
    max_hold_s: float = 0.0
    strike: Strike = Strike.FAIL_SECURE


@dataclass(frozen=True, slots=True)
class Rule:
    """`door` opens by itself when an event of the type `on` comes; `times`: only then, none: always.

    where: what its fields must be, as text; true and false are so.
    """

    name: str
    on: str
    door: DoorId
    where: tuple[tuple[str, str], ...] = ()
    times: tuple["Period", ...] = ()


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """A sensor. A contact: of which door, and how long that may be open; 0: as long as it likes.

    block_s: for how long a tamper contact blocks opening; 0: not at all.
    """

    id: SensorId
    kind: SensorKind
    door: DoorId | None = None
    open_s: float = 60.0
    block_s: float = 300.0


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Our address at a registrar: sip:user@domain.

    registrar: host[:port] as configured, for texts. transport: udp, tcp or tls. srtp: off, optional or mandatory.
    refresh_s: the registration is renewed at least so often. callers: whose calls are taken: "registrar" (what comes
    from its address), "targets" or "anyone".
    """

    name: AccountId
    user: str
    domain: str
    registrar: str
    transport: str = "udp"
    srtp: str = "off"
    refresh_s: float = 8.0
    callers: str = "registrar"
    inband_digits: bool = False  # whether digits heard in the sound itself may open a door
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody whom we know: may be rung, may call us, and may open `doors` by digits.

    `account`: calls to it go through that account, and its own come from there. auto_answer: its calls that ask for it
    are answered by themselves. watch: it is asked every `watch_s` seconds whether it is there, or its server to tell.
    confirm: the digit by which who answers a visitor's ring shows that he is no machine; "": none. verify: its calls
    have to show a password, whatever address they come from. srtp: off, optional or mandatory, without an account.
    """

    name: str
    uri: str
    doors: tuple[DoorId, ...] = ()
    account: AccountId = NO_ACCOUNT
    auto_answer: bool = False
    watch: Watch = Watch.OFF
    watch_s: float = 60.0
    confirm: str = ""
    verify: bool = False
    srtp: str = "off"


@dataclass(frozen=True, slots=True)
class RingStep:
    """Targets that are rung at the same time. `seconds`: None, as long as a call may ring."""

    targets: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a press rings: step after step until somebody answers, and all of them `cycles` times."""

    name: str
    steps: tuple[RingStep, ...]
    cycles: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A flat in the directory: its number, who lives there, and whom a visitor for it rings, one after another."""

    flat: str
    name: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Longest stay in each waiting state, in seconds (the contract, section 2)."""

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


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where calls to us are sent on to: a target's name or a number at an account, "" for nowhere.

    always: all of them. quiet: those in quiet hours, or while nobody is to be disturbed. busy: those beyond as many as
    may be. no_answer: those that nobody has answered for `no_answer_s`.
    """

    always: str = ""
    quiet: str = ""
    busy: str = ""
    no_answer: str = ""
    no_answer_s: float = 20.0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when nobody here is to be disturbed, each day: HH:MM of local time; both "" for never."""

    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """From when to when lamps shine less, each day: HH:MM of local time, not the same."""

    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Runtime:
    """What clients may change while the station runs."""

    forwarding: Forwarding = field(default_factory=Forwarding)
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    do_not_disturb: bool = False


class DigitsBy(StrEnum):
    """What carries digits that we send to a far end that takes none by RFC 4733."""

    NONE = "none"
    INFO = "info"
    INBAND = "inband"


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the core is told by the configuration."""

    station: str
    user: str = ""  # of our address, for calls through no account
    buttons: tuple[ButtonSettings, ...] = ()
    chords: tuple[ChordSettings, ...] = ()
    lamps: tuple[LampSettings, ...] = ()
    night: Night | None = None
    keypads: tuple[KeypadSettings, ...] = ()
    readers: tuple[ReaderSettings, ...] = ()
    doors: tuple[DoorSettings, ...] = ()
    sensors: tuple[SensorSettings, ...] = ()
    rules: tuple[Rule, ...] = ()
    targets: tuple[Target, ...] = ()
    plans: tuple[Plan, ...] = ()
    directory: tuple[Entry, ...] = ()
    accounts: tuple[AccountSettings, ...] = ()
    callers: str = "targets"  # or "anyone"; of calls that come through no account
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE  # of those as well
    max_calls: int = 4  # at once, those that ring or wait among them
    max_call_s: float = 3600.0  # from when people can talk; 0: no limit
    ask_updates: bool = False  # whether far ends' changes of a call are asked of a client
    digits_otherwise: DigitsBy = DigitsBy.NONE  # to far ends that take none by RFC 4733
    max_redirects: int = 4  # 3xx followed by a call of ours; 0: none
    runtime: Runtime = field(default_factory=Runtime)
    record: bool = False
    deadlines: Deadlines = field(default_factory=Deadlines)

    def button(self, wanted: str) -> ButtonSettings | None:
        """The button of that id."""
        return next((b for b in self.buttons if b.id == wanted), None)

    def keypad(self, wanted: str) -> KeypadSettings | None:
        """The keypad of that id."""
        return next((k for k in self.keypads if k.id == wanted), None)

    def reader(self, wanted: str) -> ReaderSettings | None:
        """The reader of that id."""
        return next((r for r in self.readers if r.id == wanted), None)

    def door(self, wanted: str) -> DoorSettings | None:
        """The door of that id."""
        return next((d for d in self.doors if d.id == wanted), None)

    def sensor(self, wanted: str) -> SensorSettings | None:
        """The sensor of that id."""
        return next((s for s in self.sensors if s.id == wanted), None)

    def target(self, wanted: str) -> Target | None:
        """The target of that name."""
        return next((t for t in self.targets if t.name == wanted), None)

    def plan(self, wanted: str) -> Plan | None:
        """The plan of that name; a target is one of its own."""
        alone = Plan(wanted, (RingStep((wanted,)),)) if self.target(wanted) is not None else None
        named = (*self.plans, *(entry.plan for entry in self.directory))
        return next((p for p in named if p.name == wanted), alone)

    def entry(self, wanted: str) -> Entry | None:
        """The flat of that number."""
        return next((e for e in self.directory if e.flat == wanted), None)

    def account(self, wanted: str) -> AccountSettings | None:
        """The account of that name."""
        return next((a for a in self.accounts if a.name == wanted), None)


# -- state -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remote:
    """The far end as it named itself; texts are clean UTF-8. `uri` has no angle brackets."""

    uri: str
    display_name: str = ""
    target: str = ""  # name of the configured target it is, or ""


@dataclass(frozen=True, slots=True)
class Codec:
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


@dataclass(frozen=True, slots=True)
class Quality:
    """RTP as it arrives, since the call began: packets received and lost, and the mean jitter."""

    received: int
    lost: int
    jitter_ms: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that ICE tried (RFC 8445 §5.1.1): host, srflx, prflx or relay; address:port."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended. `explanation`: of a fault, one sentence that names the setting to look at."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, from INVITE to the last event. `deadline` bounds the state it is in; None only where it may stay."""

    id: CallId
    direction: Direction
    state: CallState
    remote: Remote
    created: float
    deadline: float | None
    number: str = ""
    local_uri: str = ""
    headers: tuple[tuple[str, str], ...] = ()  # of the INVITE
    hidden: tuple[tuple[str, str], ...] = ()  # further ones of ours, which it does not show
    answer_headers: tuple[tuple[str, str], ...] = ()  # of the far end's 200
    end_headers: tuple[tuple[str, str], ...] = ()  # of the far end's BYE, CANCEL or refusal
    custom_data: str = ""  # what a client notes beside it
    early: EarlySource = EarlySource.NONE  # of a call to us, before it is answered
    account: AccountId = NO_ACCOUNT  # through which it goes or came
    button: ButtonId | None = None  # the press that placed it: a visitor waits
    conference: ConferenceId | None = None
    ring: RingId | None = None  # the visitor's ring that it is part of
    confirm: str = ""  # the digit that the far end must still press before anybody is heard
    placed: bool = True  # False: its INVITE waits for the SIP process
    placed_again: bool = False  # it stands for one that was lost with the SIP process
    redirected: tuple[str, ...] = ()  # where it rang before far ends sent it on, the first one first
    forward_to: str = ""  # where it is sent on to, if nobody has answered at `forward_at`
    forward_at: float | None = None
    answered_by_us: bool = False
    held_local: bool = False
    set_aside: bool = False  # held by us only because another call is in front
    held_remote: bool = False
    muted: bool = False
    codec: Codec | None = None
    ice: bool = False  # its sound goes by a pair of addresses that ICE has found
    takes_events: bool = True  # digits by RFC 4733
    srtp: bool = False  # its sound is encrypted
    transport: str = "udp"  # of its messages
    quality: Quality | None = None
    rtp_lost_since: float | None = None
    ringing_since: float | None = None
    connected_since: float | None = None
    answers_at: float | None = None  # by itself, if it is in front then
    ends_at: float | None = None  # it has talked as long as a call may
    end_announced: bool = False
    ask_updates: bool | None = None  # whether the far end's changes are asked of a client; None: as configured
    update_until: float | None = None  # one waits for his word
    recording: RecordingId | None = None
    digits: str = ""  # received lately, towards a code
    digit_at: float = 0.0
    sent: tuple[tuple[str, float], ...] = ()  # digits that we sent lately, and when
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE
    replaces: CallId | None = None  # the call of ours whose place it takes once it is answered
    end: End | None = None  # decided when disconnecting, final when ended

    @property
    def hold(self) -> Hold:
        """Who holds it."""
        if self.held_local:
            return Hold.BOTH if self.held_remote else Hold.LOCAL
        return Hold.REMOTE if self.held_remote else Hold.NONE

    @property
    def caller(self) -> str:
        """The address of who called."""
        return self.remote.uri if self.direction is Direction.INCOMING else self.local_uri

    @property
    def called(self) -> str:
        """The address of who was called."""
        return self.local_uri if self.direction is Direction.INCOMING else self.remote.uri

    @property
    def alive(self) -> bool:
        """Whether a dialog is there that we want: neither ending nor ended."""
        return self.state not in {CallState.DISCONNECTING, CallState.ENDED}

    @property
    def answered(self) -> bool:
        """Whether somebody has answered; where he must press a digit to show that he is somebody, he has."""
        return self.state in {CallState.CONNECTING, CallState.CONNECTED} and not self.confirm

    @property
    def talks(self) -> bool:
        """Whether people may hear each other, unless it is held."""
        return self.state is CallState.CONNECTED and not self.confirm

    @property
    def unanswered_here(self) -> bool:
        """Whether somebody calls and nobody here has answered."""
        incoming = self.direction is Direction.INCOMING
        return incoming and self.state in {CallState.INCOMING, CallState.EARLY_MEDIA} and not self.answered_by_us


@dataclass(frozen=True, slots=True)
class Ring:
    """A visitor's ring, until somebody answers or nobody is left.

    step: of `plan`, None between two cycles. until: that step, or that pause, ends then. cycle: 0 the first.
    """

    id: RingId
    button: ButtonId
    plan: Plan
    began: float
    step: int | None = None
    cycle: int = 0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A button that is down, or whose line has changed lately.

    level: of the line, since `edge_at`. settles: it is believed then, or the button at rest; inf: it says nothing new.
    down: believed to be, since `pressed_at`. acted: a click does nothing more. spent: its release will be no click.
    chord_until: it may become part of a chord; long_at: the long press is due; stuck_at: it counts as stuck then.
    clicked_at, click_until: it was clicked, and waits for a second. release_at: a client holds it down until then.
    glitches: pulses too short for a press, since it was last at rest.
    """

    level: bool
    edge_at: float
    settles: float
    down: bool = False
    pressed_at: float = 0.0
    acted: bool = False
    spent: bool = False
    chord_until: float | None = None
    long_at: float | None = None
    stuck_at: float | None = None
    stuck: bool = False
    clicked_at: float = 0.0
    click_until: float | None = None
    release_at: float | None = None
    glitches: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """A door's pulse. `id`: CLOCK_MONOTONIC nanoseconds of the decision; `began` and `until` in seconds.

    `confirmed`: the guard took this id; `energised`: it said that the relay is on, be it by an earlier id. `held`: the
    door is held open; `warned`: that this ends soon was told. `attempts`: codes and cards whose outcome the guard's
    answer decides.
    """

    id: int
    began: float
    until: float
    by: str
    means: Means
    confirmed: bool = False
    energised: bool = False
    held: bool = False
    warned: bool = False
    attempts: "tuple[Attempt, ...]" = ()


@dataclass(frozen=True, slots=True)
class Sensing:
    """A sensor's line. `active`: the level that counts, None until one has settled; `level`: the newest seen.

    until: a door's leaf should not be open for longer. ours_until: nobody forces it so soon after the relay's end.
    alarm: forced, or held_open, until the leaf is closed.
    """

    active: bool | None = None
    level: bool = False
    settles: float | None = None
    since: float = 0.0
    until: float | None = None
    ours_until: float = 0.0
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Nothing is opened until then, since that sensor told that somebody tampers."""

    sensor: SensorId
    until: float


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlasts restarts and power cuts. Times are CLOCK_MONOTONIC's of this boot of the machine.

    change: counts, so that two that say the same are told apart. changed: by clients; configured: what the file said
    when they did, which goes before them once it says something else.
    """

    change: int = 0
    locked_down: tuple[DoorId, ...] = ()
    blocks: tuple[Block, ...] = ()
    changed: Runtime | None = None
    configured: Runtime | None = None

    def later(self, seconds: float) -> "Kept":
        """The same with all its times so much later."""
        return replace(self, blocks=tuple(replace(block, until=block.until + seconds) for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Unkept:
    """A client's change that is not on disc yet; he is answered by then. `warning`: it was so already."""

    request: RequestId
    until: float
    warning: str


@dataclass(frozen=True, slots=True)
class LampTrial:
    """Somebody looks whether a lamp works: it shines so, whatever the panel shows, until then."""

    lamp: LampId
    pattern: Pattern
    until: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class LampKind:
    """What a lamp's hardware can: brightness between off and full, and colours."""

    dims: bool
    colors: bool


@dataclass(frozen=True, slots=True)
class SoundTrial:
    """Somebody wants to know whether speaker and microphone work: first silence is listened to, then a tone is played.

    quiet, loud: the microphone's highest level in dBFS, before the tone and with it; None: nothing measured yet.
    """

    request: RequestId
    tone_at: float
    until: float
    quiet: float | None = None
    loud: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording whose file is being made or written; `begun`: the SIP process writes samples."""

    id: RecordingId
    call: CallId
    ready: bool = False  # file and index row are durable
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A registration. `wake` is due next: an answer while `asking`, else a refresh or the next attempt.

    wanted: a client may have ended it. failures: in a row. began: since when it is tried; None: not yet, or registered.
    expires_at: until when the registrar keeps what it last granted. server: address:port of the last answer; hosts: the
    addresses of all its servers; unreachable: those of them, as address:port, that did not answer when last tried.
    code, reason, explanation: of the last failure.
    """

    name: AccountId
    state: AccountState = AccountState.UNREGISTERED
    wanted: bool = True
    asking: bool = False
    wake: float | None = None
    failures: int = 0
    began: float | None = None
    registered_since: float | None = None
    registered_before: bool = False
    expires_at: float | None = None
    server: str = ""
    hosts: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    code: int = 0
    reason: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds. `type`: as in Content-Type, without parameters; `headers`: X- ones."""

    type: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that was sent and is not answered; `call`: the one that it goes in, if any."""

    id: MessageId
    method: Method
    to: str
    call: CallId | None
    deadline: float
    digit: str = ""  # that it stands for


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer of `call`.

    other: of the transferor, the call whose far end the one of `call` shall talk with, if attended; of the transferee,
    its new call, once it is placed. replaces, referred_by: the headers that one is to have (RFC 3891, RFC 3892), "" for
    none. rang: its ringing was told to the transferor.
    """

    call: CallId
    role: Role
    to: str
    until: float
    other: CallId | None = None
    state: TransferState = TransferState.UNDER_WAY
    replaces: str = ""
    referred_by: str = ""
    rang: bool = False

    def leaves(self, call: CallId) -> bool:
        """Whether it is this transfer that the far end of `call` ends it for, if it does."""
        if self.role is Role.TRANSFEROR:
            return call == self.other or (call == self.call and self.state is TransferState.DONE)
        return call == self.call and self.state is not TransferState.ASKED


@dataclass(frozen=True, slots=True)
class Period:
    """A time of these days, HH:MM of local time; `end` may be 24:00, and before `begin`: it is the next day's then."""

    days: tuple[Day, ...]
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A code or card, and what it opens when. The digits are nowhere: `digest` is their HMAC-SHA256, in hexadecimal.

    length: of a code, how many digits it has. schedule: none is always. uses: left; None: no limit. expires: seconds
    since 1970, UTC; None: never.
    """

    id: CredentialId
    kind: CredentialKind
    owner: str
    digest: str = field(repr=False)
    doors: tuple[DoorId, ...]
    length: int = 0
    schedule: tuple[Period, ...] = ()
    uses: int | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody showed a code or card: `by`, for people; `doors` that he may open where he is.

    scope, who: whom wrong ones are counted against. source: the address of a caller, as he says. code, owner: the
    credential that was shown, once it is known.
    """

    by: str
    means: Means
    doors: tuple[DoorId, ...]
    scope: LockoutScope
    who: str
    source: str = ""
    code: CredentialId | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What is being typed at a keypad; a pause until then ends it."""

    keypad: KeypadId
    typed: str
    until: float


@dataclass(frozen=True, slots=True)
class Keeping:
    """A credential that is being written; only once it is on disc is it so, told, and a door opened by it.

    code: as it will be, or the one that is removed. request: who waits for a reply; attempt: of its use, whose
    door opens.
    """

    change: BookChange
    code: Credential
    until: float
    who: str
    request: RequestId | None = None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Lockout:
    """Wrong codes of one far end or keypad, or at one door: how many, when the last, and until when none is taken."""

    scope: LockoutScope
    who: str
    wrong: int
    last: float
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """All codes and cards, and the device's key that their digests were made with, as `secret` in hexadecimal."""

    secret: str = field(repr=False)
    codes: tuple[Credential, ...] = ()

    def credential(self, wanted: str) -> Credential | None:
        """The one of that id."""
        return next((c for c in self.codes if c.id == wanted), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock on the wall: what it showed at CLOCK_MONOTONIC 0 (seconds since 1970), and local time's lead on UTC.

    trusted: it is synchronised with a time server, or the configuration says that it may be relied on.
    """

    epoch: float
    utc_offset_s: float
    trusted: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """A watched target. `wake` is due next: an answer while `asking`, else the question; `since` it is in this state.

    code, reason: of the last answer; 0 for none. package: what its server is asked to tell, where it is asked to.
    """

    name: str
    state: ContactState = ContactState.UNKNOWN
    asking: bool = False
    wake: float | None = None
    since: float | None = None
    code: int = 0
    reason: str = ""
    package: Package = Package.PRESENCE


@dataclass(frozen=True, slots=True)
class Participant:
    """A call in a conference, until the call is over. `muted`: the others do not hear it."""

    call: CallId
    joining: Joining
    stage: Stage
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Conference:
    """Calls that hear each other, and the panel unless it has left them (`held`). It ends with its last call.

    set_aside: held only because another call is in front. muted: our microphone reaches none of them. connected_since:
    the first participant is in.
    """

    id: ConferenceId
    created: float
    participants: tuple[Participant, ...] = ()
    held: bool = False
    set_aside: bool = False
    muted: bool = False
    connected_since: float | None = None
    ending: bool = False

    @property
    def state(self) -> ConferenceState:
        """How far it is."""
        if self.ending:
            return ConferenceState.DISCONNECTING
        return ConferenceState.CONNECTING if self.connected_since is None else ConferenceState.CONNECTED

    def participant(self, wanted: CallId) -> Participant | None:
        """The participant whose call that is."""
        return next((p for p in self.participants if p.call == wanted), None)


@dataclass(frozen=True, slots=True)
class Network:
    """The machine's addresses, none while it has no network, and its nameservers."""

    addresses: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything the station is, in one value."""

    settings: Settings
    now: float = 0.0
    calls: tuple[Call, ...] = ()  # those that have not ended, the one in front last, behind it the one before it
    conference: Conference | None = None  # one at most: there is one panel
    ring: Ring | None = None
    presses: tuple[tuple[ButtonId, Press], ...] = ()
    glitches: tuple[tuple[ButtonId, int], ...] = ()  # pulses of each button's line that were too short to be a press
    pulses: tuple[tuple[DoorId, Pulse], ...] = ()
    locked_down: tuple[DoorId, ...] = ()
    sensors: tuple[tuple[SensorId, Sensing], ...] = ()  # those of which something is known
    blocks: tuple[Block, ...] = ()
    kept_change: int = 0  # counts the changes of what is kept
    on_disc: Kept | None = field(default_factory=Kept)  # what is known to be; None: nothing that can be read
    unkept: tuple[Unkept, ...] = ()
    recordings: tuple[Recording, ...] = ()
    accounts: tuple[Account, ...] = ()  # those that were begun: all once SIP was ready
    messages: tuple[Outgoing, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    contacts: tuple[Contact, ...] = ()  # those that are watched
    book: Book | None = None  # None: not read yet
    keepings: tuple[Keeping, ...] = ()
    runs: tuple[Run, ...] = ()
    lockouts: tuple[Lockout, ...] = ()
    clock: Clock | None = None  # None: not known
    changed: Runtime | None = None  # by clients; None: as configured
    quiet: bool = False  # it is within the quiet hours
    network: Network | None = None  # None: not known
    last_addresses: tuple[str, ...] = ()  # that it had when it last had any
    sip_ready: bool = False
    sip_address: str = ""  # "" until it was ready once
    relay_ready: bool = False
    error_until: float | None = None  # the panel shows an error, and the speaker tells it
    failed: tuple[tuple[str, str], ...] = ()  # part, why: what does not work now
    lamp_trials: tuple[LampTrial, ...] = ()
    lamp_kinds: tuple[tuple[LampId, LampKind], ...] = ()  # of those that were found
    sound_trial: SoundTrial | None = None
    denied: tuple[tuple[str, float], ...] = ()  # source, when: told lately
    discarded: tuple[tuple[ReaderId, int], ...] = ()  # of each reader, how often what it sent was no card
    dropped: int = 0  # SIP requests of who sends too many
    rejected: bool = False  # the configuration's file has errors, and what it said before holds
    needs_restart: str = ""  # names of settings that the file has changed and only a restart brings
    stopping: bool = False

    def call(self, wanted: str) -> Call | None:
        """The living call of that id."""
        return next((c for c in self.calls if c.id == wanted), None)

    def account(self, wanted: str) -> Account:
        """The account of that name as it is, at rest if it never began."""
        return next((a for a in self.accounts if a.name == wanted), Account(AccountId(wanted)))

    def contact(self, wanted: str) -> Contact:
        """What is known of the target of that name, nothing if it is not watched."""
        return next((c for c in self.contacts if c.name == wanted), Contact(wanted))

    def transfer(self, wanted: CallId) -> Transfer | None:
        """The transfer of that call that is under way."""
        return next((t for t in self.transfers if t.call == wanted), None)

    def passes_on(self, call: CallId) -> bool:
        """Whether the far end of that call ends it as others talk with each other then."""
        return any(t.leaves(call) for t in self.transfers)

    @property
    def runtime(self) -> Runtime:
        """What holds now of that which clients may change."""
        return self.settings.runtime if self.changed is None else self.changed

    @property
    def offline(self) -> bool:
        """Whether the machine is known to have no network."""
        return self.network is not None and not self.network.addresses

    @property
    def active(self) -> Call | None:
        """The call in front: buttons mean it, and nobody but it has the speaker and the microphone.

        Of those that we have not begun to end; others are only waiting for their last response. Of a conference that is
        in front it is one that talks, if any does, and the others have speaker and microphone with it.
        """
        top = next((c for c in reversed(self.calls) if c.alive), None)
        if top is None or top.conference is None:
            return top
        talks = (c for c in reversed(self.calls) if c.conference is not None and c.talks)
        return next(talks, top)

    @property
    def away(self) -> bool:
        """Whether the conference is in front, and the panel has left it."""
        front = self.active
        return (
            front is not None and front.conference is not None and self.conference is not None and self.conference.held
        )

    @property
    def waiting(self) -> Call | None:
        """Of the calls to us that nobody has answered yet the one nearest to the front, and so the oldest behind it."""
        return next((c for c in reversed(self.calls) if c.unanswered_here), None)

    @property
    def full(self) -> bool:
        """Whether there are as many calls as may be."""
        return self.count >= self.settings.max_calls

    @property
    def count(self) -> int:
        """How many calls there are; all those of a conference count as one, and all of a ring, be it in its pause."""
        rings = {self.ring.id} if self.ring is not None else set()
        alone = rings | {c.ring or c.id for c in self.calls if c.alive and c.conference is None}
        return len(alone) + any(c.alive and c.conference is not None for c in self.calls)

    def with_call(self, call: Call) -> "State":
        """The same with `call` in place of the one of its id; a new one of ours is in front, one to us behind all.

        A new one in a conference is behind the others there, so that those of a conference are always together.
        """
        if self.call(call.id) is not None:
            return replace(self, calls=tuple(call if c.id == call.id else c for c in self.calls))
        if call.conference is not None:
            at = next((n for n, c in enumerate(self.calls) if c.conference is not None), len(self.calls))
            return replace(self, calls=(*self.calls[:at], call, *self.calls[at:]))
        if call.direction is Direction.INCOMING:
            return replace(self, calls=(call, *self.calls))
        return replace(self, calls=(*self.calls, call))

    def with_front(self, call: Call) -> "State":
        """The same with that call of ours in front, and the others of its conference with it."""
        if call.conference is None:
            return replace(self, calls=(*(c for c in self.calls if c.id != call.id), call))
        behind = (c for c in self.calls if c.conference is None and c.id != call.id)
        others = (c for c in self.calls if c.conference is not None and c.id != call.id)
        return replace(self, calls=(*behind, *others, call))
