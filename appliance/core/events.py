"""What is told to the world: one frozen dataclass for each event type. The reactor adds id, times and boot.

The class's docstring is the reference's text, its fields are the event's `data`, less an underscore at the end of a
name that Python reserves; `call` goes into the envelope.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from appliance.core.model import (
    AccountId,
    ButtonId,
    By,
    CallId,
    CallState,
    Candidate,
    Cause,
    Codec,
    ConferenceId,
    ContactState,
    CredentialId,
    CredentialKind,
    Direction,
    DoorId,
    IceFault,
    Joining,
    KeypadId,
    Kind,
    LampId,
    LockoutScope,
    Means,
    MessageId,
    Pattern,
    ReaderId,
    RecordingId,
    RingId,
    RingResult,
    Role,
    SensorId,
    SensorKind,
)


@dataclass(frozen=True, slots=True)
class Event:
    """The base; TYPE is the public name."""

    TYPE: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class CallEvent(Event):
    """An event of one call."""

    call: CallId


# -- calls -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallDialing(CallEvent):
    """An INVITE is being sent. `from`: our own address or the account's."""

    TYPE = "call.dialing"
    to: str
    target: str
    button: ButtonId | None
    from_: str = ""


@dataclass(frozen=True, slots=True)
class CallIncoming(CallEvent):
    """An INVITE came. `by` and `from`: its address as the caller gave it; `source`: where the packet came from.

    to: what was called. headers: its X- ones.
    """

    TYPE = "call.incoming"
    by: str
    display_name: str
    target: str
    source: str
    from_: str = ""
    to: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallRinging(CallEvent):
    """It rings: 180 came, or we sent it. headers: X- ones of the 180 that came."""

    TYPE = "call.ringing"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallEarlyMedia(CallEvent):
    """The far end sends sound before it answers (18x with SDP), or we do. headers: X- ones of the 18x that came."""

    TYPE = "call.early_media"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallAnswering(CallEvent):
    """Somebody here answers."""

    TYPE = "call.answering"
    who: str


@dataclass(frozen=True, slots=True)
class CallConnecting(CallEvent):
    """200 to the INVITE came or went; ACK is due."""

    TYPE = "call.connecting"


@dataclass(frozen=True, slots=True)
class CallConnected(CallEvent):
    """People can talk. `headers`: X- ones received, with the INVITE or with the 200 to ours.

    from, to: who called whom. codec: of the sound, null while none is agreed on.
    """

    TYPE = "call.connected"
    after_s: float
    custom_data: str
    headers: dict[str, str]
    from_: str = ""
    to: str = ""
    codec: Codec | None = None


@dataclass(frozen=True, slots=True)
class CallChanged(CallEvent):
    """What clients note beside the call was changed; `fields`: what of it."""

    TYPE = "call.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallDisconnecting(CallEvent):
    """We send BYE or CANCEL."""

    TYPE = "call.disconnecting"
    cause: Cause


@dataclass(frozen=True, slots=True)
class CallStateChanged(CallEvent):
    """The call went from one state to another."""

    TYPE = "call.state_changed"
    old: CallState
    new: CallState


@dataclass(frozen=True, slots=True)
class CallActiveChanged(CallEvent):
    """The call got (true) or lost the speaker and the microphone."""

    TYPE = "call.active_changed"
    old: bool
    new: bool


@dataclass(frozen=True, slots=True)
class CallSwitched(CallEvent):
    """Another call is in front: the buttons mean it, and the speaker and the microphone are its own. `from`: before."""

    TYPE = "call.switched"
    from_: CallId
    to: CallId


@dataclass(frozen=True, slots=True)
class CallHeld(CallEvent):
    """Somebody holds the call."""

    TYPE = "call.held"
    by: By


@dataclass(frozen=True, slots=True)
class CallResumed(CallEvent):
    """Somebody no longer holds the call."""

    TYPE = "call.resumed"
    by: By


