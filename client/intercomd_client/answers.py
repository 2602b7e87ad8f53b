# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""What the station answers. A later version may add fields."""

from typing import Any, Literal, NotRequired, TypedDict

from intercomd_client import words


class Period(TypedDict):
    """A time on some days of the week, in the station's time zone."""

    days: list[words.Day]
    begin: str
    end: str  # If it is earlier than begin, it is on the next day.


class IndexedRequest(TypedDict):
    """A request that the station answers."""

    method: str
    path: str  # Names in braces stand for ids.
    summary: str


class Index(TypedDict):
    """The version of the interface and all its requests."""

    version: str  # Version of intercomd.
    openapi: str  # Path of the full description.
    authorization: str  # How a client shows that it may ask, in words.
    requests: list[IndexedRequest]


class Failed(TypedDict):
    """A part that does not work now."""

    part: str
    why: str


class Appliance(TypedDict):
    """The station itself."""

    station: str
    device: str  # Name of the station for other systems: the setting `mqtt.device`.
    ready: bool  # Whether calls are possible.
    configured: bool  # Whether there is a target to call, or an account for calls.
    stopping: bool
    address: str  # host:port that SIP listens on; empty while it does not.
    zone: str  # Time zone of the station, by which times of day count; empty while it is unknown.
    dropped_requests: int  # SIP requests dropped because their senders sent too many.
    doubted_answers: int
    status: str  # Summary for display.
    offered_version: str  # Newer version of the service's package that apt offers; empty if it offers none.
    failed: list[Failed]  # Parts that do not work now.


class Network(TypedDict):
    """The machine's network."""

    up: bool
    addresses: list[str]  # Addresses at which others can reach it; none while it is down.
    nameservers: list[str]


class Account(TypedDict):
    """An account and its registration."""

    name: str
    display_name: str | None  # Name for people, as configured; null: none, so its id is shown.
    state: words.AccountState
    user: str
    uri: str  # SIP address of the station at this account.
    registrar: str  # As configured.
    transport: Literal["udp", "tcp", "tls"]
    srtp: Literal["off", "optional", "mandatory"]
    server: str  # address:port of the registrar's last response; empty before the first.
    registered_since: str | None  # UTC.
    expires: str | None  # End of the current registration.
    failures: int  # Consecutive failures.
    retry_at: str | None  # Time of the next attempt after a failure.
    code: int  # SIP code of the last failure; 0: none, or no response.
    reason: str
    explanation: str  # One sentence on the last failure that names the setting to check.
    summary: str  # Summary for display.


class Remote(TypedDict):
    """The far end, as it identifies itself."""

    uri: str
    user: str
    host: str
    display_name: str
    target: str | None  # Id of the configured target, if it is one.
    target_name: NotRequired[str | None]


class Codec(TypedDict):
    """A negotiated codec."""

    name: str
    clock_rate_hz: int


# RTP of the whole call, over holds and changes of codec. Calls that earlier versions logged lack some figures.
Quality = TypedDict(
    "Quality",
    {
        "received": int,
        "lost": int,
        "jitter_ms": float,
        "received_bytes": NotRequired[int],
        "buffer_ms": NotRequired[float],
        "sent": NotRequired[int],
        "sent_bytes": NotRequired[int],
        "sent_lost": NotRequired[int | None],
        "sent_jitter_ms": NotRequired[float | None],
        "rtt_ms": NotRequired[float | None],
        "loss": NotRequired[float | None],
        "mos": NotRequired[float | None],
        "class": NotRequired[words.QualityClass | None],
    },
)


class End(TypedDict):
    """How a call ended: a cause for programs, the SIP code (0: none was received) and reason, and who ended it."""

    cause: words.Cause
    code: int
    reason: str
    by: words.By
    explanation: str  # One sentence on a failure that names the setting to check; otherwise empty.


class CallLink(TypedDict):
    """Sound that flows between the call and a target by the order of a client."""

    target: str  # Id of a call or of the conference, or `speaker`.
    direction: words.LinkDirection
    gain: float  # In per cent: 100 changes nothing.


class Voices(TypedDict):
    """Who speaks in a call."""

    local: bool  # Whether a voice is sent to the far end.
    remote: bool  # Whether a voice comes from the far end.


class CallTransfer(TypedDict):
    """A transfer of a call. transferor: we transfer the far end; transferee: the far end transfers us."""

    role: words.TransferRole
    state: words.TransferState  # asked: a client must decide; done: the call is about to end.
    to: str
    until: str  # Deadline, after which it is refused, has failed, or the call is ended.


