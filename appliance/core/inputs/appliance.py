"""The daemon, its configuration, its parts, and refused requests."""

from appliance.base.errors import ErrorCode
from appliance.base.record import Record
from appliance.core.inputs.base import Action, Input
from appliance.core.model import (
    AccessScope,
    CallId,
    ClientToken,
    Clock,
    Holidays,
    LockoutScope,
    OrderRefusal,
    PasswordFault,
    PersistentState,
    RingId,
    Rule,
    Runtime,
    Settings,
)


class Started(Input, kw_only=True):
    """The daemon runs; the first input. `kept`: the persistent state; `kept_fault`: why it cannot be read."""

    version: str
    kept: PersistentState = PersistentState()
    kept_fault: str = ""


class Tick(Input, kw_only=True):
    """The deadline that `desired` named. `edges`: until when the lines' edges are known; None: until `at`."""

    edges: float | None = None


class StopRequested(Input, kw_only=True):
    """SIGTERM: end every call, then exit."""


class ConfigChanged(Input, kw_only=True):
    """The configuration was read again; `settings` have the same buttons, lamps, doors and accounts as before.

    `applied`, `needs_restart`: names of changed settings, joined by commas.
    """

    settings: Settings
    applied: str
    needs_restart: str


class ClockSet(Input, kw_only=True):
    """A person or a time server set the clock by `by_s` seconds, forward if positive. `at` is not affected."""

    by_s: float


class ClockReported(Input, kw_only=True):
    """The wall clock, and whether it is trusted: at the start, and after each change."""

    clock: Clock


class HolidaysRead(Input, kw_only=True):
    """The public holidays of the configured country, as a program has computed them; none if it could not."""

    holidays: Holidays


class ConfigRejected(Input, kw_only=True):
    """The configuration was read again and has errors: the earlier settings stay."""

    errors: str


class UpdateOffered(Input, kw_only=True):
    """apt offers another version of the service's package than before. version: "" if it offers none now."""

    version: str


class PartFailed(Input, kw_only=True):
    """A part of the appliance does not work, as panel, audio, storage, http, certificate. Sent once, until it recovers.

    card: for audio, the ids of the sound cards.
    """

    part: str
    why: str
    resolution: str = ""
    card: str = ""


class PartRecovered(Input, kw_only=True):
    """A failed part works again. card: as in PartFailed."""

    part: str
    card: str = ""


class SipReady(Input, kw_only=True):
    """The SIP process accepts orders. address: host:port of its listening socket."""

    address: str


class SipSlow(Input, kw_only=True):
    """The SIP process was started `after_s` ago and is not ready. `waits_for`: its current step, as "listing …"."""

    after_s: float
    waits_for: str


class SipLost(Input, kw_only=True):
    """The SIP process died or hung; its calls are gone, and a new one starts. `card`: a sound card's fault."""

    why: str
    card: bool = False


class ForwardingChange(Record):
    """Changes of call forwarding (see model.Forwarding); None: unchanged."""

    always: str | None = None
    quiet: str | None = None
    busy: str | None = None
    no_answer: str | None = None
    no_answer_s: float | None = None


class QuietHoursChange(Record):
    """Other quiet hours (see model.QuietHours). profile: None: unchanged."""

    begin: str
    end: str
    profile: str | None = None


class ChangeRuntime(ForwardingChange, Action):
    """Change run-time settings; None: unchanged.

    read: the settings that the client has read; if the present settings differ, the request is refused. None: no check.
    """

    quiet_hours: QuietHoursChange | None = None
    do_not_disturb: bool | None = None
    read: Runtime | None = None


class ReportCustom(Action):
    """Report a client's own event, of a call or of none. details: texts by their names."""

    name: str
    details: tuple[tuple[str, str], ...] = ()
    call: CallId | None = None


class AddRule(Action):
    """Make a rule, or replace the client's rule of that name. maker: id of the client's token; "": it has none.

    admin: whether the client may replace the rules of all.
    """

    rule: Rule
    maker: str = ""
    admin: bool = False


class RemoveRule(Action):
    """Remove a rule that a client has made; maker, admin: as in AddRule."""

    rule: str
    maker: str = ""
    admin: bool = False


class RuleActFailed(Input, kw_only=True):
    """An order of a rule was refused, or did not succeed. code: of the error."""

    rule: str
    order: str
    code: ErrorCode
    message: str
    cause: str
    resolution: str


class KeptWritten(Input, kw_only=True):
    """This state is on disc."""

    kept: PersistentState


class KeptFailed(Input, kw_only=True):
    """The persistent state could not be written; the write is repeated."""

    why: str
    resolution: str


class RequestsDropped(Input, kw_only=True):
    """`count` more SIP requests were dropped, whose senders send too many; about every 5 s while there are any."""

    count: int


class RequestRefused(Input, kw_only=True):
    """The request filter of the SIP process refused a request. source: its sender's address."""

    method: str
    source: str
    code: int
    reason: str


class AnswerDoubted(Input, kw_only=True):
    """The SIP process dropped an answer, or did not believe a part of it. source, to: address and port.

    calls: that wait for the answer to their INVITE, which went there.
    """

    method: str
    code: int
    source: str
    to: str
    reason: str
    calls: tuple[CallId, ...] = ()


class AccessDenied(Input, kw_only=True):
    """A request without sufficient rights."""

    who: str
    source: str
    scope: AccessScope
    why: PasswordFault = PasswordFault.NONE


class AccessTokenAdded(Input, kw_only=True):
    """A token for HTTP was made, and is on disc. expires: UTC, as in events; None: never."""

    added: ClientToken
    expires: str | None
    by: str


class AccessTokenRemoved(Input, kw_only=True):
    """A token for HTTP was removed, also from the disc."""

    id: str
    name: str
    by: str


class AccessLockedOut(Input, kw_only=True):
    """Somebody is locked out for `seconds`.

    After too many wrong passwords of targets, a source, or a target for all others; after too many refused HTTP
    requests, a client.
    """

    who: str
    source: str
    scope: LockoutScope
    seconds: float


class Notified(Input, kw_only=True):
    """A receiver of webhooks has taken an event, or not yet.

    name, event, about, ring: the event's type and id, its call and its ring. status: of the receiver's answer, 0: there
    was none. why: the fault, "" for none; again_s: seconds until the next try, None: the event is left out. asked: the
    event was a question; orders: the orders of the answer that were carried out.
    """

    receiver: str
    event: int
    name: str
    about: CallId | None = None
    ring: RingId | None = None
    status: int = 0
    why: str = ""
    again_s: float | None = None
    asked: bool = False
    orders: tuple[str, ...] = ()


class OrderRefused(Input, kw_only=True):
    """An order by MQTT, or in a receiver's answer, was refused before anything of it was done.

    more: refusals since the last such input.
    """

    order: str
    why: OrderRefusal
    more: int = 0
