"""The start of a visitor's ring: by a button's target, or by a flat of the directory."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.calls import ending, forwarding
from appliance.core.lookup import too_many_calls
from appliance.core.model import Action, ButtonId, ButtonSettings, Cause, ChordSettings, Entry
from appliance.core.transition import Turn
from appliance.core.visitor_ring import message
from appliance.core.visitor_ring import ring as ring_plan


def bell(entry: Entry, who: str) -> ButtonSettings:
    """A virtual button for a flat of the directory."""
    return ButtonSettings(ButtonId(who), Action.RING, target=entry.plan.name)


def find_flat(turn: Turn, flat: str) -> Entry:
    """Find a flat by its number. Raises IntercomError."""
    entry = turn.settings.entry(flat)
    if entry is None:
        raise IntercomError(
            ErrorCode.FLAT_NOT_FOUND,
            f"There is no flat {flat}.",
            "The directory does not list it.",
            "GET /v1/contacts lists them.",
        )
    return entry


def ring(turn: Turn, button: ButtonSettings | ChordSettings) -> None:
    """Start a visitor's ring, which goes before unanswered incoming calls: they wait behind it, or are refused.

    The press does nothing if one of our calls rings already, or if people talk here. It ends a visitor's message.
    """
    if message.press(turn):
        return
    active, plan = turn.calls.active, turn.settings.plan(button.target)
    if turn.appliance.stopping or plan is None or turn.ring is not None:
        return
    if active is not None and not (active.unanswered_here or active.media.held_local or turn.state.away):
        return
    if turn.state.full:
        if turn.calls.waiting is None:
            raise too_many_calls(turn)
        ending.refuse(turn, turn.calls.waiting, forwarding.BUSY, Cause.BUSY)
    ring_plan.begin(turn, button, plan)


def ring_flat(turn: Turn, flat: str, who: str) -> str:
    """Ring at a flat; return a warning if the station is in use."""
    before = turn.ring
    ring(turn, bell(find_flat(turn, flat), who))
    return "" if turn.ring is not before else "The station is in use already."