class Call(TypedDict):
    """A call."""

    id: str
    account: str  # Account of the call; direct: none.
    direction: words.Direction
    remote: Remote
    local_uri: str
    number: str  # Dialled number; for an incoming call the user, or address, that was called.
    headers: dict[str, str]  # Headers of the INVITE that was received, or of the 200 response to ours.
    custom_data: str  # Free text that a client stores with the call.
    codec: Codec | None
    srtp: bool  # Whether the sound is encrypted.
    transport: Literal["udp", "tcp", "tls"]  # Transport protocol of its messages.
    created: str  # UTC.
    ringing_since: str | None  # UTC.
    connected_since: str | None  # UTC.
    ended: str | None  # UTC.
    duration_s: float  # Seconds since the call was connected; 0 before.
    ring: str | None  # Id of the visitor's ring of this call, as in `ring.started`.
    recording: str | None  # Id of the recording.
    quality: Quality | None  # Updated about once a second while sound is expected.
    end: End | None
    state: words.CallState
    legacy_state: Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
    hold: words.Hold
    active: bool  # Whether it has the speaker and the microphone.
    muted: bool
    recording_paused: bool  # Whether a client paused its recording.
    recording_muted: list[words.RecordingSide]  # Sides of its recording that a client muted.
    tone: words.Tone | None  # Tone that a client plays to the far end.
    playback: str | None  # Id of the sound that a client plays to the far end.
    links: list[CallLink]  # What clients send to other calls or the speaker, or bring from there.
    conference: str | None  # Id of its conference.
    statistics_interval: int  # Seconds between two events `media.statistics`; 0: none.
    report: list[Literal["level", "microphone"]]  # What is reported: level each second.
    vad: Voices | None  # Who spoke in the last second; null unless `report` has `level`.
    media: Literal["speaker", "none"]  # none: it has neither speaker nor microphone.
    led_by: str | None  # Who placed or answered it: the client, as in events, or a button.
    digits_to: words.DigitsTo
    dtmf: list[words.DigitMethod]  # Methods by which digits of the far end are taken.
    detect: list[words.DetectionKind]  # What is searched for in the sound of the far end.
    transfer: CallTransfer | None  # The transfer in progress.
    transfer_policy: words.TransferPolicy  # How transfers that its far end requests are handled.
    summary: str  # Summary for display.


class Participant(TypedDict):
    """A call in a conference."""

    call: str  # Id of the call.
    joining: words.Joining
    state: words.ParticipantState
    muted: bool  # Whether the other participants and the panel do not hear this one.
    hold: words.Hold  # Held by which side; a held participant neither hears nor is heard.
    name: str  # Name of the far end, for display.


class Conference(TypedDict):
    """Calls that hear each other and the panel."""

    id: str
    state: words.ConferenceState
    held: bool  # Whether the panel has left it; the others keep talking.
    muted: bool  # Whether no participant hears the microphone.
    recorded: bool  # Whether a client has each of its calls recorded, also those that join later.
    created: str  # UTC.
    connected_since: str | None  # Time at which the first participant joined.
    ended: str | None  # Null while it lasts. It can be read for 10 minutes after its end.
    duration_s: float  # Seconds since the first participant joined, until its end.
    participants: list[Participant]  # After its end, all who were in it or invited.
    summary: str  # Summary for display.


class LastOpening(TypedDict):
    """The last opening of a door."""

    time: str | None  # When it began; null: before the station knew the time.
    by: str  # Person or part that opened the door.
    means: words.OpenedBy  # Means by which it was opened.
    held: bool  # Whether the door was held open.


class Door(TypedDict):
    """A door and its relay."""

    id: str
    name: str | None  # Name for people, as configured; null: none, so its id is shown.
    state: words.DoorState
    unlocked: bool  # Whether the relay is energised.
    until: str | None  # End of the pulse or hold.
    by: str | None  # Person or part that opened it.
    means: words.OpenedBy | None  # Means by which it was opened.
    last_opening: LastOpening | None  # Last opening, also before a restart; null: the station knows of none.
    contact: Literal["open", "closed", "unknown"] | None  # State of its leaf; null: the door has no contact.
    alarm: Literal["forced", "held_open"] | None  # Alarm of the contact, until the leaf is closed.
    strike: words.Strike
    pulse_s: float  # Length of one pulse.
    max_s: float  # Longest time that consecutive pulses may last.
    max_hold_s: float  # Longest hold; 0: the door cannot be held open.
    available: bool  # Whether the relay can be operated now.


