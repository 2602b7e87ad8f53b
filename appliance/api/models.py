"""The shapes of what is asked and answered: the OpenAPI description is made of them.

Answers are sent as the core made them, without a second check at run time; a test holds both together.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from appliance.core.model import (
    AccountState,
    Action,
    By,
    CallState,
    Cause,
    ConferenceState,
    ContactState,
    CredentialKind,
    Day,
    Direction,
    DoorState,
    EarlySource,
    Hold,
    Joining,
    Means,
    Pattern,
    Picture,
    Role,
    SensorKind,
    Stage,
    Strike,
    Tone,
    TransferPolicy,
    TransferState,
)
from appliance.core.panel import colors

Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$",
        description="UTC.",
        examples=["2026-11-20T06:07:08.123456Z"],
        json_schema_extra={"format": "date-time"},
    ),
]
# No control characters: what goes into a SIP header must not be able to start another one.
CODE, CARD, DIGITS = r"^[0-9]{4,12}$", r"^[0-9A-Za-z]{1,40}$", r"^[0-9A-D*#]{1,32}$"
Line = r"^[^\x00-\x1f\x7f]*$"
Clock = r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$"  # hours and minutes, or nothing


Color = Annotated[
    str,
    Field(pattern=f"^(#[0-9A-Fa-f]{{6}}|{'|'.join(colors.NAMES)})$", examples=["#ff8000"], description="Not black."),
]
CustomData = Annotated[str, Field(max_length=1000, description="What a client notes beside the call.")]
Headers = dict[
    Annotated[str, Field(pattern=r"^[Xx]-[A-Za-z0-9-]{1,62}$")],
    Annotated[str, Field(max_length=256, pattern=Line)],
]
ContentType = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}$", description="RFC 6838 §4.2.")
]


class Order(BaseModel):
    """A body that a client sends: what it does not know is refused, so that a slip of the pen is told."""

    model_config = ConfigDict(extra="forbid")


# -- asked -------------------------------------------------------------------------------------------------------------


class Place(Order):
    """A call to be placed."""

    to: str = Field(
        min_length=1, max_length=512, pattern=Line, description="A target's name, a SIP URI, or a number at an account."
    )
    account: str = Field(
        default="",
        max_length=64,
        pattern=Line,
        description="The account to call through; without, a target's own, or for a number the first there is. "
        "`direct`: none, from address to address.",
    )
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INVITE.")
    custom_data: CustomData = ""


class AnswerWith(Order):
    """How an incoming call is answered."""

    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the 200.")
    custom_data: CustomData | None = None


class EarlyMedia(Order):
    """What the caller hears before anybody answers."""

    source: Literal[EarlySource.TONE, EarlySource.PANEL] = Field(
        default=EarlySource.TONE,
        description="tone: the one that the station itself plays; panel: what its microphone hears, while no other "
        "call is in front.",
    )


class Join(Order):
    """Who comes into a conference: a call that there is, or somebody who is called."""

    call: str | None = Field(
        default=None, max_length=64, description="The id of a call; one to us that rings is answered by that."
    )
    to: str | None = Field(
        default=None, min_length=1, max_length=512, pattern=Line, description="As for a call that is placed."
    )
    account: str = Field(default="", max_length=64, pattern=Line, description="As for a call that is placed.")
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INVITE.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Join":
        if (self.call is None) == (self.to is None):
            raise ValueError("either call or to is needed")
        return self


class Confer(Order):
    """A conference to begin."""

    participants: list[Join] = Field(min_length=1, max_length=6)


class ConferenceChange(Order):
    """What of a conference can be changed."""

    held: bool | None = Field(
        default=None,
        description="true: the panel leaves, and the others talk on; false: it comes back, and is in front with them.",
    )
    muted: bool | None = Field(default=None, description="Whether our microphone is kept from all of them.")


class ParticipantChange(Order):
    """What of a participant can be changed."""

    call: str = Field(max_length=64, description="The id of its call.")
    muted: bool = Field(description="Whether the others, and the panel, do not hear it.")


class Change(Order):
    """What of a call can be changed."""

    muted: bool | None = Field(default=None, description="Whether our microphone is kept from the call.")
    active: bool | None = Field(
        default=None,
        description="true: put it in front, so that it has the speaker and the microphone, and the others are held; "
        "false: hold it.",
    )
    updates: Literal["accept", "ask"] | None = Field(
        default=None, description="What becomes of changes that the far end asks for: ask, a client decides."
    )
    custom_data: CustomData | None = None
    transfer_policy: TransferPolicy | None = Field(
        default=None,
        description="What becomes of its far end's wish that we talk with somebody else, and of somebody else's to "
        "take its place: refuse, follow, or ask clients.",
    )


class Update(Order):
    """What we ask the far end to change."""

    codecs: list[Literal["opus", "G722", "PCMA", "PCMU"]] = Field(
        min_length=1, max_length=4, description="The only ones from now on, the preferred one first."
    )


class Reject(Order):
    """How an incoming call is refused."""

    code: int = Field(default=486, ge=400, le=699, description="The final SIP response (RFC 3261 §21.4 to 21.6).")
    reason: str = Field(
        default="", max_length=128, pattern=Line, description="Its reason phrase. Empty: the usual one of the code."
    )
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the response.")


class HangUpWith(Order):
    """How a call is ended."""

    headers: Headers = Field(
        default_factory=dict, max_length=16, description="X- headers of BYE, CANCEL or the refusal that ends the call."
    )


class Digits(Order):
    """DTMF digits to send."""

    digits: str = Field(pattern=DIGITS, examples=["12#"])


class Transfer(Order):
    """Whom the far end of a call is passed on to: one of the two."""

    to: str = Field(
        default="",
        max_length=512,
        pattern=Line,
        description="A target's name, a SIP URI, or a number at an account (blind).",
    )
    call: str = Field(
        default="", max_length=64, description="Another call, whose far end it is to talk with (attended)."
    )


class TransferFailure(Order):
    """Why a transfer that the far end asked for came to nothing."""

    code: int = Field(default=503, ge=300, le=699, description="A final SIP response (RFC 3261 §21.3 to 21.6).")
    reason: str = Field(default="Service Unavailable", max_length=128, pattern=Line)


class Text(Order):
    """A message to somebody, by SIP MESSAGE."""

    text: str = Field(min_length=1, max_length=1000, description="At most 1,000 bytes of UTF-8.")
    content_type: ContentType = "text/plain"
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the message.")


class Letter(Text):
    """The same outside of calls."""

    to: str = Field(
        min_length=1, max_length=512, pattern=Line, description="A target's name, a SIP URI, or a number at an account."
    )
    account: str = Field(default="", max_length=64, pattern=Line, description="As for a call.")


class Info(Order):
    """What an INFO holds."""

    content_type: ContentType
    body: str = Field(max_length=1000, description="At most 1,000 bytes of UTF-8.")
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INFO.")


class Press(Order):
    """How a button is pressed."""

    seconds: float = Field(default=0.0, ge=0, le=60, allow_inf_nan=False, description="How long it is down.")


class TestLamp(Order):
    """How a lamp is tried."""

    pattern: Pattern = Field(default=Pattern.FAST, description="How it shines.")
    seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False, description="For how long.")
    color: Color | None = Field(default=None, description="In which colour; null: its own.")


class TestSound(Order):
    """How speaker and microphone are tried."""

    seconds: float = Field(default=2.0, gt=0, le=5, allow_inf_nan=False, description="How long the tone lasts.")


class ForwardingChange(Order):
    """Where calls to us are sent on to; what is not given stays. A target's name, or a number; "" for nowhere."""

    always: str | None = Field(default=None, max_length=64, pattern=Line, description="All calls.")
    quiet: str | None = Field(
        default=None, max_length=64, pattern=Line, description="In quiet hours, or while nobody is to be disturbed."
    )
    busy: str | None = Field(default=None, max_length=64, pattern=Line, description="Those beyond as many as may be.")
    no_answer: str | None = Field(
        default=None, max_length=64, pattern=Line, description="Those that nobody has answered in time."
    )
    no_answer_s: float | None = Field(
        default=None, ge=1, le=600, allow_inf_nan=False, description="How long a call rings before that."
    )


