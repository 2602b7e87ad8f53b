"""The core's model: the settings it is given and the state it holds. Times are seconds of CLOCK_MONOTONIC."""

from dataclasses import dataclass, field, replace

from appliance.core.model.access import (
    AccessScope,
    Attempt,
    BookChange,
    Credential,
    CredentialBook,
    CredentialKind,
    Denial,
    KeypadEntry,
    KeypadSettings,
    Lockout,
    LockoutScope,
    OpenedBy,
    PasswordFault,
    PendingWrite,
    ReaderSettings,
)
from appliance.core.model.accounts import (
    Account,
    AccountSettings,
    AccountState,
    Contact,
    ContactState,
    Network,
    Package,
    Target,
    TlsFault,
    Watch,
)
from appliance.core.model.appliance import NoticeCode, PendingReply, PersistentState, Runtime, WarningCode
from appliance.core.model.calls import (
    By,
    Call,
    CallState,
    Candidate,
    Cause,
    Codec,
    Content,
    Deadlines,
    DigitMethod,
    DigitsBy,
    Direction,
    EarlySource,
    End,
    Forwarding,
    Hold,
    IceFault,
    MessageMethod,
    OpenRecording,
    OutgoingMessage,
    Quality,
    Remote,
    UpdateChange,
    UpdateResult,
)
from appliance.core.model.clock import Clock, Day, Night, Period, QuietHours
from appliance.core.model.conferences import Conference, ConferenceState, Joining, Participant, ParticipantState
from appliance.core.model.doors import (
    DoorSettings,
    DoorState,
    Pulse,
    Rule,
    Sensing,
    SensorKind,
    SensorSettings,
    Strike,
    TamperBlock,
)
from appliance.core.model.ids import (
    DIRECT,
    NO_ACCOUNT,
    AccountId,
    ButtonId,
    CallId,
    ConferenceId,
    CredentialId,
    DoorId,
    KeypadId,
    LampId,
    MessageId,
    ReaderId,
    RecordingId,
    RequestId,
    RingId,
    SensorId,
)
from appliance.core.model.panel import (
    DARK,
    Action,
    ButtonSettings,
    ChordSettings,
    LampKind,
    LampOutput,
    LampSettings,
    LampTrial,
    Pattern,
    Picture,
    Press,
    SoundTrial,
    Tone,
)
from appliance.core.model.transfers import Transfer, TransferKind, TransferPolicy, TransferRole, TransferState
from appliance.core.model.visitor_ring import Entry, Plan, RingResult, RingStep, VisitorRing


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the core takes from the configuration."""

    station: str
    user: str = ""  # of our address in calls without an account
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
    callers: str = "targets"  # "targets" or "anyone"; for calls without an account
    transfer_policy: TransferPolicy = TransferPolicy.REFUSE  # for calls without an account as well
    max_calls: int = 4  # at once, including calls that ring or wait
    max_call_s: float = 3600.0  # from the moment when people can talk; 0: no limit
    ask_updates: bool = False  # whether clients decide about far ends' changes of a call
    digits_otherwise: DigitsBy = DigitsBy.NONE  # to far ends that do not accept RFC 4733
    max_redirects: int = 4  # 3xx responses that an outgoing call follows; 0: none
    runtime: Runtime = field(default_factory=Runtime)
    record: bool = False
    deadlines: Deadlines = field(default_factory=Deadlines)

    def button(self, wanted: str) -> ButtonSettings | None:
        """Find a button by its id."""
        return next((b for b in self.buttons if b.id == wanted), None)

    def keypad(self, wanted: str) -> KeypadSettings | None:
        """Find a keypad by its id."""
        return next((k for k in self.keypads if k.id == wanted), None)

    def reader(self, wanted: str) -> ReaderSettings | None:
        """Find a reader by its id."""
        return next((r for r in self.readers if r.id == wanted), None)

    def door(self, wanted: str) -> DoorSettings | None:
        """Find a door by its id."""
        return next((d for d in self.doors if d.id == wanted), None)

    def sensor(self, wanted: str) -> SensorSettings | None:
        """Find a sensor by its id."""
        return next((s for s in self.sensors if s.id == wanted), None)

    def target(self, wanted: str) -> Target | None:
        """Find a target by its name."""
        return next((t for t in self.targets if t.name == wanted), None)

    def plan(self, wanted: str) -> Plan | None:
        """Find a ring plan by its name; a target's name stands for a plan of that target alone."""
        alone = Plan(wanted, (RingStep((wanted,)),)) if self.target(wanted) is not None else None
        named = (*self.plans, *(entry.plan for entry in self.directory))
        return next((p for p in named if p.name == wanted), alone)

    def entry(self, wanted: str) -> Entry | None:
        """Find a flat of the directory by its number."""
        return next((e for e in self.directory if e.flat == wanted), None)

    def account(self, wanted: str) -> AccountSettings | None:
        """Find an account's settings by its name."""
        return next((a for a in self.accounts if a.name == wanted), None)