@dataclass(frozen=True, slots=True)
class CallUpdateReceived(CallEvent):
    """The far end wants a change by re-INVITE or UPDATE: hold, resume, codec, address.

    asked: a client is to accept or refuse it; else it is answered already, and call.updated follows. headers and
    content_type: X- headers and type of the body of the re-INVITE; of an UPDATE they are empty.
    """

    TYPE = "call.update_received"
    changes: tuple[str, ...]
    asked: bool
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class CallUpdating(CallEvent):
    """We ask the far end for a change by re-INVITE: hold, resume, codec, address."""

    TYPE = "call.updating"
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallUpdated(CallEvent):
    """A change that one side asked for by re-INVITE or UPDATE was accepted, or rejected: the call goes on as it was.

    result: accepted or rejected. changes: hold, resume, codec, address. code and reason: of the response. headers and
    content_type: X- headers and type of the body of the response that came to our re-INVITE.
    """

    TYPE = "call.updated"
    result: str
    changes: tuple[str, ...]
    code: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class CallForwarded(CallEvent):
    """The call goes on elsewhere. `code`: of the response that says so, the far end's to us or ours to the caller."""

    TYPE = "call.forwarded"
    to: str
    code: int


@dataclass(frozen=True, slots=True)
class CallMuted(CallEvent):
    """Our microphone no longer reaches the call."""

    TYPE = "call.muted"


@dataclass(frozen=True, slots=True)
class CallUnmuted(CallEvent):
    """Our microphone reaches the call again."""

    TYPE = "call.unmuted"


@dataclass(frozen=True, slots=True)
class CallTransferring(CallEvent):
    """The far end is asked to call somebody else, or we are: blind, or in the place of a call that is (attended)."""

    TYPE = "call.transferring"
    to: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class CallTransferRequested(CallEvent):
    """The far end wants us to call somebody else; a client is to say what becomes of it (`transfer_policy` ask).

    headers: X- ones of its REFER.
    """

    TYPE = "call.transfer_requested"
    to: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallReplaced(CallEvent):
    """Another call, `to`, takes its place; this one ends."""

    TYPE = "call.replaced"
    to: CallId


@dataclass(frozen=True, slots=True)
class CallTransferred(CallEvent):
    """The transfer is done; `role` is our part in it. The call ends. headers: X- ones of the NOTIFY that says so."""

    TYPE = "call.transferred"
    to: str
    role: Role
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallTransferFailed(CallEvent):
    """The transfer came to nothing; the call goes on. `code` 0: nobody said why.

    headers: X- ones of the NOTIFY that says so, or of the response that refuses our REFER.
    """

    TYPE = "call.transfer_failed"
    code: int
    reason: str
    role: Role
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FinalEvent(CallEvent):
    """The last event of a call: exactly one of four. `code`: SIP status, 0 where none came; `by`: who ended it.

    `explanation`: of a fault, one sentence that names the setting to look at; else empty. headers: X- ones of the far
    end's BYE, CANCEL or refusal. from, to: who called whom. codec: of the sound, null where there was none.
    """

    cause: Cause
    code: int
    reason: str
    by: By
    direction: Direction
    duration_s: float
    missed: bool
    explanation: str
    headers: dict[str, str] = field(default_factory=dict)
    from_: str = ""
    to: str = ""
    codec: Codec | None = None


@dataclass(frozen=True, slots=True)
class CallEnded(FinalEvent):
    """A call that had connected is over."""

    TYPE = "call.ended"


@dataclass(frozen=True, slots=True)
class CallFailed(FinalEvent):
    """Our call never connected."""

    TYPE = "call.failed"


@dataclass(frozen=True, slots=True)
class CallCanceled(FinalEvent):
    """Given up by the side that called; `missed` for an unanswered incoming one."""

    TYPE = "call.canceled"


@dataclass(frozen=True, slots=True)
class CallRejected(FinalEvent):
    """Refused by the side that was called."""

    TYPE = "call.rejected"


# -- digits and media ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DtmfReceived(CallEvent):
    """A digit came. `digit` is null and `masked` true where it may belong to a door code."""

    TYPE = "dtmf.received"
    digit: str | None
    masked: bool
    method: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class DtmfSending(CallEvent):
    """Digits go out; how many, not which: they may be a code of the far end."""

    TYPE = "dtmf.sending"
    count: int


@dataclass(frozen=True, slots=True)
class DtmfSent(CallEvent):
    """One digit went out. Where this station knows any code, or a button sends one, it may belong to a code.

    `digit` is null and `masked` true then.
    """

    TYPE = "dtmf.sent"
    digit: str | None
    masked: bool


