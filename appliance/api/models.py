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
    """A body that a client sends. Unknown fields are refused, so that typing errors are reported."""

    model_config = ConfigDict(extra="forbid")


# -- asked -------------------------------------------------------------------------------------------------------------


class Place(Order):
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


class AnswerWith(Order):
    """Options of an answer."""

    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the 200 response.")
    custom_data: CustomData | None = None


class EarlyMedia(Order):
    """Sound that the caller hears before the answer."""

    source: Literal[EarlySource.TONE, EarlySource.PANEL] = Field(
        default=EarlySource.TONE,
        description="tone: a ringing tone from the station; panel: the sound of the microphone, while no other call is "
        "in the foreground.",
    )


class Join(Order):
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


class Confer(Order):
    """A conference to create."""

    participants: list[Join] = Field(min_length=1, max_length=6)


class ConferenceChange(Order):
    """Changes of a conference."""

    held: bool | None = Field(
        default=None,
        description="true: the panel leaves, and the others keep talking; false: the panel returns, and the conference "
        "is in the foreground.",
    )
    muted: bool | None = Field(default=None, description="Whether no participant hears the microphone.")


class ParticipantChange(Order):
    """Changes of a participant."""

    call: str = Field(max_length=64, description="Id of the participant's call.")
    muted: bool = Field(description="Whether the other participants and the panel do not hear this one.")


class Change(Order):
    """Changes of a call."""

    muted: bool | None = Field(default=None, description="Whether the far end does not hear the microphone.")
    active: bool | None = Field(
        default=None,
        description="true: bring the call to the foreground, with the speaker and the microphone, and hold the others; "
        "false: hold it.",
    )
    updates: Literal["accept", "ask"] | None = Field(
        default=None, description="How to handle changes that the far end requests; with ask, a client decides."
    )
    custom_data: CustomData | None = None
    transfer_policy: TransferPolicy | None = Field(
        default=None,
        description="How to handle transfers that the far end requests, and calls that replace this one: refuse, "
        "follow, or ask clients.",
    )


class Update(Order):
    """Changes to request from the far end."""

    codecs: list[Literal["opus", "G722", "PCMA", "PCMU"]] = Field(
        min_length=1, max_length=4, description="The only codecs from now on, the preferred one first."
    )


class Reject(Order):
    """Response to an incoming call that is refused."""

    code: int = Field(default=486, ge=400, le=699, description="Final SIP response (RFC 3261 §21.4 to 21.6).")
    reason: str = Field(
        default="", max_length=128, pattern=Line, description="Reason phrase. Empty: the usual one of the code."
    )
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the response.")


class HangUpWith(Order):
    """Options of a hang-up."""

    headers: Headers = Field(
        default_factory=dict, max_length=16, description="X- headers of the BYE, CANCEL or refusal that ends the call."
    )


class Digits(Order):
    """DTMF digits to send."""

    digits: str = Field(pattern=DIGITS, examples=["12#"])


class Transfer(Order):
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


class TransferFailure(Order):
    """Result of a requested transfer that failed."""

    code: int = Field(default=503, ge=300, le=699, description="Final SIP response (RFC 3261 §21.3 to 21.6).")
    reason: str = Field(default="Service Unavailable", max_length=128, pattern=Line)


class Text(Order):
    """A text message, sent by SIP MESSAGE."""

    text: str = Field(min_length=1, max_length=1000, description="At most 1,000 bytes of UTF-8.")
    content_type: ContentType = "text/plain"
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the message.")


class Letter(Text):
    """A text message outside of calls."""

    to: str = Field(
        min_length=1,
        max_length=512,
        pattern=Line,
        description="Name of a target, a SIP URI, or a number at an account.",
    )
    account: str = Field(default="", max_length=64, pattern=Line, description="As in a request to place a call.")


class Info(Order):
    """Content of an INFO request."""

    content_type: ContentType
    body: str = Field(max_length=1000, description="At most 1,000 bytes of UTF-8.")
    headers: Headers = Field(default_factory=dict, max_length=16, description="X- headers of the INFO request.")