class QuietHours(Order):
    """Each day, in the machine's local time; both "" for never."""

    begin: Annotated[str, Field(pattern=Clock, examples=["22:00"])]
    end: Annotated[str, Field(pattern=Clock, examples=["06:30"])]


class RuntimeChange(Order):
    """What is to be otherwise, over restarts too, until the file is changed; what is not given stays."""

    forwarding: ForwardingChange | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = Field(default=None, description="Calls do not ring here; visitors ring all the same.")


class Open(Order):
    """How a door is opened."""

    seconds: float | None = Field(
        default=None, gt=0, le=60, allow_inf_nan=False, description="The pulse's length; null: the door's own."
    )


class HoldOpen(Order):
    """How a door is held open."""

    seconds: float | None = Field(
        default=None, gt=0, le=43_200, allow_inf_nan=False, description="For how long; null: as long as it may be."
    )


class Period(Order):
    """A time of some days of the week, in the machine's local time."""

    days: list[Day] = Field(min_length=1, max_length=7)
    begin: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]
    end: Annotated[
        str,
        Field(
            pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
            description="Where it is before begin, it is the next day's.",
            examples=["12:00"],
        ),
    ]


Owner = Annotated[str, Field(min_length=1, max_length=64, pattern=Line, description="Whose it is, for people.")]
OpenedDoors = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(min_length=1, max_length=32, description="The doors that it opens, where whoever shows it may open them."),
]
Schedule = Annotated[list[Period], Field(max_length=16, description="When it is valid; none: always.")]
Uses = Annotated[
    int | None, Field(ge=0, le=1_000_000, description="How often it opens doors from now on; null: without limit.")
]
Expires = Annotated[Time | None, Field(description="From when on it opens nothing; null: never.")]