class Button(TypedDict):
    """A button and its action."""

    id: str
    name: str | None  # Name for people, as configured; null: none, so its id is shown.
    action: words.Action
    long_action: words.Action | None
    double_action: words.Action | None
    target: str | None  # Target that it rings.
    down: bool
    stuck: bool  # Whether it has been down for so long, or chatters so, that it is ignored for now.
    glitches: int  # Pulses of its line since the start of the daemon that were too short for a press.


class Chord(TypedDict):
    """Buttons with an action of their own when they are pressed together."""

    id: str
    buttons: list[str]
    action: words.Action
    target: str | None  # Target that it rings.


class Lamp(TypedDict):
    """A lamp and its pattern: slow is 1 Hz, fast 4 Hz; every 2 s double flashes twice, and pulse glows up and down.

    A lamp on a line shows a pulse as one flash.
    """

    id: str
    name: str | None  # Name for people, as configured; null: none, so its id is shown.
    pattern: words.Pattern
    color: str | None  # As #rrggbb; null: the configured one.
    brightness: int  # In percent of the maximum; 0: off.
    dims: bool | None  # Whether its hardware has brightness; null: not known yet.
    colors: bool | None  # Whether its hardware has colours; null: not known yet.


class Keypad(TypedDict):
    """A keypad."""

    id: str


class Reader(TypedDict):
    """A card reader."""

    id: str
    discarded: int  # Number of invalid cards or keys since the start of the daemon.


class Sensor(TypedDict):
    """A sensor and its state."""

    id: str
    kind: words.SensorKind
    door: str | None  # For a contact: its door.
    active: bool | None  # Whether it is active (not at rest); null: its line is not available.
    blocks_until: str | None  # Until when it keeps the doors locked; null: it does not.


class Panel(TypedDict):
    """Buttons, lamps and other parts of the panel, with their present state."""

    picture: words.Picture
    pictures: list[words.Picture]
    tone: words.Tone | None  # Sound on the station's own speaker.
    buttons: list[Button]
    chords: list[Chord]
    night: bool  # Whether it is night for the lamps.
    lamps: list[Lamp]
    keypads: list[Keypad]
    readers: list[Reader]
    sensors: list[Sensor]


class SoundSide(TypedDict):
    """The speaker or the microphone, and its level in its card's mixer; null: the card does not say, or is absent."""

    pcm: str  # The configured ALSA PCM; null: none.
    card: str | None  # Its card, while the card is there.
    profile: str | None  # Which entry of the table of cards names the element.
    element: str | None  # The element of the mixer; null: the mixer has none for this.
    percent: float | None  # Volume of the speaker or gain of the microphone.
    limit: float  # Highest per cent that may be set.
    db: float | None  # This volume or gain in decibels.
    min_db: float | None
    max_db: float | None
    muted: bool | None  # Whether the switch of the element is off.


class Microphone(TypedDict):
    """The microphone."""

    pcm: str  # The configured ALSA PCM; null: none.
    card: str | None  # Its card, while the card is there.
    profile: str | None  # Which entry of the table of cards names the element.
    element: str | None  # The element of the mixer; null: the mixer has none for this.
    percent: float | None  # Volume of the speaker or gain of the microphone.
    limit: float  # Highest per cent that may be set.
    db: float | None  # This volume or gain in decibels.
    min_db: float | None
    max_db: float | None
    muted: bool | None  # Whether the switch of the element is off.
    heard: bool  # Whether somebody hears it now; see `audio.microphone_changed`.


class Device(TypedDict):
    """A sound card."""

    id: str  # Its name in ALSA, the same after each boot.
    name: str
    usb: bool  # Whether it is connected by USB.
    capture: list[str]  # ALSA PCMs for the setting `audio.capture`.
    playback: list[str]  # ALSA PCMs for the setting `audio.playback`.


class Audio(TypedDict):
    """The sound of the station."""

    speaker: SoundSide
    microphone: Microphone
    mode: words.SoundMode  # Which way sound flows in calls: the setting `audio.mode`.
    tone: words.Tone | None  # Tone that a client plays on the speaker.
    playback: str | None  # Id of the sound that a client plays on the speaker.
    ringer_silent_until: str | None  # End of the ringer's silence; null: it rings.
    ringer_silent: bool  # Whether the bell of incoming calls is silent now.
    devices: list[Device]