class Press(Order):
    """Options of a press."""

    seconds: float = Field(default=0.0, ge=0, le=60, allow_inf_nan=False, description="Duration of the press.")


class TestLamp(Order):
    """Options of a lamp test."""

    pattern: Pattern = Field(default=Pattern.FAST, description="Pattern of the lamp.")
    seconds: float = Field(default=5.0, gt=0, le=60, allow_inf_nan=False, description="Duration of the test.")
    color: Color | None = Field(default=None, description="Colour; null: the configured one.")


class TestSound(Order):
    """Options of a test of the speaker and the microphone."""

    seconds: float = Field(default=2.0, gt=0, le=5, allow_inf_nan=False, description="Duration of the tone.")


class ForwardingChange(Order):
    """Changes of call forwarding; omitted fields stay. Give the name of a target, or a number; "" for none."""

    always: str | None = Field(default=None, max_length=64, pattern=Line, description="All calls.")
    quiet: str | None = Field(
        default=None, max_length=64, pattern=Line, description="Calls in quiet hours, or during do not disturb."
    )
    busy: str | None = Field(default=None, max_length=64, pattern=Line, description="Calls beyond the limit of calls.")
    no_answer: str | None = Field(
        default=None, max_length=64, pattern=Line, description="Calls that are not answered in time."
    )
    no_answer_s: float | None = Field(
        default=None, ge=1, le=600, allow_inf_nan=False, description="How long a call rings before it is forwarded."
    )


class QuietHours(Order):
    """Quiet hours of each day, in the machine's local time; both "" for none."""

    begin: Annotated[str, Field(pattern=Clock, examples=["22:00"])]
    end: Annotated[str, Field(pattern=Clock, examples=["06:30"])]


class RuntimeChange(Order):
    """Run-time settings to change. Kept over restarts until the file changes; omitted fields stay."""

    forwarding: ForwardingChange | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = Field(default=None, description="Calls do not ring; visitors still do.")


class Open(Order):
    """Options of an opening."""

    seconds: float | None = Field(
        default=None, gt=0, le=60, allow_inf_nan=False, description="Length of the pulse; null: the configured one."
    )


class HoldOpen(Order):
    """Options of a hold."""

    seconds: float | None = Field(
        default=None,
        gt=0,
        le=43_200,
        allow_inf_nan=False,
        description="Duration of the hold; null: the longest one allowed.",
    )


class Period(Order):
    """A time on some days of the week, in the machine's local time."""

    days: list[Day] = Field(min_length=1, max_length=7)
    begin: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]
    end: Annotated[
        str,
        Field(
            pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
            description="If it is earlier than begin, it is on the next day.",
            examples=["12:00"],
        ),
    ]


Owner = Annotated[str, Field(min_length=1, max_length=64, pattern=Line, description="Name of the owner, for display.")]
OpenedDoors = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(
        min_length=1,
        max_length=32,
        description="Doors that it opens, in calls and at keypads and readers that may open them.",
    ),
]
Schedule = Annotated[list[Period], Field(max_length=16, description="Times at which it is valid; empty: always.")]
Uses = Annotated[
    int | None, Field(ge=0, le=1_000_000, description="How often it opens doors from now on; null: without limit.")
]
Expires = Annotated[Time | None, Field(description="From when on it opens nothing; null: never.")]


class NewCode(Order):
    """A code, given by its digits, or a card, given by its number."""

    owner: Owner
    digits: str | None = Field(default=None, pattern=CODE, description="Digits to type in a call or at a keypad.")
    card: str | None = Field(default=None, pattern=CARD, description="Number of the card, as the reader reports it.")
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
    """Changes of a code or card; omitted fields stay."""

    owner: Owner | None = None
    doors: OpenedDoors | None = None
    schedule: Schedule | None = None
    uses: Uses = None
    expires: Expires = None


# -- answered ----------------------------------------------------------------------------------------------------------


class Answer(BaseModel):
    """A body that the daemon sends.

    The class only describes it: a pydantic validator for each of them would take tens of MB.
    """

    model_config = ConfigDict(defer_build=True)