class NewCode(Order):
    """A code, by its digits, or a card, by its number."""

    owner: Owner
    digits: str | None = Field(default=None, pattern=CODE, description="Typed in a call or at a keypad.")
    card: str | None = Field(default=None, pattern=CARD, description="The number, as the reader tells it.")
    doors: OpenedDoors
    schedule: Schedule = []
    uses: Uses = None
    expires: Expires = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewCode":
        if (self.digits is None) == (self.card is None):
            raise ValueError("either digits or card is needed")
        return self


class CodeChange(Order):
    """What of a code or card is to be otherwise; what is not given stays."""

    owner: Owner | None = None
    doors: OpenedDoors | None = None
    schedule: Schedule | None = None
    uses: Uses = None
    expires: Expires = None


# -- answered ----------------------------------------------------------------------------------------------------------


class Answer(BaseModel):
    """A body that is sent. It is there to be described, so pydantic makes no validator of it (tens of MB in all)."""

    model_config = ConfigDict(defer_build=True)


class Remote(Answer):
    """The far end, as it named itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: str | None = Field(description="The name of the configured target it is.")


class Codec(Answer):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


class Quality(Answer):
    """RTP as it arrives, since the call began."""

    received: int = Field(description="Packets.")
    lost: int = Field(description="Packets that never came.")
    jitter_ms: float


class End(Answer):
    """How a call ended: a cause for programs, the SIP code (0: none came) and reason, and who ended it."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: str = Field(description="Of a fault, one sentence that names the setting to look at; else empty.")


class Account(Answer):
    """An account and how it is registered."""

    name: str
    state: AccountState
    user: str
    uri: str = Field(description="Our own address there.")
    registrar: str = Field(description="As configured.")
    transport: Literal["udp", "tcp", "tls"]
    srtp: Literal["off", "optional", "mandatory"]
    server: str = Field(description="address:port of the registrar's last answer; empty before the first.")
    registered_since: Time | None
    expires: Time | None = Field(description="Until when the registrar keeps what it last granted.")
    failures: int = Field(description="In a row.")
    retry_at: Time | None = Field(description="When it is tried again, after a failure.")
    code: int = Field(description="SIP code of the last failure; 0: none, or nobody answered.")
    reason: str
    explanation: str = Field(description="One sentence on the last failure that names the setting to look at.")
    summary: str = Field(description="One line for people.")


class Accounts(Answer):
    """All accounts."""

    accounts: list[Account]