class Forwarding(TypedDict):
    """Call forwarding: name of a target or a number; empty: none."""

    always: str
    quiet: str  # Calls in quiet hours, or during do not disturb.
    busy: str
    no_answer: str
    no_answer_s: float


class Hours(TypedDict):
    """Quiet hours of each day, in the machine's local time, both empty: none; and a time profile, empty: none."""

    begin: str
    end: str
    profile: str


class Runtime(TypedDict):
    """Current values of the settings that clients may change while the station runs."""

    forwarding: Forwarding
    quiet_hours: Hours
    do_not_disturb: bool
    quiet: bool  # Whether quiet hours are in force now.


class Target(TypedDict):
    """A person or phone that can be called by name."""

    name: str
    display_name: str | None  # Name for people, as configured; null: none, so its id is shown.
    uri: str
    account: str | None  # Account for its calls.


class Entry(TypedDict):
    """A flat of the directory."""

    flat: str  # Number that a visitor types.
    name: str  # Name for display.
    targets: list[str]  # Names of the targets to ring, one after another.


class Contact(TypedDict):
    """A target and, if it is watched, its state."""

    name: str
    display_name: str | None  # Name for people, as configured; null: none, so its id is shown.
    uri: str
    account: str | None
    watched: bool
    state: words.ContactState
    since: str | None  # Begin of this state.
    code: int  # SIP code of its last response; 0: none was received.
    reason: str


class VisitorMessage(TypedDict):
    """A message of a visitor whom nobody answered."""

    id: str  # Id of its recording.
    rung: str  # The target or plan that nobody answered.
    begun: bool  # Whether it is being recorded; before that the visitor is asked for it.


class Storage(TypedDict):
    """The space for recordings. Looked at every 2 s, as others use the disc too; new once 1 MB more or less is free."""

    state: words.Space  # low: no recording begins; full: those that run stop.
    free_bytes: int
    needed_bytes: int  # Kept free for the system (`recording.free_mb`).
    recordings_bytes: int  # Size of all finished recordings.


class Snapshot(TypedDict):
    """The whole state, and the id of the last event in it."""

    appliance: Appliance
    network: Network
    accounts: list[Account]
    calls: list[Call]
    conferences: list[Conference]
    doors: list[Door]
    panel: Panel
    audio: Audio
    runtime: Runtime
    targets: list[Target]
    directory: list[Entry]
    contacts: list[Contact]
    message: VisitorMessage | None  # The message that a visitor is asked for or leaves.
    storage: Storage | None  # Null until it was measured, soon after the start.
    last_event: int
    time: str  # UTC.


class AccountDone(TypedDict):
    """The request about an account was accepted."""

    warning: str | None  # A note that nothing had to change.
    account: Account


class Accounts(TypedDict):
    """All accounts."""

    accounts: list[Account]


class Done(TypedDict):
    """The request was carried out."""

    warning: str | None  # A note that nothing had to change.


class Contacts(TypedDict):
    """The directory, and the targets."""

    directory: list[Entry]
    contacts: list[Contact]


class CallDone(TypedDict):
    """The request about a call was carried out."""

    warning: str | None  # A note that nothing had to change.
    id: str
    call: Call | None  # Current state of the call, also for 10 minutes after its end.


# The call of an event, as the event left it. What it does not have is absent.
CallOfEvent = TypedDict(
    "CallOfEvent",
    {
        "direction": words.Direction,
        "from": str,
        "to": str,
        "display_name": NotRequired[str],
        "target": NotRequired[str],
        "target_name": NotRequired[str],
        "codec": NotRequired[Codec],
        "account": NotRequired[str],
        "conference": NotRequired[str],
    },
)


class ConferenceMember(TypedDict):
    """A far end in a conference, or invited to it."""

    call: str  # Id of its call.
    uri: str  # Its address.
    name: str  # Its name, for display.
    joining: words.Joining


class ConferenceFacts(TypedDict):
    """The conference of an event, as the event left it."""

    id: str
    participants: list[ConferenceMember]  # Who is in it; after its end, who ever was.
    invitations: list[ConferenceMember]  # Who is being called; after its end, who never joined.
    speaker: bool  # Whether the panel hears the participants.


