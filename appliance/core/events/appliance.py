"""The daemon, its configuration, faults, and refused access."""

from typing import Literal

from appliance.base.errors import ErrorCode
from appliance.core.events.base import Event
from appliance.core.model import (
    AccessScope,
    CallId,
    ClientToken,
    ConferenceId,
    DoorId,
    LockoutScope,
    NoticeCode,
    OrderRefusal,
    PasswordFault,
    RingId,
    WarningCode,
)


class PanelFailed(Event):
    """A part of the panel does not work."""

    TYPE = "panel.failed"
    why: str
    resolution: str


class PanelRecovered(Event):
    """The panel works again."""

    TYPE = "panel.recovered"


class AudioFailed(Event):
    """The sound card cannot be used; calls continue without it.

    card: the ids of the configured cards; error: the fault. It comes for each call that has no sound because of it,
    also for one that begins later, and without a call if there is none. during: the call is being set up, or goes on.
    """

    TYPE = "audio.failed"
    card: str
    error: str
    resolution: str
    call: CallId | None = None
    during: Literal["setup", "call"] | None = None


class AudioRecovered(Event):
    """The sound card works again.

    card: the ids of the configured cards; error: the former fault. call: the call that has sound again.
    """

    TYPE = "audio.recovered"
    card: str
    error: str
    call: CallId | None = None


class ApplianceStarted(Event):
    """The daemon has started; calls are not possible yet."""

    TYPE = "appliance.started"
    station: str
    version: str


class ApplianceReady(Event):
    """Calls are possible."""

    TYPE = "appliance.ready"
    address: str


class ApplianceStopping(Event):
    """The daemon was asked to stop."""

    TYPE = "appliance.stopping"


class ConfigChanged(Event):
    """The changed configuration was read. Names of settings, joined by commas: `applied` are active, others later."""

    TYPE = "config.changed"
    applied: str
    needs_restart: str


class ConfigRejected(Event):
    """The changed configuration has errors; the previous one stays active."""

    TYPE = "config.rejected"
    errors: str


class ApplianceDegraded(Event):
    """A part fails that has no event of its own.

    sip, relay, storage, codes, kept, http, certificate, tokens, dbus, mqtt, webhook.<name>, push, stun, turn, tones,
    hold music, packages (an upgrade left them half installed), recordings (which stay WAV files), digits in the sound,
    holidays, a sensor that changes on and on, or a button or keypad with a key that stays down. The panel has
    `panel.failed` instead, and the sound card `audio.failed`.
    """

    TYPE = "appliance.degraded"
    part: str
    why: str


class ApplianceRecovered(Event):
    """The part works again."""

    TYPE = "appliance.recovered"
    part: str


class ApplianceUpdateOffered(Event):
    """apt offers a newer version of the service's package, in the lists that it has. Nothing installs it by itself.

    Reported once for each version, and once more after a restart.
    """

    TYPE = "appliance.update_offered"
    version: str


class AccessDenied(Event):
    """A request was refused. At most once a minute for each `from`, the address, and 16 times for all.

    scope: view, call, door or admin over HTTP, where a token is missing or does not allow it; call for callers that
    call too often, or do not know the password; message for messages from strangers. why: for a password, "wrong" or
    "replayed".
    """

    TYPE = "access.denied"
    who: str
    from_: str
    scope: AccessScope
    why: PasswordFault = PasswordFault.NONE


class RequestRefused(Event):
    """A SIP request was refused before processing: 513, longer than 16 kB; 403, not from the far end of its call.

    400 and other codes: an INVITE of a known phone that is broken, or requires what this station does not serve
    (406, 415, 420); reason names the fault. from: the address of the sender; reported at most once a minute for each
    code and address.
    """

    TYPE = "request.refused"
    method: str
    from_: str
    code: int
    reason: str


class AnswerDoubted(Event):
    """An answer to a SIP request of this station was dropped, or in part not believed.

    from: address and port of the answer's sender; to: address and port to which the request went. reason: the answer
    came from elsewhere; or a necessary header cannot be read; or its challenge names another realm than the server's,
    or is weaker than the server's last one; or it names an address of this station ("received") that neither an
    interface nor a NAT explains. A PBX that answers from a second address needs it in account.<name>.other_addresses.
    Reported at most once a minute for each `from` and reason.
    """

    TYPE = "answer.doubted"
    method: str
    code: int
    from_: str
    to: str
    reason: str