class CallFacts(Answer):
    """What is told of a call, be it there or long over."""

    id: str
    account: str = Field(description="Through which it goes or came; direct: straight from address to address.")
    direction: Direction
    remote: Remote
    local_uri: str
    number: str = Field(description="What was dialled; of an incoming call the user, or address, that was called.")
    headers: dict[str, str] = Field(description="X- headers received, with the INVITE or with the 200 to ours.")
    custom_data: str = Field(description="What a client notes beside the call.")
    codec: Codec | None
    srtp: bool = Field(description="Whether its sound is encrypted.")
    transport: Literal["udp", "tcp", "tls"] = Field(description="What carries its messages.")
    created: Time
    ringing_since: Time | None
    connected_since: Time | None
    ended: Time | None
    duration_s: float = Field(description="Since it was connected; 0 before.")
    ring: str | None = Field(description="The visitor's ring that it is part of, as `ring.started` names it.")
    recording: str | None = Field(description="The recording's id.")
    quality: Quality | None = Field(description="Counted about each second while sound is due.")
    end: End | None


class CallTransfer(Answer):
    """A transfer of a call, whose far end we pass on (transferor), or which passes us on (transferee)."""

    role: Role
    state: TransferState = Field(description="asked: a client is to say what becomes of it; done: the call is to end.")
    to: str
    until: Time = Field(description="Then it is refused, or has failed, or the call is ended.")


class Call(CallFacts):
    """A call."""

    state: CallState
    legacy_state: Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
    hold: Hold
    active: bool = Field(description="Whether it has the speaker and the microphone.")
    muted: bool
    conference: str | None = Field(description="The id of the conference that it is in.")
    transfer: CallTransfer | None = Field(description="That is under way.")
    transfer_policy: TransferPolicy = Field(description="What becomes of transfers that its far end asks for.")
    summary: str = Field(description="One line for people.")


class LoggedCall(CallFacts):
    """A call that is over. One that a power cut ended has no time of its end, and the cause `error` by `device`."""

    end: End
    missed: bool = Field(description="Whether somebody called and nobody here took notice.")


class CallLog(Answer):
    """A page of the call log, newest first: in the order in which the calls began."""

    calls: list[LoggedCall]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class Calls(Answer):
    """All calls there are now."""

    calls: list[Call]


class Done(Answer):
    """An order was carried out."""

    warning: str | None = Field(description="It was so already.")


class CallDone(Done):
    """An order about a call was carried out."""

    id: str
    call: Call | None = Field(description="As it is now, also for 10 minutes after its end.")


class Participant(Answer):
    """A call in a conference."""

    call: str = Field(description="The call's id.")
    joining: Joining
    state: Stage
    muted: bool = Field(description="Whether the others, and the panel, do not hear it.")
    hold: Hold = Field(description="Who is held, or holds, neither hears nor is heard.")
    name: str = Field(description="The far end, for people.")


class Participants(Answer):
    """All calls in a conference, and those that come or go."""

    participants: list[Participant]


class Conference(Answer):
    """Calls that hear each other, and the panel."""

    id: str
    state: ConferenceState
    held: bool = Field(description="Whether the panel has left it; the others talk on.")
    muted: bool = Field(description="Whether our microphone reaches none of them.")
    created: Time
    connected_since: Time | None = Field(description="When the first participant was in.")
    duration_s: float = Field(description="Since then.")
    participants: list[Participant]
    summary: str = Field(description="One line for people.")


class Conferences(Answer):
    """All conferences there are: one, or none."""

    conferences: list[Conference]


class ConferenceDone(Done):
    """An order about a conference was carried out."""

    id: str
    conference: Conference | None = Field(description="As it is now; null once it is over.")


class AccountDone(Done):
    """An order about an account was taken."""

    account: Account


class MessageTaken(Answer):
    """A message is being sent: `message.sent` or `message.failed` (`info.…`) with its id follows."""

    message: str