class StoredEvent(TypedDict):
    """An event as the station keeps it; the schema of `data` depends on `type`."""

    id: int  # Strictly increasing, never used twice.
    type: words.EventType
    time: str  # UTC.
    uptime: float  # Seconds of the monotonic clock.
    boot: str
    call: str | None
    about: NotRequired[CallOfEvent]
    conference: NotRequired[ConferenceFacts]  # The conference, in its events and in those of its recordings.
    data: dict[str, Any]


class Problem(TypedDict):
    """An error (RFC 9457). `code` is for programs and keeps its meaning."""

    type: str
    title: str
    status: int
    detail: str  # What happened.
    instance: str
    code: words.ErrorCode
    cause: str  # Cause; may be empty.
    resolution: str  # Remedy; may be empty.


class Operation(TypedDict):
    """An order whose outcome comes later.

    Only its client and `admin` see it. The newest 200 since the start of the daemon are kept, and every one that runs:
    at most 128 run at once, 96 of one client; further orders are refused (429).
    """

    id: str
    order: str  # The operationId of the order.
    call: str | None  # The call that the order is about.
    state: Literal["running", "succeeded", "failed"]
    started: str  # UTC.
    ended: str | None  # UTC.
    event: StoredEvent | None  # The event that reports the outcome.
    result: dict[str, Any] | None  # The answer of an order that has one, such as a test's result.
    error: Problem | None  # Why it failed.


class CallDoneLater(TypedDict):
    """The order about a call was accepted. With status 200 it has succeeded meanwhile."""

    warning: str | None  # A note that nothing had to change.
    id: str
    call: Call | None  # Current state of the call, also for 10 minutes after its end.
    operation: Operation


class Calls(TypedDict):
    """All current calls."""

    calls: list[Call]


class IceServers(TypedDict):
    """What a browser uses to be reached from elsewhere."""

    ice_servers: list[str]


class MessageTaken(TypedDict):
    """The message is being sent: `message.sent` or `message.failed` (`info.…`) with its id follows.

    With status 200 it has arrived.
    """

    message: str
    operation: Operation


class ConferenceDone(TypedDict):
    """The request about a conference was carried out."""

    warning: str | None  # A note that nothing had to change.
    id: str
    conference: Conference | None  # State of the conference, also of one that has ended.


class Participants(TypedDict):
    """All calls in a conference, including calls that are joining or leaving."""

    participants: list[Participant]


class Conferences(TypedDict):
    """All current conferences: one, or none."""

    conferences: list[Conference]


class Envelope(TypedDict):
    """An event, the same on every channel; the schema of `data` depends on `type`."""

    state: NotRequired[Snapshot]  # In `events.lost` only: the whole state after the loss; start over from it.
    id: int  # Strictly increasing, never used twice.
    type: words.EventType
    time: str  # UTC.
    uptime: float  # Seconds of the monotonic clock.
    boot: str
    call: str | None
    about: NotRequired[CallOfEvent]
    conference: NotRequired[ConferenceFacts]  # The conference, in its events and in those of its recordings.
    data: dict[str, Any]


class Events(TypedDict):
    """The answer to a poll."""

    events: list[Envelope]  # In order; empty if none came in time.
    since: int  # Start of the next poll, even if no event passed the filters.


class Doors(TypedDict):
    """All doors."""

    doors: list[Door]


class Code(TypedDict):
    """A code or card; no request returns its digits."""

    id: str
    kind: words.CredentialKind
    owner: str
    doors: list[str]
    schedule: list[Period] | None  # Times at which it is valid; null: always.
    uses: int | None  # Remaining uses; null: no limit.
    expires: str | None  # UTC.
    profile: NotRequired[str | None]  # Time profile within which it is valid; null: none.


class CodeDone(TypedDict):
    """A code or card was added or changed."""

    warning: str | None  # A note that nothing had to change.
    id: str
    code: Code | None  # Current state of the code; null if it has been removed.


class Codes(TypedDict):
    """All codes and cards."""

    codes: list[Code]
    zone: str  # Time zone of the station, by which times of day count; empty while it is unknown.


class GivenOrder(TypedDict):
    """An order that a rule gives. values: the parts of its path, and the fields of its body."""

    order: str  # Its name in the list of orders.
    values: dict[str, Any]  # Parts of its path, and fields of its body; `{name}` in a text is a field of the event.