class Remote(Answer):
    """The far end, as it identifies itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: str | None = Field(description="Name of the configured target, if it is one.")


class Codec(Answer):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


class Quality(Answer):
    """Received RTP since the beginning of the call."""

    received: int = Field(description="Received packets.")
    lost: int = Field(description="Lost packets.")
    jitter_ms: float


class End(Answer):
    """How a call ended: a cause for programs, the SIP code (0: none was received) and reason, and who ended it."""

    cause: Cause
    code: int
    reason: str
    by: By
    explanation: str = Field(description="One sentence on a failure that names the setting to check; otherwise empty.")


class Account(Answer):
    """An account and its registration."""

    name: str
    state: AccountState
    user: str
    uri: str = Field(description="SIP address of the station at this account.")
    registrar: str = Field(description="As configured.")
    transport: Literal["udp", "tcp", "tls"]
    srtp: Literal["off", "optional", "mandatory"]
    server: str = Field(description="address:port of the registrar's last response; empty before the first.")
    registered_since: Time | None
    expires: Time | None = Field(description="End of the current registration.")
    failures: int = Field(description="Consecutive failures.")
    retry_at: Time | None = Field(description="Time of the next attempt after a failure.")
    code: int = Field(description="SIP code of the last failure; 0: none, or no response.")
    reason: str
    explanation: str = Field(description="One sentence on the last failure that names the setting to check.")
    summary: str = Field(description="Summary for display.")


class Accounts(Answer):
    """All accounts."""

    accounts: list[Account]


class CallFacts(Answer):
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


class CallTransfer(Answer):
    """A transfer of a call. transferor: we transfer the far end; transferee: the far end transfers us."""

    role: Role
    state: TransferState = Field(description="asked: a client must decide; done: the call is about to end.")
    to: str
    until: Time = Field(description="Deadline, after which it is refused, has failed, or the call is ended.")


class Call(CallFacts):
    """A call."""

    state: CallState
    legacy_state: Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
    hold: Hold
    active: bool = Field(description="Whether it has the speaker and the microphone.")
    muted: bool
    conference: str | None = Field(description="Id of its conference.")
    transfer: CallTransfer | None = Field(description="The transfer in progress.")
    transfer_policy: TransferPolicy = Field(description="How transfers that its far end requests are handled.")
    summary: str = Field(description="Summary for display.")


class LoggedCall(CallFacts):
    """A call that has ended. A call that a power cut ended has no end time, and the cause `error` by `device`."""

    end: End
    missed: bool = Field(description="Whether an incoming call was not answered here.")


class CallLog(Answer):
    """A page of the call log, newest first, in the order in which the calls began."""

    calls: list[LoggedCall]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


class Calls(Answer):
    """All current calls."""

    calls: list[Call]


class Done(Answer):
    """The request was carried out."""

    warning: str | None = Field(description="A note that nothing had to change.")


class CallDone(Done):
    """The request about a call was carried out."""

    id: str
    call: Call | None = Field(description="Current state of the call, also for 10 minutes after its end.")


class Participant(Answer):
    """A call in a conference."""

    call: str = Field(description="Id of the call.")
    joining: Joining
    state: Stage
    muted: bool = Field(description="Whether the other participants and the panel do not hear this one.")
    hold: Hold = Field(description="Held by which side; a held participant neither hears nor is heard.")
    name: str = Field(description="Name of the far end, for display.")


class Participants(Answer):
    """All calls in a conference, including those that are joining or leaving."""

    participants: list[Participant]


class Conference(Answer):
    """Calls that hear each other and the panel."""

    id: str
    state: ConferenceState
    held: bool = Field(description="Whether the panel has left it; the others keep talking.")
    muted: bool = Field(description="Whether no participant hears the microphone.")
    created: Time
    connected_since: Time | None = Field(description="Time at which the first participant joined.")
    duration_s: float = Field(description="Seconds since then.")
    participants: list[Participant]
    summary: str = Field(description="Summary for display.")


class Conferences(Answer):
    """All current conferences: one, or none."""

    conferences: list[Conference]


class ConferenceDone(Done):
    """The request about a conference was carried out."""

    id: str
    conference: Conference | None = Field(description="Current state of the conference; null after its end.")


class AccountDone(Done):
    """The request about an account was accepted."""

    account: Account


class MessageTaken(Answer):
    """The message is being sent: `message.sent` or `message.failed` (`info.…`) with its id follows."""

    message: str


class Door(Answer):
    """A door and its relay."""

    id: str
    state: DoorState
    unlocked: bool = Field(description="Whether the relay is energised.")
    until: Time | None = Field(description="End of the pulse or hold.")
    by: str | None = Field(description="Person or part that opened it.")
    means: Means | None = Field(description="Means by which it was opened.")
    contact: Literal["open", "closed", "unknown"] | None = Field(
        description="State of its leaf; null: the door has no contact."
    )
    alarm: Literal["forced", "held_open"] | None = Field(description="Alarm of the contact, until the leaf is closed.")
    strike: Strike
    pulse_s: float = Field(description="Length of one pulse.")
    max_s: float = Field(description="Longest time that consecutive pulses may last.")
    max_hold_s: float = Field(description="Longest hold; 0: the door cannot be held open.")
    available: bool = Field(description="Whether the relay can be operated now.")


class Doors(Answer):
    """All doors."""

    doors: list[Door]


class Code(Answer):
    """A code or card; no request returns its digits."""

    id: str
    kind: CredentialKind
    owner: str
    doors: list[str]
    schedule: list[Period]
    uses: int | None = Field(description="Remaining uses; null: no limit.")
    expires: Time | None


class Codes(Answer):
    """All codes and cards."""

    codes: list[Code]


class CodeDone(Done):
    """A code or card was added or changed."""

    id: str
    code: Code | None = Field(description="Current state of the code; null if it has been removed.")


class Button(Answer):
    """A button and its action."""

    id: str
    action: Action
    long_action: Action | None
    double_action: Action | None
    target: str | None = Field(description="Target that it rings.")
    down: bool
    stuck: bool = Field(description="Whether it has been down for so long that it is ignored until it is released.")
    glitches: int = Field(
        description="Pulses of its line since the start of the daemon that were too short for a press."
    )


class Chord(Answer):
    """Buttons with an action of their own when they are pressed together."""

    id: str
    buttons: list[str]
    action: Action
    target: str | None = Field(description="Target that it rings.")


class Lamp(Answer):
    """A lamp and its pattern: slow is 1 Hz, fast 4 Hz; every 2 s double flashes twice, and pulse glows up and down.

    A lamp on a line shows a pulse as one flash.
    """

    id: str
    pattern: Pattern
    color: str | None = Field(description="As #rrggbb; null: the configured one.")
    brightness: int = Field(description="In percent of the maximum; 0: off.")
    dims: bool | None = Field(description="Whether its hardware has brightness; null: not known yet.")
    colors: bool | None = Field(description="Whether its hardware has colours; null: not known yet.")


class Keypad(Answer):
    """A keypad."""

    id: str


class Reader(Answer):
    """A card reader."""

    id: str
    discarded: int = Field(description="Number of invalid cards or keys since the start of the daemon.")


class Sensor(Answer):
    """A sensor and its state."""

    id: str
    kind: SensorKind
    door: str | None = Field(description="For a contact: its door.")
    active: bool | None = Field(description="Whether it is active (not at rest); null: its line is not available.")
    blocks_until: Time | None = Field(description="Until when it keeps the doors locked; null: it does not.")


class Panel(Answer):
    """Buttons, lamps and other parts of the panel, and what they show."""

    picture: Picture
    pictures: list[Picture] = Field(
        description="All situations that are true now; each lamp shows the first for which it has a pattern."
    )
    tone: Tone | None = Field(description="Sound on the station's own speaker.")
    buttons: list[Button]
    chords: list[Chord]
    night: bool = Field(description="Whether it is night for the lamps.")
    lamps: list[Lamp]
    keypads: list[Keypad]
    readers: list[Reader]
    sensors: list[Sensor]


class SoundTest(Answer):
    """Highest levels at the microphone in dBFS; null: the microphone delivered nothing."""

    quiet_dbfs: float | None = Field(description="Before the tone.")
    tone_dbfs: float | None = Field(description="During the tone.")
    heard: bool = Field(description="Whether the level was at least twice as high (6 dB) during the tone.")


class Finding(Answer):
    """The result of one check."""

    check: str = Field(description="Subject of the check; for settings the dotted name.")
    level: Literal["ok", "warning", "problem"]
    message: str
    cause: str
    resolution: str


class Findings(Answer):
    """The results of the doctor, the most general ones first."""

    findings: list[Finding]


class Failed(Answer):
    """A part that does not work now."""

    part: str
    why: str


class Appliance(Answer):
    """The station itself."""

    station: str
    ready: bool = Field(description="Whether calls are possible.")
    configured: bool = Field(description="Whether there is a target to call, or an account for calls.")
    stopping: bool
    address: str = Field(description="host:port that SIP listens on; empty while it does not.")
    dropped_requests: int = Field(description="SIP requests dropped because their senders sent too many.")
    status: str = Field(description="Summary for display.")
    failed: list[Failed] = Field(description="Parts that do not work now.")


class Network(Answer):
    """The machine's network."""

    up: bool
    addresses: list[str] = Field(description="Addresses at which others can reach it; none while it is down.")
    nameservers: list[str]


