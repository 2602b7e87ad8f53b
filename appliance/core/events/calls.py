"""Calls, their digits and their media."""

from dataclasses import dataclass, field

from appliance.core.events.base import CallEvent
from appliance.core.model import ButtonId, By, CallId, CallState, Candidate, Cause, Codec, Direction, IceFault


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

    For an answered call it follows `call.connected`; early media has one of its own before. `media.stopped` reports
    that no packet comes, `media.resumed` that they come again.
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