@dataclass(frozen=True, slots=True)
class MediaStarted(CallEvent):
    """The sound of the call is set up: codec and addresses are agreed. No packet needs to have come yet.

    `media.stopped` reports that none comes, `media.resumed` that they come again.
    """

    TYPE = "media.started"
    codec: Codec


@dataclass(frozen=True, slots=True)
class MediaIceCompleted(CallEvent):
    """ICE has found addresses that sound goes between: our candidate and theirs (RFC 8445 §8.1)."""

    TYPE = "media.ice_completed"
    local: Candidate
    remote: Candidate


@dataclass(frozen=True, slots=True)
class MediaIceFailed(CallEvent):
    """ICE has found no way for the sound; the call ends. It is all the same whether a network or a firewall is why."""

    TYPE = "media.ice_failed"
    cause: IceFault


@dataclass(frozen=True, slots=True)
class MediaSourceChanged(CallEvent):
    """The sound of the call comes from another address than before, and ours goes there now.

    `source`, `previous`: address and port. The first source of a call is reported where it is not the address that the
    other side's SDP named, as behind a NAT; any later one after a re-INVITE, or after 5 s without a packet from the one
    before.
    """

    TYPE = "media.source_changed"
    source: str
    previous: str


@dataclass(frozen=True, slots=True)
class MediaStopped(CallEvent):
    """No RTP is received any more."""

    TYPE = "media.stopped"


@dataclass(frozen=True, slots=True)
class MediaResumed(CallEvent):
    """RTP is received again."""

    TYPE = "media.resumed"


# -- conferences -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConferenceEvent(Event):
    """An event of a conference."""

    conference: ConferenceId


@dataclass(frozen=True, slots=True)
class ConferenceConnecting(ConferenceEvent):
    """A conference begins."""

    TYPE = "conference.connecting"


@dataclass(frozen=True, slots=True)
class ConferenceConnected(ConferenceEvent):
    """The first participant is in."""

    TYPE = "conference.connected"


@dataclass(frozen=True, slots=True)
class ConferenceChanged(ConferenceEvent):
    """Who hears whom is otherwise now.

    participants: calls that hear each other; who is held, or holds, is not among them. muted: those of them that the
    others do not hear. speaker, microphone: whether the panel hears them, and they it.
    """

    TYPE = "conference.changed"
    participants: tuple[CallId, ...]
    muted: tuple[CallId, ...]
    speaker: bool
    microphone: bool


@dataclass(frozen=True, slots=True)
class ConferenceHeld(ConferenceEvent):
    """The panel has left the conference, whose calls go on among themselves."""

    TYPE = "conference.held"


@dataclass(frozen=True, slots=True)
class ConferenceResumed(ConferenceEvent):
    """The panel is back in the conference."""

    TYPE = "conference.resumed"


@dataclass(frozen=True, slots=True)
class ConferenceDisconnecting(ConferenceEvent):
    """Its last calls are being ended by us."""

    TYPE = "conference.disconnecting"


@dataclass(frozen=True, slots=True)
class ConferenceEnded(ConferenceEvent):
    """A conference that had connected is over, with the last of its calls."""

    TYPE = "conference.ended"
    duration_s: float


@dataclass(frozen=True, slots=True)
class ConferenceCanceled(ConferenceEvent):
    """A conference is over that nobody ever was in."""

    TYPE = "conference.canceled"


@dataclass(frozen=True, slots=True)
class ParticipantEvent(CallEvent):
    """An event of a call in a conference; `participant` is the call's id."""

    conference: ConferenceId
    participant: CallId


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSending(ParticipantEvent):
    """Somebody is being called into the conference."""

    TYPE = "conference.invitation_sending"
    to: str


@dataclass(frozen=True, slots=True)
class ConferenceInvitationSent(ParticipantEvent):
    """The INVITE has gone out, which waits while the SIP process is not there."""

    TYPE = "conference.invitation_sent"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationAccepted(ParticipantEvent):
    """Who was called into the conference has answered."""

    TYPE = "conference.invitation_accepted"


@dataclass(frozen=True, slots=True)
class ConferenceInvitationRejected(ParticipantEvent):
    """Who was called into the conference will not come: refused, not reached, or given up by us (`canceled`)."""

    TYPE = "conference.invitation_rejected"
    cause: Cause
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConferenceParticipantAdded(ParticipantEvent):
    """A participant is in: invited, answered into it, taken in as a call that was there, or replacing one in it."""

    TYPE = "conference.participant_added"
    reason: Joining


