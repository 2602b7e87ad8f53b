"""What the core knows: the settings it was given and the state it keeps. Times are seconds of CLOCK_MONOTONIC."""

from dataclasses import dataclass, field, replace

from appliance.core.model.access import (
    Attempt,
    Book,
    BookChange,
    Credential,
    CredentialKind,
    Denial,
    Keeping,
    KeypadSettings,
    Lockout,
    LockoutScope,
    Means,
    ReaderSettings,
    Run,
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
from appliance.core.model.appliance import Kept, Runtime, Unkept
from appliance.core.model.calls import (
    By,
    Call,
    CallState,
    Candidate,
    Cause,
    Codec,
    Content,
    Deadlines,
    DigitsBy,
    Direction,
    EarlySource,
    End,
    Forwarding,
    Hold,
    IceFault,
    Method,
    Outgoing,
    Quality,
    Recording,
    Remote,
)
from appliance.core.model.clock import Clock, Day, Night, Period, QuietHours
from appliance.core.model.conferences import Conference, ConferenceState, Joining, Participant, Stage
from appliance.core.model.doors import (
    Block,
    DoorSettings,
    DoorState,
    Pulse,
    Rule,
    Sensing,
    SensorKind,
    SensorSettings,
    Strike,
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
    LampSettings,
    LampTrial,
    Pattern,
    Picture,
    Press,
    Shine,
    SoundTrial,
    Tone,
)
from appliance.core.model.transfers import Kind, Role, Transfer, TransferPolicy, TransferState
from appliance.core.model.visitor_ring import Entry, Plan, Ring, RingResult, RingStep


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
