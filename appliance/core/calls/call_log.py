"""The call log: which calls are logged, and when each row is written."""

from appliance.core.model import By, Cause, End, State
from appliance.core.orders import LogCall
from appliance.core.transition import Turn, missed

CUT_OFF = End(Cause.ERROR, 0, "", By.DEVICE)


def write(turn: Turn, before: State) -> None:
    """Order a log row for each call that began, connected or ended in this step, so that a power cut loses little."""
    for call in () if turn.calls is before.calls else turn.calls.living:
        known = before.calls.get(call.id)
        news = known is None or known.times.connected_since != call.times.connected_since
        if news and not is_turned_away(call.end):
            turn.order(LogCall(call, None, missed(call, call.end or CUT_OFF)))
    for call, end in turn.finished:
        if not is_turned_away(end):
            turn.order(LogCall(call, turn.now, missed(call, end)))


def is_turned_away(end: End | None) -> bool:
    """Whether we refused this caller as a stranger. Events report it; repeated attempts must not fill the log."""
    return end is not None and end.cause is Cause.UNAUTHORIZED and end.by is By.LOCAL
