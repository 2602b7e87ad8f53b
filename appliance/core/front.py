"""Which call is in front: it has the speaker and the microphone; the others that talk are held, those to us wait."""

from dataclasses import replace

from appliance.core import events
from appliance.core.model import By, Call, CallState
from appliance.core.turn import Turn


def settle(turn: Turn) -> None:
    """Make it so after whatever came: hold who talks behind the call in front, take that one back if set aside.

    A call that somebody here holds stays held when it comes to the front by itself, since the one before it ended.
    """
    front = turn.state.active
    for call in turn.state.calls:
        if call.state is not CallState.CONNECTED:
            continue
        if call is not front and not call.held_local:
            hold(turn, call, held=True, aside=True)
        elif call is front and call.set_aside:
            hold(turn, call, held=False)
    new = front.id if front is not None else None
    if new is not None and turn.front is not None and new != turn.front:
        turn.tell(events.CallSwitched(new, from_=turn.front, to=new))
    turn.front = new


def hold(turn: Turn, call: Call, *, held: bool, aside: bool = False) -> None:
    """Hold or resume; the microphone follows at once, the far end is told by re-INVITE."""
    turn.put(replace(call, held_local=held, set_aside=aside, rtp_lost_since=None, deadline=None))
    turn.tell(events.CallHeld(call.id, by=By.LOCAL) if held else events.CallResumed(call.id, by=By.LOCAL))


def bring(turn: Turn, call: Call) -> None:
    """Put a call in front, and take it back where it is held."""
    turn.bring(call)
    if call.held_local:
        hold(turn, call, held=False)
