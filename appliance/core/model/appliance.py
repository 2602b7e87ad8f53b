"""Run-time settings and the persistent state."""

from enum import StrEnum

from msgspec.structs import replace

from appliance.base.record import Record
from appliance.core.model.accounts import KeptContact
from appliance.core.model.audio import Levels
from appliance.core.model.calls import Forwarding
from appliance.core.model.clock import Clock, Deadline, Holidays, QuietHours
from appliance.core.model.doors import Rule, TamperBlock
from appliance.core.model.ids import CallId, DoorId, RequestId
from appliance.core.model.recordings import Storage


class NoticeCode(StrEnum):
    """The code of a `notice`."""

    CLOCK_SET = "clock-set"
    QUIET_HOURS = "quiet-hours"
    RINGER = "ringer"
    RINGS_ON = "rings-on"


class WarningCode(StrEnum):
    """The code of a `warning`."""

    DIGIT_UNREADABLE = "digit-unreadable"
    DURATION_LIMIT = "duration-limit"
    KEPT_STATE_DAMAGED = "kept-state-damaged"
    RECORDING_UNANNOUNCED = "recording-unannounced"
    REDUNDANT = "redundant"
    SIP_NOT_READY = "sip-not-ready"


class Runtime(Record):
    """The settings that clients may change while the station runs."""

    forwarding: Forwarding = Forwarding()
    quiet_hours: QuietHours = QuietHours()
    do_not_disturb: bool = False
    levels: Levels = Levels()


class PersistentState(Record):
    """The persistent state, which outlasts restarts and power cuts. Times are CLOCK_MONOTONIC of this boot.

    change: counts, to distinguish two writes with the same content. changed: run-time settings of clients; configured:
    the file's settings at that time. Once the file's settings differ from `configured`, they override `changed`.
    contacts: our contact at each registrar. rules: the rules of clients.
    """

    change: int = 0
    locked_down: tuple[DoorId, ...] = ()
    blocks: tuple[TamperBlock, ...] = ()
    changed: Runtime | None = None
    configured: Runtime | None = None
    contacts: tuple[KeptContact, ...] = ()
    rules: tuple[Rule, ...] = ()

    def later(self, seconds: float) -> "PersistentState":
        """A copy with all its times later by `seconds`."""
        return replace(self, blocks=tuple(replace(block, until=block.until + seconds) for block in self.blocks))


class PendingReply(Record):
    """A client's change that is not on disc yet; the reply is due at `until`. `warning`: nothing had to change."""

    request: RequestId
    until: Deadline
    warning: str


class AppliancePart(Record):
    """The service itself: its clock, its persistent state, its processes and its faults."""

    clock: Clock | None = None  # None: unknown
    holidays: Holidays = Holidays()  # those that a process has computed
    changed: Runtime | None = None  # run-time settings set by clients; None: as configured
    quiet: bool = False  # whether the quiet hours apply now
    kept_change: int = 0  # counts the changes of the persistent state
    # As last reported by the store; None: nothing that can be read.
    on_disc: PersistentState | None = PersistentState()
    pending_replies: tuple[PendingReply, ...] = ()
    sip_ready: bool = False
    sip_address: str = ""  # "" until SIP has been ready once
    failed: tuple[tuple[str, str], ...] = ()  # (part, why) of everything that does not work now
    sound_fault: tuple[str, str] = ("", "")  # of the failed sound card: its ids, and what to do
    soundless: tuple[CallId, ...] = ()  # the calls for which that fault is reported
    denied: tuple[tuple[str, str, float], ...] = ()  # (type of event, source, when) of recent reports
    custom_from: float = 0.0  # the events that clients have reported fill their share until then
    dropped: int = 0  # SIP requests of senders that send too many
    doubted: int = 0  # answers to SIP requests that were not believed
    rejected: bool = False  # the configuration file has errors, so the earlier settings stay
    needs_restart: str = ""  # names of changed settings that need a restart
    stopping: bool = False
    offered_version: str = ""  # of the service's package, by apt; "": none
    storage: Storage | None = None  # None: not measured yet