@dataclass(frozen=True, slots=True)
class ConferenceParticipantRemoved(ParticipantEvent):
    """A participant is no longer in. `reason`: ejected by a client, ended with the conference, or its call's cause."""

    TYPE = "conference.participant_removed"
    reason: str


# -- messages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InfoReceived(CallEvent):
    """An INFO came in a call. `headers`: its X- ones. Digits are told by dtmf.received instead."""

    TYPE = "info.received"
    content_type: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    """A MESSAGE came, in a call or outside. `by`: its sender's address, `headers`: its X- ones."""

    TYPE = "message.received"
    call: CallId | None
    by: str
    display_name: str
    target: str
    account: AccountId
    content_type: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class MessageEvent(Event):
    """An event of a message of ours, which went in a call or outside."""

    call: CallId | None
    message: MessageId
    to: str


@dataclass(frozen=True, slots=True)
class MessageSent(MessageEvent):
    """A MESSAGE was taken by the far end, or by what keeps it for him (202)."""

    TYPE = "message.sent"


@dataclass(frozen=True, slots=True)
class MessageFailed(MessageEvent):
    """A MESSAGE was not delivered. `code` 0: there was nobody to say so."""

    TYPE = "message.failed"
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class InfoSent(MessageEvent):
    """An INFO was taken by the far end."""

    TYPE = "info.sent"


@dataclass(frozen=True, slots=True)
class InfoFailed(MessageEvent):
    """An INFO was not taken. `code` 0: there was nobody to say so."""

    TYPE = "info.failed"
    code: int
    reason: str


# -- accounts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountEvent(Event):
    """An event of an account."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class AccountRegistering(AccountEvent):
    """A REGISTER goes out, or will in `in_s` seconds. Told for attempts 1, 2, 4, 8 and so on."""

    TYPE = "account.registering"
    attempt: int
    in_s: float


@dataclass(frozen=True, slots=True)
class AccountRegistered(AccountEvent):
    """The account is registered; refreshes are not told. `after`: start, or recovery where it had been before."""

    TYPE = "account.registered"
    after: str
    after_s: float
    expires_s: float


@dataclass(frozen=True, slots=True)
class AccountUnregistered(AccountEvent):
    """The registration was ended: by us, the registrar, or with the SIP process."""

    TYPE = "account.unregistered"


@dataclass(frozen=True, slots=True)
class AccountExpired(AccountEvent):
    """The registration ran out before it could be renewed: calls through the registrar no longer arrive."""

    TYPE = "account.expired"


@dataclass(frozen=True, slots=True)
class AccountFailed(AccountEvent):
    """A REGISTER failed; tried again in `retry_in_s`. Told for each new code, and failures 1, 2, 4, 8 and so on.

    `code` 0: nobody answered. `explanation`: one sentence that names the setting to look at.
    """

    TYPE = "account.failed"
    code: int
    reason: str
    retry_in_s: float
    explanation: str


@dataclass(frozen=True, slots=True)
class ServerUnreachable(AccountEvent):
    """A registrar or proxy of the account does not answer, or is in trouble; `server`: address:port, or its name."""

    TYPE = "server.unreachable"
    server: str
    why: str


@dataclass(frozen=True, slots=True)
class ServerReachable(AccountEvent):
    """It answers again."""

    TYPE = "server.reachable"
    server: str


@dataclass(frozen=True, slots=True)
class NetworkUp(Event):
    """The machine has a network again."""

    TYPE = "network.up"
    addresses: str


@dataclass(frozen=True, slots=True)
class NetworkDown(Event):
    """The machine has no network: no interface with a carrier and an address."""

    TYPE = "network.down"


@dataclass(frozen=True, slots=True)
class NetworkChanged(Event):
    """The machine has other addresses or nameservers; calls go on at the new address where the far end lets them."""

    TYPE = "network.changed"
    addresses: str
    nameservers: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """A watched contact (a target with `watch`) is in another state than before, or not known for another reason.

    `code` 0: nobody answered; 200: its server told it.
    """

    TYPE = "contact.changed"
    contact: str
    uri: str
    old: ContactState
    new: ContactState
    code: int
    reason: str


# -- recordings ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordingStarted(CallEvent):
    """The call is being recorded; file and index row are on disc."""

    TYPE = "recording.started"
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingStopped(CallEvent):
    """The recording's file is closed."""

    TYPE = "recording.stopped"
    recording: RecordingId