class Rule(TypedDict):
    """A rule: when, if, then."""

    name: str
    by: str | None  # The client that made it; null: the configuration.
    on: str | None  # Type of the event that it waits for; null: it waits for its times.
    at: list[str]  # Its times, in the station's zone.
    where: dict[str, str]  # Values that fields of the event must have.
    times: list[str]  # Times of the week within which it acts; none: always.
    profile: str | None  # Time profile within which it acts; null: none.
    holiday: bool | None  # Whether it acts on holidays only, or never then; null: always.
    state: dict[str, str]  # Values that the state must have, by their paths.
    then: list[GivenOrder]  # Its orders, given one after another.
    allow: list[words.AccessScope]  # Scopes within which it acts.
    effective: bool  # false: a rule of the configuration has the same name, and counts instead.


class Rules(TypedDict):
    """All rules."""

    rules: list[Rule]


class Verdict(TypedDict):
    """What a rule would do at a time, and why."""

    rule: str  # Its name.
    acts: bool  # Whether its conditions hold at that time.
    why: str  # The first condition that does not hold, or what it waits for.
    then: list[GivenOrder]  # The orders that it gives.


class Trial(TypedDict):
    """What each rule would do."""

    rules: list[Verdict]


class AccessToken(TypedDict):
    """A token, without its text."""

    id: str
    name: str
    scopes: list[Literal["view", "call", "listen", "digits", "door", "admin"]]
    created: str  # UTC.
    expires: str | None  # UTC.
    valid: bool  # False after its end.


class AccessTokens(TypedDict):
    """All tokens, oldest first; the station's own one is not among them."""

    tokens: list[AccessToken]


class AccessTokenMade(TypedDict):
    """A token was made."""

    token: AccessToken
    text: str  # What the client sends after `Authorization: Bearer`. It is not shown again.


class BrowserSession(TypedDict):
    """The client of this request, with its scopes."""

    client: str  # Its name in events.
    scopes: list[Literal["view", "call", "listen", "digits", "door", "admin"]]
    expires: str | None  # When the session ends; null: the request brought no session.


class PushSubscription(TypedDict):
    """A browser that is notified, without its address and keys."""

    id: str
    client: str  # Who made it, as in events.
    service: str  # The host of its push service.
    language: str
    created: str  # UTC.
    valid: bool  # False after the end of its token: nothing is sent any more.
    problem: str  # Why its last notification did not get through; empty if it did.


class Push(TypedDict):
    """The key, and subscriptions, oldest first."""

    key: str  # For `applicationServerKey` of a browser's push manager (RFC 8292).
    subscriptions: list[PushSubscription]


class PushSubscribed(TypedDict):
    """A browser will be notified."""

    subscription: PushSubscription


class DoneLater(TypedDict):
    """The order was accepted. With status 200 it has succeeded meanwhile."""

    warning: str | None  # A note that nothing had to change.
    operation: Operation


class NamedSound(TypedDict):
    """A sound that can be played by its name."""

    name: str
    built_in: bool  # Whether it is one of the station's own, and no file in `audio.sounds`.


class Sounds(TypedDict):
    """The sounds of the station, by name. A file in `audio.sounds` replaces the built-in sound of its name."""

    sounds: list[NamedSound]


class Devices(TypedDict):
    """The sound cards that exist now."""

    devices: list[Device]


class SoundTest(TypedDict):
    """The result of a sound test. Levels are mean powers at the microphone; null: the microphone heard no sweep."""

    result: words.SoundResult
    advice: str | None  # What to do; null if the result is `works`.
    heard: bool  # Whether the microphone heard the sweep.
    quiet_dbfs: float | None  # Noise before the sweep.
    tone_dbfs: float | None  # The sweep, without the noise.
    echo_db: float | None  # The sweep at the microphone against the sweep as it was played.
    echo_delay_ms: float | None  # From the playing to the microphone, buffers included.
    clipped: float  # Share of the samples that are at the end of the scale.
    volume: float | None  # Recommended volume in per cent, for `loud_echo`.
    applied: bool  # Whether that volume was set.


class LiveRecording(TypedDict):
    """A recording that is being made."""

    id: str
    kind: words.RecordingKind  # message: a visitor's; it can be stopped and discarded only.
    call: str  # Empty of a message.
    remote: str  # SIP address of the far end; of a message, the target or plan that nobody answered.
    paused: bool
    muted: list[words.RecordingSide]  # Sides that have silence, on the order of a client.
    url: str  # Path of the audio file, once it is complete.


