"""Reports about the machine: configuration, clock and packages, a slow start of SIP, and what receivers have taken."""

from msgspec.structs import replace

from appliance.base.record import carried
from appliance.core import events, inputs
from appliance.core.model import NoticeCode, WarningCode
from appliance.core.transition import Turn


def config_rejected(turn: Turn, given: inputs.ConfigRejected) -> None:
    """Report errors in the changed file; the previous settings stay in use."""
    turn.appliance = replace(turn.appliance, rejected=True)
    turn.emit(events.ConfigRejected(given.errors))


def clock_set(turn: Turn, given: inputs.ClockSet) -> None:
    """Report that the wall clock was set."""
    way = "forward" if given.by_s > 0 else "back"
    turn.emit(events.NoticeReported(NoticeCode.CLOCK_SET, f"The clock was set {way} by {abs(given.by_s):.1f} s."))


def holidays_read(turn: Turn, given: inputs.HolidaysRead) -> None:
    """Store the holidays."""
    turn.appliance = replace(turn.appliance, holidays=given.holidays)


def clock_read(turn: Turn, given: inputs.ClockReported) -> None:
    """Store the time of the wall clock."""
    turn.appliance = replace(turn.appliance, clock=given.clock)


def update_offered(turn: Turn, given: inputs.UpdateOffered) -> None:
    """Report a newer version of the package, once."""
    if given.version == turn.appliance.offered_version:
        return
    turn.appliance = replace(turn.appliance, offered_version=given.version)
    if given.version:
        turn.emit(events.ApplianceUpdateOffered(given.version))


def notified(turn: Turn, given: inputs.Notified) -> None:
    """Report that a receiver of webhooks has an event, or why not."""
    if given.why:
        again_s = None if given.again_s is None else round(given.again_s, 3)
        turn.emit(carried(events.NotificationFailed, given, call=given.about, again_s=again_s))
    else:
        turn.emit(carried(events.NotificationSent, given, call=given.about))


def sip_slow(turn: Turn, given: inputs.SipSlow) -> None:
    """Report that SIP is not ready yet, and the cause of the wait."""
    text = f"SIP is not ready {given.after_s:g} s after its start. It waits for: {given.waits_for}."
    turn.emit(events.WarningReported(WarningCode.SIP_NOT_READY, text))