class Door(Answer):
    """A door and its relay."""

    id: str
    state: DoorState
    unlocked: bool = Field(description="Whether the relay is energised.")
    until: Time | None = Field(description="When the pulse or hold ends.")
    by: str | None = Field(description="Who opened it.")
    means: Means | None = Field(description="By what it was opened.")
    contact: Literal["open", "closed", "unknown"] | None = Field(description="Its leaf; null: it has no contact.")
    alarm: Literal["forced", "held_open"] | None = Field(description="What is wrong with its leaf, until it is closed.")
    strike: Strike
    pulse_s: float = Field(description="The length of one pulse.")
    max_s: float = Field(description="The bound that no pulses exceed.")
    max_hold_s: float = Field(description="The bound that no hold exceeds; 0: it is never held open.")
    available: bool = Field(description="Whether the relay can be worked now.")


class Doors(Answer):
    """All doors."""

    doors: list[Door]


class Code(Answer):
    """A code or card; its digits are told by nobody."""

    id: str
    kind: CredentialKind
    owner: str
    doors: list[str]
    schedule: list[Period]
    uses: int | None = Field(description="How often it opens doors still; null: without limit.")
    expires: Time | None


class Codes(Answer):
    """All codes and cards."""

    codes: list[Code]


class CodeDone(Done):
    """A code or card was added or changed."""

    id: str
    code: Code | None = Field(description="As it is now; null where it was removed meanwhile.")


class Button(Answer):
    """A button and what it does."""

    id: str
    action: Action
    long_action: Action | None
    double_action: Action | None
    target: str | None = Field(description="Whom it rings.")
    down: bool
    stuck: bool = Field(description="Whether it has been down for so long that it counts for nothing until it is up.")
    glitches: int = Field(description="Pulses of its line, since the daemon's start, that were too short for a press.")


class Chord(Answer):
    """Buttons that mean something of their own when they are pressed together."""

    id: str
    buttons: list[str]
    action: Action
    target: str | None = Field(description="Whom it rings.")


class Lamp(Answer):
    """A lamp and how it shines: slow is 1 Hz, fast 4 Hz; every 2 s double flashes twice, pulse glows up and down.

    A lamp at a line flashes once for a pulse.
    """

    id: str
    pattern: Pattern
    color: str | None = Field(description="As #rrggbb; null: its own.")
    brightness: int = Field(description="In % of what it can; 0: it is off.")
    dims: bool | None = Field(description="Whether its hardware has more than on and off; null: it was not found yet.")
    colors: bool | None = Field(description="Whether its hardware has colours; null: it was not found yet.")


class Keypad(Answer):
    """A keypad."""

    id: str


class Reader(Answer):
    """A card reader."""

    id: str
    discarded: int = Field(description="How often, since the daemon's start, what it sent was no whole card or key.")


class Sensor(Answer):
    """A sensor and what it tells."""

    id: str
    kind: SensorKind
    door: str | None = Field(description="Of a contact: its door.")
    active: bool | None = Field(description="Whether it is not at rest; null: its line is not to be had.")
    blocks_until: Time | None = Field(description="Until when it keeps doors from being opened; null: it does not.")


class Panel(Answer):
    """What can be pressed, and what is shown."""

    picture: Picture
    pictures: list[Picture] = Field(description="All that are true: a lamp shows the first that it has a pattern for.")
    tone: Tone | None = Field(description="The sound on the station's own speaker.")
    buttons: list[Button]
    chords: list[Chord]
    night: bool = Field(description="Whether it is night for the lamps.")
    lamps: list[Lamp]
    keypads: list[Keypad]
    readers: list[Reader]
    sensors: list[Sensor]


class SoundTest(Answer):
    """What the microphone heard: its highest level in dBFS; null: nothing came from it at all."""

    quiet_dbfs: float | None = Field(description="Before the tone.")
    tone_dbfs: float | None = Field(description="With it.")
    heard: bool = Field(description="Whether the tone made it at least twice as loud (6 dB).")


class Finding(Answer):
    """What one check found."""

    check: str = Field(description="What was looked at; for settings their dotted name.")
    level: Literal["ok", "warning", "problem"]
    message: str
    cause: str
    resolution: str


class Findings(Answer):
    """What the doctor found, most general first."""

    findings: list[Finding]


class Failed(Answer):
    """A part that does not work now."""

    part: str
    why: str