class AccessLockedOut(Event):
    """Too many wrong codes, passwords or tokens: none is accepted for `seconds`. who: the source that is locked out.

    scope: caller, keypad, reader or door for codes; for passwords of calling targets, source (an address) or target
    (every address except the target's own, and except addresses that have shown its password); client for tokens. from:
    the address of the caller or client with the last wrong one; else empty. doors: for codes, the doors that no code
    opens from there. Lockouts of clients are reported at most once a minute for each `from`, and 16 times for all.
    """

    TYPE = "access.locked_out"
    who: str
    from_: str
    scope: LockoutScope
    seconds: float
    doors: tuple[DoorId, ...] = ()


class AccessTokenAdded(ClientToken, Event):
    """`by` made a token for HTTP. expires: when it ends, UTC; null: never."""

    TYPE = "access.token_added"
    expires: str | None
    by: str


class AccessTokenRemoved(Event):
    """`by` removed a token, which no longer allows anything."""

    TYPE = "access.token_removed"
    id: str
    name: str
    by: str


class AccessOrderRefused(Event):
    """An order by MQTT, or in the answer of a receiver of webhooks, was refused before anything of it was done.

    order: as its topic or the answer names it. why: the broker keeps it (retained); it came before (repeated); its
    expiry, or the time to answer, has passed (late); it has no expiry, so it may be old (no_expiry); there is no such
    order (unknown); it cannot be read, or names no object (invalid); it is too long, or there are too many; or the
    token does not allow it (not_allowed). more: further refusals since the last such event, of which there are 20 at
    once, and then one a second.
    """

    TYPE = "access.order_refused"
    order: str
    why: OrderRefusal
    more: int = 0


class NotificationEvent(Event):
    """An event about a receiver of webhooks, and about the event that it was sent."""

    receiver: str
    name: str
    event: int
    status: int


class NotificationSent(NotificationEvent):
    """A receiver of webhooks has taken an event that its `report` names.

    receiver: as in [webhook.<name>]; name: the type of that event; event: its id; call, ring: its call and ring.
    status: of the receiver's answer. asked: the station asked the receiver what to do; orders: what the answer ordered
    and the station did.
    """

    TYPE = "notification.sent"
    call: CallId | None = None
    ring: RingId | None = None
    asked: bool = False
    orders: tuple[str, ...] = ()


class NotificationFailed(NotificationEvent):
    """A receiver of webhooks has not taken an event that its `report` names, the first time it was sent.

    It is sent again after `again_s`. null: the receiver refuses this event for good, it is left out, and any event is
    reported then; or it was a question (`asked`), which is asked once. status: of the receiver's answer, 0 without
    one. The other fields are as in notification.sent.
    """

    TYPE = "notification.failed"
    why: str
    again_s: float | None
    call: CallId | None = None
    ring: RingId | None = None
    asked: bool = False


class EventsLost(Event):
    """Events `from` to `to` were not saved. `certain` false: some of these ids may never have been used."""

    TYPE = "events.lost"
    from_: int
    to: int
    certain: bool


class NoticeReported(Event):
    """Information that is not a fault."""

    TYPE = "notice"
    code: NoticeCode
    message: str


class WarningReported(Event):
    """A request changed nothing, or something is suspicious."""

    TYPE = "warning"
    code: WarningCode
    message: str
    call: CallId | None = None


class CustomReported(Event):
    """A client reports an event of its own (`POST /v1/events`). name: its kind; details: texts by their names.

    by: who reports it. Its `call` is the one that the client named.
    """

    TYPE = "custom"
    name: str
    details: dict[str, str]
    by: str
    call: CallId | None = None


class ErrorReported(Event):
    """A request by a button or a client was not carried out; the client gets the same error as its answer.

    `operation`: the request; `sip_code`: the far end's response that caused it, 0 for none; `http_status`: the status
    of the HTTP answer; `conference`: that it was about.
    """

    TYPE = "error"
    code: ErrorCode
    message: str
    cause: str
    resolution: str
    operation: str
    sip_code: int
    http_status: int
    call: CallId | None = None
    conference: ConferenceId | None = None