@dataclass(frozen=True, slots=True)
class State:
    """The whole state of the station, in one value."""

    settings: Settings
    now: float = 0.0
    calls: tuple[Call, ...] = ()  # those that have not ended, the foreground call last, before it the previous one
    conference: Conference | None = None  # at most one: there is one panel
    ring: VisitorRing | None = None
    presses: tuple[tuple[ButtonId, Press], ...] = ()
    glitches: tuple[tuple[ButtonId, int], ...] = ()  # pulses of each button's line that were too short for a press
    pulses: tuple[tuple[DoorId, Pulse], ...] = ()
    locked_down: tuple[DoorId, ...] = ()
    sensors: tuple[tuple[SensorId, Sensing], ...] = ()  # sensors of which something is known
    blocks: tuple[TamperBlock, ...] = ()
    kept_change: int = 0  # counts the changes of the persistent state
    on_disc: PersistentState | None = field(
        default_factory=PersistentState
    )  # as last reported by the store; None: nothing that can be read
    unkept: tuple[PendingReply, ...] = ()
    recordings: tuple[OpenRecording, ...] = ()
    accounts: tuple[Account, ...] = ()  # accounts that have begun to register: all once SIP was ready
    messages: tuple[OutgoingMessage, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    contacts: tuple[Contact, ...] = ()  # watched contacts
    book: CredentialBook | None = None  # None: not loaded yet
    keepings: tuple[PendingWrite, ...] = ()
    runs: tuple[KeypadEntry, ...] = ()
    lockouts: tuple[Lockout, ...] = ()
    clock: Clock | None = None  # None: unknown
    changed: Runtime | None = None  # run-time settings set by clients; None: as configured
    quiet: bool = False  # whether the quiet hours apply now
    network: Network | None = None  # None: unknown
    last_addresses: tuple[str, ...] = ()  # the machine's addresses when it last had any
    sip_ready: bool = False
    sip_address: str = ""  # "" until SIP has been ready once
    relay_ready: bool = False
    error_until: float | None = None  # until then the panel shows an error, and the speaker plays its tone
    failed: tuple[tuple[str, str], ...] = ()  # (part, why) of everything that does not work now
    lamp_trials: tuple[LampTrial, ...] = ()
    lamp_kinds: tuple[tuple[LampId, LampKind], ...] = ()  # lamps whose hardware was found
    sound_trial: SoundTrial | None = None
    denied: tuple[tuple[str, float], ...] = ()  # (source, when) of recent reports
    discarded: tuple[tuple[ReaderId, int], ...] = ()  # readings of each reader that were not a card
    dropped: int = 0  # SIP requests of senders that send too many
    rejected: bool = False  # the configuration file has errors, so the earlier settings stay
    needs_restart: str = ""  # names of changed settings that need a restart
    stopping: bool = False

    def call(self, wanted: str) -> Call | None:
        """Find a call by its id; None if it has ended."""
        return next((c for c in self.calls if c.id == wanted), None)

    def account(self, wanted: str) -> Account:
        """The account of that name; at rest if it never began to register."""
        return next((a for a in self.accounts if a.name == wanted), Account(AccountId(wanted)))

    def contact(self, wanted: str) -> Contact:
        """The state of the target of that name; unknown if it is not watched."""
        return next((c for c in self.contacts if c.name == wanted), Contact(wanted))

    def transfer(self, wanted: CallId) -> Transfer | None:
        """The current transfer of that call."""
        return next((t for t in self.transfers if t.call == wanted), None)

    def passes_on(self, call: CallId) -> bool:
        """Whether the far end would end that call because of a transfer."""
        return any(t.leaves(call) for t in self.transfers)

    @property
    def runtime(self) -> Runtime:
        """The run-time settings now: those of clients, else as configured."""
        return self.settings.runtime if self.changed is None else self.changed

    @property
    def offline(self) -> bool:
        """Whether the machine is known to have no network."""
        return self.network is not None and not self.network.addresses

    @property
    def active(self) -> Call | None:
        """The foreground call: buttons act on it, and only it has the speaker and the microphone.

        Calls that we have begun to end do not count; they only wait for their last response. If a conference is in the
        foreground, it is one of its connected calls, if any, and the others share speaker and microphone with it.
        """
        top = next((c for c in reversed(self.calls) if c.alive), None)
        if top is None or top.conference is None:
            return top
        talks = (c for c in reversed(self.calls) if c.conference is not None and c.talks)
        return next(talks, top)

    @property
    def away(self) -> bool:
        """Whether a conference is in the foreground that the panel has left."""
        front = self.active
        return (
            front is not None and front.conference is not None and self.conference is not None and self.conference.held
        )

    @property
    def waiting(self) -> Call | None:
        """The unanswered incoming call nearest to the foreground, and so the oldest of those behind it."""
        return next((c for c in reversed(self.calls) if c.unanswered_here), None)

    @property
    def full(self) -> bool:
        """Whether the limit of calls is reached."""
        return self.count >= self.settings.max_calls

    @property
    def count(self) -> int:
        """The number of calls, as the limit counts them: a conference is one, a visitor's ring is one, even paused."""
        rings = {self.ring.id} if self.ring is not None else set()
        alone = rings | {c.ring or c.id for c in self.calls if c.alive and c.conference is None}
        return len(alone) + any(c.alive and c.conference is not None for c in self.calls)

    def with_call(self, call: Call) -> "State":
        """A copy with `call` in place of that with its id. A new call is in the foreground, an incoming one behind all.

        A new call in a conference goes behind the others there, so that the calls of a conference stay together.
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
        """A copy with that call in the foreground, and with it the other calls of its conference."""
        if call.conference is None:
            return replace(self, calls=(*(c for c in self.calls if c.id != call.id), call))
        behind = (c for c in self.calls if c.conference is None and c.id != call.id)
        others = (c for c in self.calls if c.conference is not None and c.id != call.id)
        return replace(self, calls=(*behind, *others, call))