class Appliance(Answer):
    """The station itself."""

    station: str
    ready: bool = Field(description="Whether calls are possible.")
    configured: bool = Field(description="Whether there is anybody to call, or who may call.")
    stopping: bool
    address: str = Field(description="host:port that SIP listens on; empty while it does not.")
    dropped_requests: int = Field(description="SIP requests dropped since who sent them sends too many.")
    status: str = Field(description="One line for people.")
    failed: list[Failed] = Field(description="What does not work now.")


class Network(Answer):
    """The machine's network."""

    up: bool
    addresses: list[str] = Field(description="That others can reach it at; none while it is down.")
    nameservers: list[str]


class Target(Answer):
    """Somebody who can be called by name."""

    name: str
    uri: str
    account: str | None = Field(description="Through which it is called.")


class Contact(Answer):
    """A target, and what is known of it where it is watched."""

    name: str
    uri: str
    account: str | None
    watched: bool
    state: ContactState
    since: Time | None = Field(description="In this state.")
    code: int = Field(description="SIP code of its last answer; 0: none came.")
    reason: str


class Entry(Answer):
    """A flat of the directory."""

    flat: str = Field(description="Its number, which a visitor types.")
    name: str = Field(description="Who lives there, for people.")
    targets: list[str] = Field(description="Whom it rings, one after another: names of targets.")


class Contacts(Answer):
    """The directory, and the targets."""

    directory: list[Entry]
    contacts: list[Contact]


class Forwarding(Answer):
    """Where calls to us are sent on to: a target's name or a number; empty for nowhere."""

    always: str
    quiet: str = Field(description="In quiet hours, or while nobody is to be disturbed.")
    busy: str
    no_answer: str
    no_answer_s: float


class Hours(Answer):
    """Each day, in the machine's local time; both empty: never."""

    begin: str
    end: str


class Runtime(Answer):
    """What clients may change while the station runs, as it is now."""

    forwarding: Forwarding
    quiet_hours: Hours
    do_not_disturb: bool
    quiet: bool = Field(description="Whether it is within the quiet hours.")


class RuntimeDone(Done):
    """It is so from now on."""

    runtime: Runtime


class Snapshot(Answer):
    """The whole state, and the id of the last event in it."""

    appliance: Appliance
    network: Network
    accounts: list[Account]
    calls: list[Call]
    conferences: list[Conference]
    doors: list[Door]
    panel: Panel
    runtime: Runtime
    targets: list[Target]
    directory: list[Entry]
    contacts: list[Contact]
    last_event: int


class Envelope(Answer):
    """An event, as every channel tells it; `intercomd --print-events` prints the schema of each type's `data`."""

    id: int = Field(description="Strictly increasing, never used twice.")
    type: str = Field(examples=["call.connected"])
    time: Time
    uptime: float = Field(description="Seconds of the monotonic clock.")
    boot: str
    call: str | None
    data: dict[str, Any]


class Audit(Answer):
    """A page of the audit, newest first: events of doors, keypads, codes and refused access."""

    events: list[Envelope]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class Events(Answer):
    """What a poll brings."""

    events: list[Envelope] = Field(description="In their order; none if none came in time.")
    since: int = Field(description="What the next poll has to begin after, be it that no event passed the filters.")


class Recording(Answer):
    """A recording: a WAV file, and what is known of it."""

    id: str
    call: str
    remote: str
    started: Time
    duration_s: float = Field(description="0 until it is complete.")
    bytes: int = Field(description="0 until it is complete.")
    sha256: str = Field(description="Of the file; empty until it is complete.")
    complete: bool = Field(description="False while it is being written.")
    recovered: bool = Field(description="Whether an unclean end had cut it off.")
    url: str = Field(description="Where its audio is.")


class Recordings(Answer):
    """A page of recordings, newest first."""

    recordings: list[Recording]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class Health(Answer):
    """All is well."""

    status: Literal["ok"]


class Problem(Answer):
    """An error (RFC 9457). `code` is for programs and keeps its meaning."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What happened.")
    instance: str
    code: str
    cause: str = Field(description="Why; may be empty.")
    resolution: str = Field(description="What to do about it; may be empty.")
