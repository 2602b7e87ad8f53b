"""The daemon, its configuration, its parts, and refused requests."""

from dataclasses import dataclass, field

from appliance.core.inputs.base import Input
from appliance.core.model import Clock, Kept, LockoutScope, QuietHours, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Input):
    """The daemon runs; the first input. `kept`: what was on disc; `kept_fault`: why it cannot be read."""

    version: str
    kept: Kept = field(default_factory=Kept)
    kept_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Input):
    """A deadline that `desired` named has come. `edges`: up to when those of lines were heard of; None: to `at`."""

    edges: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Input):
    """SIGTERM: end every call, then go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged(Input):
    """The configuration was read again: `settings` hold from now on, for the same buttons, lamps, doors and accounts.

    `applied`, `needs_restart`: the names of settings that were changed, joined by commas.
    """

    settings: Settings
    applied: str
    needs_restart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(Input):
    """Somebody, or a time server, set the clock: by so many seconds, forward if positive. `at` knows nothing of it."""

    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold(Input):
    """What the clock shows, and whether it is to be trusted: at the start, and when any of that is otherwise."""

    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietChanged(Input):
    """The quiet hours have begun, or are over."""

    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRejected(Input):
    """The configuration was read again and has errors: what held before holds on."""

    errors: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailed(Input):
    """A part of the appliance does not work: panel, audio, storage, http, dbus. Told once, until it recovers."""

    part: str
    why: str
    resolution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecovered(Input):
    """A part that had failed works again."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipReady(Input):
    """The SIP process takes orders; `address` is host:port that it listens on."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSlow(Input):
    """The SIP process was started `after_s` ago and is not ready. `waits_for`: what it is busy with, as "listing …"."""

    after_s: float
    waits_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SipLost(Input):
    """The SIP process died or hung; its calls are gone. A new one is being started. `card`: by a sound card's fault."""

    why: str
    card: bool = False


@dataclass(frozen=True, slots=True)
class ChangeRuntime:
    """Change some of what may be changed while the station runs (see model.Forwarding); None: as it is."""

    always: str | None = None
    quiet: str | None = None
    busy: str | None = None
    no_answer: str | None = None
    no_answer_s: float | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWritten(Input):
    """That is on disc."""

    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFailed(Input):
    """The disc does not take what is to be kept; it is tried again."""

    why: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsDropped(Input):
    """So many more SIP requests were dropped, whose senders send too many; about every 5 s while there are any."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Input):
    """The gate of the SIP process refused a request. source: the address of its sender."""

    method: str
    source: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied(Input):
    """Somebody asked without the right to."""

    who: str
    source: str
    scope: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLockedOut(Input):
    """After too many wrong passwords the SIP process looks at none for `seconds`: of a source, or for a target."""

    who: str
    source: str
    scope: LockoutScope
    seconds: float
