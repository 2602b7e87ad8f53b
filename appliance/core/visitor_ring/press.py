"""The start of a visitor's ring: by a button's target, or by a flat of the directory."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.calls import ending, forwarding
from appliance.core.lookup import too_many_calls
from appliance.core.model import (
    BROWSERS,
    Action,
    ButtonId,
    ButtonSettings,
    Call,
    Cause,
    ChordSettings,
    Entry,
    Plan,
)
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

    Each flat's ring is its own, also while another flat rings or people talk. A second press of a bell changes nothing
    while its flat rings or talks. A press ends a visitor's message. Raises IntercomError if all lines are in use: the
    visitor hears and sees that.
    """
    if message.press(turn):
        return
    plan = turn.settings.plan(button.target)
    if turn.appliance.stopping or plan is None or any(each.plan.name == plan.name for each in turn.rings):
        return
    talk = talk_of(turn)
    if talk is not None and talks_already(talk, button, plan):
        return
    if talk is not None and talk.conference is not None:
        turn.show_busy()
        raise in_conference()
    if turn.state.full:
        if turn.calls.waiting is None:
            turn.show_busy()
            raise too_many_calls(turn)
        ending.refuse(turn, turn.calls.waiting, forwarding.BUSY, Cause.BUSY)
    ring_plan.begin(turn, button, plan, None if talk is None else talk.id)


def talk_of(turn: Turn) -> Call | None:
    """The foreground call in which people talk, or which a client places; None if the panel is free for visitors."""
    active = turn.calls.active
    if active is None or active.unanswered_here or active.media.held_local or turn.state.away:
        return None
    return None if not active.answered and any(ring.id == active.ring for ring in turn.rings) else active


def talks_already(talk: Call, button: ButtonSettings | ChordSettings, plan: Plan) -> bool:
    """Whether the plan rings those who talk; a browser that has answered this bell counts for all browsers."""
    rung = {name for step in plan.steps for name in step.targets}
    return talk.remote.target in rung or (talk.browser and talk.button == button.id and BROWSERS in rung)


def in_conference() -> IntercomError:
    """The error for a press while the panel is in a conference."""
    return IntercomError(
        ErrorCode.CALL_WRONG_STATE,
        "Nobody is rung: the panel is in a conference.",
        resolution="Hold or end the conference first.",
    )


def ring_flat(turn: Turn, flat: str, who: str) -> str:
    """Ring at a flat; return a warning if the flat rings or talks already."""
    before = turn.rings
    ring(turn, bell(find_flat(turn, flat), who))
    return "" if turn.rings is not before else "The station is in use already."