@dataclass(frozen=True, slots=True)
class RecordingFailed(CallEvent):
    """The call cannot be recorded."""

    TYPE = "recording.failed"
    recording: RecordingId
    why: str


@dataclass(frozen=True, slots=True)
class RecordingAvailable(Event):
    """A recording is complete and can be fetched."""

    TYPE = "recording.available"
    recording: RecordingId
    url: str
    duration_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class RecordingRecovered(RecordingAvailable):
    """A recording that an unclean end had cut off was repaired."""

    TYPE = "recording.recovered"


# -- panel and door --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ButtonEvent(Event):
    """An event of a button; `at`: CLOCK_MONOTONIC seconds of the edge."""

    button: ButtonId
    at: float


@dataclass(frozen=True, slots=True)
class ButtonPressed(ButtonEvent):
    """A button went down."""

    TYPE = "button.pressed"


@dataclass(frozen=True, slots=True)
class ButtonReleased(ButtonEvent):
    """A button came up."""

    TYPE = "button.released"


@dataclass(frozen=True, slots=True)
class ButtonClicked(ButtonEvent):
    """A button went down and up again before its long press, and no second click followed where that means anything."""

    TYPE = "button.clicked"


@dataclass(frozen=True, slots=True)
class ButtonDoubleClicked(ButtonEvent):
    """A button went down for the second time soon after it was clicked."""

    TYPE = "button.double_clicked"


@dataclass(frozen=True, slots=True)
class ButtonHeld(ButtonEvent):
    """A button has been down for its long press."""

    TYPE = "button.held"


@dataclass(frozen=True, slots=True)
class ButtonStuck(ButtonEvent):
    """A button has been down for so long that nobody can be pressing it; it counts for nothing until it is up."""

    TYPE = "button.stuck"


@dataclass(frozen=True, slots=True)
class ButtonChord(Event):
    """Buttons that mean something together were pressed together; `at`: CLOCK_MONOTONIC seconds of the last edge."""

    TYPE = "button.chord"
    chord: ButtonId
    buttons: tuple[ButtonId, ...]
    at: float


@dataclass(frozen=True, slots=True)
class RingStarted(Event):
    """A visitor rings: calls follow, each with this id as its `ring`. `to`: the target or plan."""

    TYPE = "ring.started"
    ring: RingId
    button: ButtonId
    to: str


@dataclass(frozen=True, slots=True)
class RingEnded(Event):
    """A visitor's ring is over. `call`, `target`: who answered."""

    TYPE = "ring.ended"
    ring: RingId
    button: ButtonId
    result: RingResult
    call: CallId | None
    target: str


@dataclass(frozen=True, slots=True)
class LampChanged(Event):
    """A lamp is to shine otherwise."""

    TYPE = "lamp.changed"
    lamp: LampId
    pattern: Pattern
    color: str | None
    brightness: int


@dataclass(frozen=True, slots=True)
class KeypadDigit(Event):
    """A key of a keypad was pressed. `digit` is null and `masked` true where it may belong to a door code."""

    TYPE = "keypad.digit"
    keypad: KeypadId
    digit: str | None
    masked: bool
    at: float


@dataclass(frozen=True, slots=True)
class KeypadAccepted(Event):
    """A code was typed at a keypad and its door opens: the guard has taken it. Never beside keypad.refused."""

    TYPE = "keypad.accepted"
    keypad: KeypadId
    code: CredentialId
    owner: str


@dataclass(frozen=True, slots=True)
class KeypadRefused(Event):
    """What was typed at a keypad opens nothing, and rings nowhere; lamp and tone show the error."""

    TYPE = "keypad.refused"
    keypad: KeypadId
    why: str


@dataclass(frozen=True, slots=True)
class KeypadLockedOut(Event):
    """After too many wrong codes none is taken at the keypad for `seconds`; it rings flats all the same."""

    TYPE = "keypad.locked_out"
    keypad: KeypadId
    seconds: float