class Target(Answer):
    """A person or phone that can be called by name."""

    name: str
    uri: str
    account: str | None = Field(description="Account for its calls.")


class Contact(Answer):
    """A target and, if it is watched, its state."""

    name: str
    uri: str
    account: str | None
    watched: bool
    state: ContactState
    since: Time | None = Field(description="Begin of this state.")
    code: int = Field(description="SIP code of its last response; 0: none was received.")
    reason: str


class Entry(Answer):
    """A flat of the directory."""

    flat: str = Field(description="Number that a visitor types.")
    name: str = Field(description="Name for display.")
    targets: list[str] = Field(description="Names of the targets to ring, one after another.")


class Contacts(Answer):
    """The directory, and the targets."""

    directory: list[Entry]
    contacts: list[Contact]


class Forwarding(Answer):
    """Call forwarding: name of a target or a number; empty: none."""

    always: str
    quiet: str = Field(description="Calls in quiet hours, or during do not disturb.")
    busy: str
    no_answer: str
    no_answer_s: float


class Hours(Answer):
    """Quiet hours of each day, in the machine's local time; both empty: none."""

    begin: str
    end: str


class Runtime(Answer):
    """Current values of the settings that clients may change while the station runs."""

    forwarding: Forwarding
    quiet_hours: Hours
    do_not_disturb: bool
    quiet: bool = Field(description="Whether quiet hours are in force now.")