class Recording(TypedDict):
    """A recording: a sound file and its description."""

    id: str
    kind: words.RecordingKind  # message: a visitor's, left when nobody answered.
    call: str  # Empty of a message.
    conference: str | None  # The conference that the call was in when its recording began; null: none.
    remote: str  # Address of the far end; of a message, the target or plan that nobody answered.
    started: str  # UTC.
    duration_s: float  # 0 until it is complete.
    bytes: int  # 0 until it is complete.
    sha256: str  # Hash of the file; empty until it is complete.
    complete: bool  # False while it is being recorded.
    clock: words.RecordingClock
    party: str  # Name of the far end: of its target, or as it names itself. Empty until the call ends.
    doors: list[str]  # Doors that were opened meanwhile.
    outcome: str  # Cause of the call's end; empty until then.
    note: str  # The note of the order that began it, or else the call's `custom_data` at its end.
    copied: str | None  # When it was copied elsewhere (`recording.copy_to`); null: not yet.
    copy_tries: int  # How often the station tried to copy it elsewhere.
    copy_error: str  # Why the last of these tries failed; empty once one succeeds.
    recovered: bool  # Whether an unclean end had cut the recording short.
    protected: bool  # Whether it is kept although a limit of [recording] is exceeded.
    format: words.RecordingFormat
    url: str  # Path of the audio file.


class Recordings(TypedDict):
    """A page of recordings, newest first."""

    recordings: list[Recording]
    next: int | None  # Cursor of the next page; null on the last page.


class LiveRecordings(TypedDict):
    """All recordings that are being made."""

    recordings: list[LiveRecording]


class Waveform(TypedDict):
    """The waveform of a recording, in the form of audiowaveform (version 2), which players such as peaks.js draw."""

    version: int
    channels: int  # 1: the channels of the recording are drawn as one.
    sample_rate: int  # Samples a second of the recording.
    samples_per_pixel: int  # Samples that each pair of `data` stands for.
    bits: int  # 8: each value is from -128 to 127.
    length: int  # Number of pairs, at most 1,000.
    data: list[int]  # The lowest and the highest value of each part of the recording, by turns.


class LoggedCall(TypedDict):
    """A call that has ended. A call that a power cut ended has no end time, and the cause `error` by `device`."""

    id: str
    account: str  # Account of the call; direct: none.
    direction: words.Direction
    remote: Remote
    local_uri: str
    number: str  # Dialled number; for an incoming call the user, or address, that was called.
    headers: dict[str, str]  # Headers of the INVITE that was received, or of the 200 response to ours.
    custom_data: str  # Free text that a client stores with the call.
    codec: Codec | None
    srtp: bool  # Whether the sound is encrypted.
    transport: Literal["udp", "tcp", "tls"]  # Transport protocol of its messages.
    created: str  # UTC.
    ringing_since: str | None  # UTC.
    connected_since: str | None  # UTC.
    ended: str | None  # UTC.
    duration_s: float  # Seconds since the call was connected; 0 before.
    ring: str | None  # Id of the visitor's ring of this call, as in `ring.started`.
    recording: str | None  # Id of the recording.
    quality: Quality | None  # Updated about once a second while sound is expected.
    end: End
    missed: bool  # Whether an incoming call was not answered here.


class CallLog(TypedDict):
    """A page of the call log, newest first, in the order in which the calls began."""

    calls: list[LoggedCall]
    next: str | None  # Cursor of the next page; null on the last page.