@dataclass(frozen=True, slots=True)
class CardRead(Event):
    """A card was read. `number` is null and `masked` true unless the reader's settings have it told.

    `bits`: how many came by Wiegand, parity among them; 0 from a reader at USB.
    """

    TYPE = "card.read"
    reader: ReaderId
    number: str | None
    masked: bool
    bits: int
    at: float


@dataclass(frozen=True, slots=True)
class CardDiscarded(Event):
    """What a reader sent was no whole card or key, and nothing came of it: so often since this was last told."""

    TYPE = "card.discarded"
    reader: ReaderId
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class DoorUnlocked(Event):
    """The relay is energised. `by`: who opened it; `means`: by what; `held`: it is held open."""

    TYPE = "door.unlocked"
    door: DoorId
    by: str
    means: Means
    seconds: float
    held: bool


@dataclass(frozen=True, slots=True)
class DoorLocked(Event):
    """The relay is at rest again."""

    TYPE = "door.locked"
    door: DoorId


@dataclass(frozen=True, slots=True)
class DoorDenied(Event):
    """Somebody wanted the door to open, and it does not."""

    TYPE = "door.denied"
    door: DoorId
    by: str
    means: Means
    why: str


@dataclass(frozen=True, slots=True)
class DoorHoldEnding(Event):
    """A door that is held open is locked soon."""

    TYPE = "door.hold_ending"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorLockedDown(Event):
    """Nothing opens the door any more, until it is unlocked."""

    TYPE = "door.locked_down"
    door: DoorId
    by: str


@dataclass(frozen=True, slots=True)
class DoorLockdownEnded(Event):
    """The door can be opened again."""

    TYPE = "door.lockdown_ended"
    door: DoorId
    by: str


@dataclass(frozen=True, slots=True)
class DoorOpened(Event):
    """The door's leaf has opened, as its contact tells."""

    TYPE = "door.opened"
    door: DoorId


@dataclass(frozen=True, slots=True)
class DoorClosed(Event):
    """The door's leaf is closed again; `seconds`: how long it was open."""

    TYPE = "door.closed"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorHeldOpen(Event):
    """The door's leaf has been open for longer than it should, and nobody holds it open by our relay."""

    TYPE = "door.held_open"
    door: DoorId
    seconds: float


@dataclass(frozen=True, slots=True)
class DoorForced(Event):
    """The door's leaf has opened, and we had not opened it."""

    TYPE = "door.forced"
    door: DoorId


@dataclass(frozen=True, slots=True)
class SensorChanged(Event):
    """A sensor's contact has left its rest, or is back in it."""

    TYPE = "sensor.changed"
    sensor: SensorId
    kind: SensorKind
    active: bool


@dataclass(frozen=True, slots=True)
class SensorBlocked(Event):
    """Somebody tampers: no door is opened, but from inside, for so long from when it has stopped."""

    TYPE = "sensor.blocked"
    sensor: SensorId
    seconds: float


@dataclass(frozen=True, slots=True)
class SensorUnblocked(Event):
    """Doors are opened again. `by`: who said so; "": its time was over."""

    TYPE = "sensor.unblocked"
    sensor: SensorId
    by: str


# -- appliance -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PanelFailed(Event):
    """A part of the panel does not work."""

    TYPE = "panel.failed"
    why: str
    resolution: str


@dataclass(frozen=True, slots=True)
class PanelRecovered(Event):
    """The panel works again."""

    TYPE = "panel.recovered"


@dataclass(frozen=True, slots=True)
class AudioFailed(Event):
    """The sound card cannot be used; calls go on without."""

    TYPE = "audio.failed"
    error: str
    resolution: str


@dataclass(frozen=True, slots=True)
class AudioRecovered(Event):
    """The sound card works again."""

    TYPE = "audio.recovered"


@dataclass(frozen=True, slots=True)
class ApplianceStarted(Event):
    """The daemon has started; calls are not possible yet."""

    TYPE = "appliance.started"
    station: str
    version: str


@dataclass(frozen=True, slots=True)
class ApplianceReady(Event):
    """Calls are possible."""

    TYPE = "appliance.ready"
    address: str


@dataclass(frozen=True, slots=True)
class ApplianceStopping(Event):
    """The daemon was asked to stop."""

    TYPE = "appliance.stopping"


