"""The daemon, its configuration, its parts, and refused requests."""

from dataclasses import dataclass, field

from appliance.core.inputs.base import Input
from appliance.core.model import AccessScope, Clock, LockoutScope, PasswordFault, PersistentState, QuietHours, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Input):
    """The daemon runs; the first input. `kept`: the persistent state; `kept_fault`: why it cannot be read."""

    version: str
    kept: PersistentState = field(default_factory=PersistentState)
    kept_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Input):
    """The deadline that `desired` named. `edges`: until when the lines' edges are known; None: until `at`."""

    edges: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Input):
    """SIGTERM: end every call, then exit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged(Input):
    """The configuration was read again; `settings` have the same buttons, lamps, doors and accounts as before.

    `applied`, `needs_restart`: names of changed settings, joined by commas.
    """

    settings: Settings
    applied: str
    needs_restart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(Input):
    """A person or a time server set the clock by `by_s` seconds, forward if positive. `at` is not affected."""

    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReported(Input):
    """The wall clock, and whether it is trusted: at the start, and after each change."""

    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRejected(Input):
    """The configuration was read again and has errors: the earlier settings stay."""

    errors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailed(Input):
    """A part of the appliance does not work: panel, audio, storage, http, dbus. Sent once, until it recovers."""

    part: str
    why: str
    resolution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecovered(Input):
    """A failed part works again."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipReady(Input):
    """The SIP process accepts orders; `address`: host:port on which it listens."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSlow(Input):
    """The SIP process was started `after_s` ago and is not ready. `waits_for`: its current step, as "listing …"."""

    after_s: float
    waits_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipLost(Input):
    """The SIP process died or hung; its calls are gone, and a new one starts. `card`: a sound card's fault."""

    why: str
    card: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRuntime:
    """Change run-time settings (see model.Forwarding); None: unchanged."""

    always: str | None = None
    quiet: str | None = None
    busy: str | None = None
    no_answer: str | None = None
    no_answer_s: float | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWritten(Input):
    """This state is on disc."""

    kept: PersistentState


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFailed(Input):
    """The persistent state could not be written; the write is repeated."""

    why: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsDropped(Input):
    """`count` more SIP requests were dropped, whose senders send too many; about every 5 s while there are any."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Input):
    """The request filter of the SIP process refused a request. source: its sender's address."""

    method: str
    source: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied(Input):
    """A request without sufficient rights."""

    who: str
    source: str
    scope: AccessScope
    why: PasswordFault = PasswordFault.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLockedOut(Input):
    """After too many wrong passwords the SIP process checks none for `seconds`: of a source, or for a target."""

    who: str
    source: str
    scope: LockoutScope
    seconds: float
