"""The room of the station itself: its inputs, requests and timers."""

from appliance.core import faults, inputs
from appliance.core.appliance import custom_events, notices, persistence, refusals
from appliance.core.dispatch import asks, on, performs, takes
from appliance.core.model import State
from appliance.core.transition import Turn

take = takes(
    on(inputs.Started, persistence.started),
    on(inputs.KeptWritten, persistence.written),
    on(inputs.KeptFailed, persistence.failed),
    on(inputs.PartFailed, lambda turn, given: faults.failed(turn, given.part, given.why, given.resolution, given.card)),
    on(inputs.PartRecovered, lambda turn, given: faults.recovered(turn, given.part, given.card)),
    on(inputs.GuardReady, lambda turn, _: faults.recovered(turn, "relay")),
    on(inputs.GuardLost, lambda turn, given: faults.failed(turn, "relay", given.why, "")),
    on(inputs.ConfigRejected, notices.config_rejected),
    on(inputs.ClockSet, notices.clock_set),
    on(inputs.ClockReported, notices.clock_read),
    on(inputs.HolidaysRead, notices.holidays_read),
    on(inputs.UpdateOffered, notices.update_offered),
    on(inputs.SipSlow, notices.sip_slow),
    on(inputs.Notified, notices.notified),
    on(inputs.AccessDenied, refusals.denied),
    on(inputs.AccessLockedOut, refusals.locked_out),
    on(inputs.AccessTokenAdded, refusals.token_added),
    on(inputs.AccessTokenRemoved, refusals.token_removed),
    on(inputs.OrderRefused, refusals.order_refused),
    on(inputs.RequestRefused, refusals.request_refused),
    on(inputs.AnswerDoubted, refusals.answer_doubted),
    on(inputs.RequestsDropped, refusals.requests_dropped),
)

perform = performs(asks(inputs.ReportCustom, custom_events.report))


def due(turn: Turn) -> None:
    """Act on every deadline of this room that has passed."""
    if turn.appliance.pending_replies:
        persistence.due(turn)


def wake(state: State) -> list[float | None]:
    """The times at which `due` must act."""
    return [waiting.until for waiting in state.appliance.pending_replies]
