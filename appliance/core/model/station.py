"""The settings and the whole state of the station."""

from appliance.base.record import Record
from appliance.base.times import Times
from appliance.core.model.access import AccessPart, KeypadSettings, ReaderSettings
from appliance.core.model.accounts import AccountSettings, AccountsPart, Target
from appliance.core.model.appliance import AppliancePart, Runtime
from appliance.core.model.audio import AudioPart, AudioSettings
from appliance.core.model.calls import CallsPart, Deadlines, DigitsBy, OutgoingMessage
from appliance.core.model.clock import Night, Profile
from appliance.core.model.conferences import Conference
from appliance.core.model.doors import DoorSettings, DoorsPart, Rule, RulesPart, SensorSettings
from appliance.core.model.ids import CallId
from appliance.core.model.panel import ButtonSettings, ChordSettings, LampSettings, PanelPart
from appliance.core.model.recordings import Announcements, RecordedCalls, RecordingChannels
from appliance.core.model.transfers import Transfer, TransferPolicy
from appliance.core.model.visitor_ring import BROWSERS, Entry, Plan, RingStep, VisitorRing


class Settings(Record):
    """Everything that the core takes from the configuration."""

    station: str
    device: str = "door"  # its name for other systems: in topics, and in ids of Home Assistant
    user: str = ""  # of our address in calls without an account
    buttons: tuple[ButtonSettings, ...] = ()
    chords: tuple[ChordSettings, ...] = ()
    lamps: tuple[LampSettings, ...] = ()
    night: Night | None = None
    night_profile: str = ""  # name of a time profile; "": none
    profiles: tuple[Profile, ...] = ()
    holidays: tuple[str, ...] = ()  # of the configuration: YYYY-MM-DD, or MM-DD for every year
    holidays_of: str = ""  # the country whose holidays a process computes, with its region; "": none
    ringer_profile: str = ""  # while it is active, the ringer is silent; "": none
    forwarding_profile: str = ""  # only while it is active, all calls are forwarded; "": always
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
    ring_answer_s: float = 0.0  # how long a ring waits for what a receiver of webhooks decides; 0: nobody is asked
    call_answer_s: float = 0.0  # the same for an incoming call
    runtime: Runtime = Runtime()
    audio: AudioSettings = AudioSettings()
    record: bool = False  # whether any call may be recorded
    recorded_calls: RecordedCalls = RecordedCalls.ANSWERED
    recording_channels: RecordingChannels = RecordingChannels.MIXED
    announcements: Announcements = Announcements()  # of the recordings of calls without an account
    must_announce: bool = True  # whether nothing is recorded if its announcement fails
    message_s: float = 0.0  # the longest message that a visitor may leave when nobody answers; 0: none
    deadlines: Deadlines = Deadlines()
    times: Times = Times()

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
        """Find a ring plan by its name; a target's name, or BROWSERS, stands for a plan of that alone."""
        is_callee = wanted == BROWSERS or self.target(wanted) is not None
        alone = Plan(wanted, (RingStep((wanted,)),)) if is_callee else None
        named = (*self.plans, *(entry.plan for entry in self.directory))
        return next((p for p in named if p.name == wanted), alone)

    def entry(self, wanted: str) -> Entry | None:
        """Find a flat of the directory by its number."""
        return next((e for e in self.directory if e.flat == wanted), None)

    def profile(self, wanted: str) -> Profile | None:
        """Find a time profile by its name."""
        return next((p for p in self.profiles if p.name == wanted), None)

    def account(self, wanted: str) -> AccountSettings | None:
        """Find an account's settings by its name."""
        return next((a for a in self.accounts if a.name == wanted), None)


class State(Record):
    """The whole state of the station, in one value."""

    settings: Settings
    now: float = 0.0
    calls: CallsPart = CallsPart()
    messages: tuple[OutgoingMessage, ...] = ()
    conference: Conference | None = None  # at most one: there is one panel
    transfers: tuple[Transfer, ...] = ()
    rings: tuple[VisitorRing, ...] = ()  # of visitors, the newest last
    accounts: AccountsPart = AccountsPart()
    doors: DoorsPart = DoorsPart()
    access: AccessPart = AccessPart()
    panel: PanelPart = PanelPart()
    audio: AudioPart = AudioPart()
    appliance: AppliancePart = AppliancePart()
    rules: RulesPart = RulesPart()

    def transfer(self, wanted: CallId) -> Transfer | None:
        """The current transfer of that call."""
        return next((t for t in self.transfers if t.call == wanted), None)

    def passes_on(self, call: CallId) -> bool:
        """Whether the far end would end that call because of a transfer."""
        return any(t.leaves(call) for t in self.transfers)

    @property
    def runtime(self) -> Runtime:
        """The current run-time settings: as clients have changed them, else as configured."""
        return self.settings.runtime if self.appliance.changed is None else self.appliance.changed

    @property
    def away(self) -> bool:
        """Whether a conference is in the foreground that the panel has left."""
        front = self.calls.active
        return (
            front is not None and front.conference is not None and self.conference is not None and self.conference.held
        )

    @property
    def full(self) -> bool:
        """Whether the limit of calls is reached."""
        return self.count >= self.settings.max_calls

    @property
    def count(self) -> int:
        """The number of calls, as the limit counts them: a conference is one, a visitor's ring is one, even paused."""
        rings = {ring.id for ring in self.rings}
        alone = rings | {c.ring or c.id for c in self.calls.living if c.alive and c.conference is None}
        return len(alone) + any(c.alive and c.conference is not None for c in self.calls.living)