class AuditedEvent(TypedDict):
    """An event in the audit of doors."""

    id: int  # Strictly increasing, never used twice.
    type: Literal["access.denied", "access.locked_out", "access.order_refused", "access.token_added", "access.token_removed", "account.expired", "account.failed", "account.registered", "account.registering", "account.unregistered", "answer.doubted", "appliance.degraded", "appliance.ready", "appliance.recovered", "appliance.started", "appliance.stopping", "appliance.update_offered", "audio.devices_changed", "audio.failed", "audio.level", "audio.microphone_changed", "audio.recovered", "audio.ringer_changed", "audio.settings_changed", "audio.tested", "audio.xruns", "button.chord", "button.clicked", "button.double_clicked", "button.held", "button.pressed", "button.released", "button.stuck", "call.active_changed", "call.answering", "call.canceled", "call.changed", "call.connected", "call.connecting", "call.dialing", "call.disconnecting", "call.early_media", "call.ended", "call.failed", "call.forwarded", "call.held", "call.incoming", "call.muted", "call.rejected", "call.replaced", "call.resumed", "call.ringing", "call.state_changed", "call.switched", "call.transfer_failed", "call.transfer_requested", "call.transferred", "call.transferring", "call.unmuted", "call.update_received", "call.updated", "call.updating", "card.discarded", "card.read", "code.added", "code.changed", "code.removed", "conference.canceled", "conference.changed", "conference.connected", "conference.connecting", "conference.disconnecting", "conference.ended", "conference.held", "conference.invitation_accepted", "conference.invitation_rejected", "conference.invitation_sending", "conference.invitation_sent", "conference.participant_added", "conference.participant_removed", "conference.resumed", "config.changed", "config.rejected", "contact.changed", "custom", "detection.failed", "detection.result", "detection.started", "detection.stopped", "door.closed", "door.denied", "door.forced", "door.held_open", "door.hold_ending", "door.lockdown_ended", "door.locked", "door.locked_down", "door.opened", "door.unlocked", "dtmf.received", "dtmf.redirected", "dtmf.sending", "dtmf.sent", "error", "events.lost", "info.failed", "info.received", "info.sent", "keypad.accepted", "keypad.digit", "keypad.locked_out", "keypad.refused", "lamp.changed", "media.disconnection_warning", "media.ended", "media.ice_completed", "media.ice_failed", "media.linked", "media.quality", "media.resumed", "media.silent", "media.slow_link", "media.source_changed", "media.started", "media.statistics", "media.stopped", "media.unlinked", "message.failed", "message.received", "message.sent", "network.changed", "network.down", "network.up", "notice", "notification.failed", "notification.sent", "panel.failed", "panel.recovered", "playback.failed", "playback.finished", "playback.ready", "playback.started", "playback.stopped", "recording.available", "recording.changed", "recording.converted", "recording.copied", "recording.copy_failed", "recording.deleted", "recording.failed", "recording.muted", "recording.paused", "recording.recovered", "recording.resumed", "recording.started", "recording.stopped", "recording.unmuted", "request.refused", "ring.ended", "ring.started", "rule.added", "rule.failed", "rule.removed", "rule.stopped", "rule.triggered", "sensor.blocked", "sensor.changed", "sensor.unblocked", "server.reachable", "server.unreachable", "storage.full", "storage.low", "storage.recovered", "tone.detected", "tone.started", "tone.stopped", "warning"]
    time: str  # UTC.
    uptime: float  # Seconds of the monotonic clock.
    boot: str
    call: str | None
    about: NotRequired[CallOfEvent]
    conference: NotRequired[ConferenceFacts]  # The conference, in its events and in those of its recordings.
    data: dict[str, Any]
    hash: str


class Audit(TypedDict):
    """A page of the audit, newest first: events of doors, keypads, codes and refused access."""

    events: list[AuditedEvent]
    next: str | None  # Cursor of the next page; null on the last page.


class Configuration(TypedDict):
    """All settings that are in force."""

    configuration: dict[str, Any]
    do_not_disturb: bool


class RuntimeDone(TypedDict):
    """The changes are active."""

    warning: str | None  # A note that nothing had to change.
    runtime: Runtime


class Finding(TypedDict):
    """The result of one check."""

    check: str  # Subject of the check; for settings the dotted name.
    level: Literal["ok", "warning", "problem"]
    message: str
    cause: str
    resolution: str


class Findings(TypedDict):
    """The results of the doctor, the most general ones first."""

    findings: list[Finding]


class Machine(TypedDict):
    """The station's board, system and versions."""

    board: str  # Name of the board; empty if it has none.
    system: str
    kernel: str
    processor: str
    python: str


class SupportBundle(TypedDict):
    """The state, settings, logs and findings from which others can understand a fault, without secrets."""

    version: str  # Version of intercomd.
    made: str  # UTC.
    machine: Machine
    findings: list[Finding]  # The results of the doctor.
    configuration: dict[str, Any]  # All settings in force, as of `GET /v1/config`.
    state: Snapshot
    calls: list[LoggedCall]  # The newest calls of the log, at most 100.
    doors: list[AuditedEvent]  # The newest openings and refusals, at most 100.
    events: list[StoredEvent]  # The newest events, at most 500, the oldest first.


class Health(TypedDict):
    """The station works."""

    status: Literal["ok"]