class RuntimeDone(Done):
    """The changes are active."""

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
    """An event, the same on every channel; `intercomd --print-events` prints the schema of each type's `data`."""

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
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


class Events(Answer):
    """The answer to a poll."""

    events: list[Envelope] = Field(description="In order; empty if none came in time.")
    since: int = Field(description="Start of the next poll, even if no event passed the filters.")


class Recording(Answer):
    """A recording: a WAV file and its description."""

    id: str
    call: str
    remote: str
    started: Time
    duration_s: float = Field(description="0 until it is complete.")
    bytes: int = Field(description="0 until it is complete.")
    sha256: str = Field(description="Hash of the file; empty until it is complete.")
    complete: bool = Field(description="False while it is being recorded.")
    recovered: bool = Field(description="Whether an unclean end had cut the recording short.")
    url: str = Field(description="Path of the audio file.")


class Recordings(Answer):
    """A page of recordings, newest first."""

    recordings: list[Recording]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


class Health(Answer):
    """The station works."""

    status: Literal["ok"]


class Problem(Answer):
    """An error (RFC 9457). `code` is for programs and keeps its meaning."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What happened.")
    instance: str
    code: str
    cause: str = Field(description="Cause; may be empty.")
    resolution: str = Field(description="Remedy; may be empty.")