@dataclass(frozen=True, slots=True)
class ConfigChanged(Event):
    """The changed configuration was read. Names of settings, joined by commas: `applied` hold now, the others later."""

    TYPE = "config.changed"
    applied: str
    needs_restart: str


@dataclass(frozen=True, slots=True)
class ConfigRejected(Event):
    """The changed configuration has errors: what held before holds on."""

    TYPE = "config.rejected"
    errors: str


@dataclass(frozen=True, slots=True)
class ApplianceDegraded(Event):
    """A part does not work: sip, relay, storage, codes, kept, http, dbus, digits in the sound.

    The panel has `panel.failed` instead, and the sound card `audio.failed`.
    """

    TYPE = "appliance.degraded"
    part: str
    why: str


@dataclass(frozen=True, slots=True)
class ApplianceRecovered(Event):
    """The part works again."""

    TYPE = "appliance.recovered"
    part: str


@dataclass(frozen=True, slots=True)
class AccessDenied(Event):
    """Somebody asked without the right to. At most once a minute for each `from`, the address, and 16 times for all.

    scope: read, control or door over HTTP; call for who calls too often, or does not know the password, message for a
    stranger who writes. why: of a password, "wrong" or "replayed".
    """

    TYPE = "access.denied"
    who: str
    from_: str
    scope: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class RequestRefused(Event):
    """A SIP request was refused before it became a call or a message: 513 where it is longer than 16 kB by UDP.

    from: the address it came from; reported at most once a minute for each.
    """

    TYPE = "request.refused"
    method: str
    from_: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class AccessLockedOut(Event):
    """After too many wrong codes or passwords none is taken for `seconds`; `who`: what is locked out.

    scope: caller, keypad, reader or door for codes; for passwords of targets that call, source (an address) or target
    (every address but its own, and those that have shown its password). from: the address of the caller who sent the
    last wrong one; else empty.
    """

    TYPE = "access.locked_out"
    who: str
    from_: str
    scope: LockoutScope
    seconds: float


@dataclass(frozen=True, slots=True)
class CodeEvent(Event):
    """A code or card: its id and owner; `by`: who changed it."""

    code: CredentialId
    kind: CredentialKind
    owner: str
    doors: tuple[DoorId, ...]
    by: str


@dataclass(frozen=True, slots=True)
class CodeAdded(CodeEvent):
    """A code or card opens these doors from now on."""

    TYPE = "code.added"


@dataclass(frozen=True, slots=True)
class CodeChanged(CodeEvent):
    """A code or card has another owner, or other doors, times or limits."""

    TYPE = "code.changed"


@dataclass(frozen=True, slots=True)
class CodeRemoved(CodeEvent):
    """A code or card opens nothing any more."""

    TYPE = "code.removed"


@dataclass(frozen=True, slots=True)
class EventsLost(Event):
    """Events `from` to `to` are not kept. `certain` false: some of these ids may never have been used."""

    TYPE = "events.lost"
    from_: int
    to: int
    certain: bool


@dataclass(frozen=True, slots=True)
class RuleTriggered(Event):
    """A rule of the configuration opens a door, or tries to. `on`: the type of event that it waited for."""

    TYPE = "rule.triggered"
    rule: str
    on: str
    door: DoorId


@dataclass(frozen=True, slots=True)
class NoticeTold(Event):
    """Something that whoever reads the events should know, and that is no fault."""

    TYPE = "notice"
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class WarningTold(Event):
    """Something was asked that changes nothing, or is suspicious."""

    TYPE = "warning"
    code: str
    message: str
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class ErrorTold(Event):
    """What somebody asked for, by a button or as a client, was not done; a client has the same as his answer.

    `operation`: what was asked; `sip_code`: the far end's answer behind it, 0 where there is none; `http_status`: what
    HTTP answers with it.
    """

    TYPE = "error"
    code: str
    message: str
    cause: str
    resolution: str
    operation: str
    sip_code: int
    http_status: int
    call: CallId | None = None


EVENTS: dict[str, type[Event]] = {
    kind.TYPE: kind
    for kind in sorted(
        (k for k in globals().values() if isinstance(k, type) and issubclass(k, Event)), key=lambda k: k.TYPE
    )
    if kind.TYPE
}
