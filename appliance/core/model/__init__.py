"""The core's model: the settings it is given and the state it holds. Times are seconds of CLOCK_MONOTONIC."""

from msgspec import field
from msgspec.structs import replace

from appliance.base.record import Record
from appliance.base.times import Times
from appliance.core.model.access import (
    AccessPart,
    AccessScope,
    Attempt,
    BookChange,
    CardAct,
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
    AccountsPart,
    AccountState,
    Contact,
    ContactState,
    KeptContact,
    Network,
    Package,
    ServerFault,
    Target,
    TlsFault,
    Unanswered,
    Watch,
)
from appliance.core.model.appliance import (
    AppliancePart,
    NoticeCode,
    PendingReply,
    PersistentState,
    Runtime,
    WarningCode,
)
from appliance.core.model.audio import (
    NO_CARD,
    NULL,
    SIMULATED,
    SPEAKER,
    Answerer,
    AudioPart,
    AudioSettings,
    Detection,
    DetectionKind,
    DevicesReason,
    Finding,
    HeardTone,
    Levels,
    Link,
    LinkDirection,
    MixerLevel,
    PushToTalk,
    SoundCard,
    SoundFindings,
    SoundMeasured,
    SoundMode,
    SoundResult,
    SoundTrial,
)
from appliance.core.model.call_search import CallSearch
from appliance.core.model.call_sound import (
    MediaDirection,
    PacketUse,
    Quality,
    QualityClass,
    SilenceCause,
    SoundLevel,
    SoundRefusal,
    SoundSource,
    SoundWatch,
)
from appliance.core.model.calls import (
    By,
    Call,
    CallDigits,
    CallForward,
    CallHeaders,
    CallPlacing,
    CallSound,
    CallsPart,
    CallState,
    CallTimes,
    CallUpdates,
    Candidate,
    Cause,
    Codec,
    CodecName,
    Content,
    Deadlines,
    DigitMethod,
    DigitsBy,
    DigitsTo,
    Direction,
    EarlySource,
    End,
    Forwarding,
    Hold,
    IceFault,
    MessageMethod,
    OutgoingMessage,
    Remote,
    UpdateChange,
    UpdatePolicy,
    UpdateResult,
    hold_of,
)
from appliance.core.model.clock import Clock, Day, Night, Period, QuietHours
from appliance.core.model.conferences import Conference, ConferenceState, Joining, Participant, ParticipantState
from appliance.core.model.doors import (
    DoorSettings,
    DoorsPart,
    DoorState,
    Opening,
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
    NO_CALL,
    AccountId,
    ButtonId,
    CallId,
    ConferenceId,
    CredentialId,
    DoorId,
    KeypadId,
    LampId,
    MessageId,
    PlaybackId,
    ReaderId,
    RecordingId,
    RequestId,
    RingId,
    SensorId,
)
from appliance.core.model.panel import (
    DARK,
    DIGIT_S,
    PAUSE_S,
    Action,
    ButtonSettings,
    ChordSettings,
    LampKind,
    LampOutput,
    LampSettings,
    LampTrial,
    PanelPart,
    Pattern,
    Picture,
    Press,
)
from appliance.core.model.playbacks import (
    BUILT_IN_SOUNDS,
    FASTEST,
    FETCHED,
    LANGUAGE,
    LONGEST_TEXT,
    LONGEST_URL,
    RECORDED,
    SLOWEST,
    SOUND_NAME,
    SPEECH,
    VOICE,
    Playback,
    PlaybackEnd,
    RecordedSound,
    Speech,
    UrlSound,
)
from appliance.core.model.recordings import (
    OF_MESSAGE,
    Announcement,
    Announcements,
    OpenRecording,
    RecordedCalls,
    RecordingChannels,
    RecordingClock,
    RecordingFormat,
    RecordingKind,
    RecordingOrder,
    RecordingSearch,
    RecordingSide,
    Removal,
    Space,
    Storage,
    kind_of,
)
from appliance.core.model.tones import (
    COUNTRIES,
    EUROPE,
    NATIONAL,
    PLAYABLE,
    CountryTone,
    PlayedTone,
    Tone,
    ToneEnd,
    of_country,
)
from appliance.core.model.transfers import Transfer, TransferKind, TransferPolicy, TransferRole, TransferState
from appliance.core.model.visitor_ring import Entry, Plan, RingResult, RingStep, VisitorRing


class Settings(Record):
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
