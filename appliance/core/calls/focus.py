"""What is in front, a call or a conference, has speaker and microphone; others that talk are held, some wait."""

from dataclasses import replace

from appliance.core import events
from appliance.core.model import By, Call, Conference
from appliance.core.transition import Turn


def settle(turn: Turn) -> None:
    """Make it so after whatever came: hold who talks behind the call in front, take that one back if set aside.

    A call that somebody here holds stays held when it comes to the front by itself, since the one before it ended. The
    calls of a conference are never held for being behind another: they talk on, and the panel leaves them.
    """
    front = turn.state.active
    for call in turn.state.calls:
        if not call.talks or call.conference is not None:
            continue
        if call is not front and not call.held_local:
            hold(turn, call, held=True, aside=True)
        elif call is front and call.set_aside:
            hold(turn, call, held=False)
    conference = turn.state.conference
    if conference is not None and conference.connected_since is not None and not conference.ending:
        in_front = front is not None and front.conference is not None
        if not in_front and not conference.held:
            leave(turn, conference, held=True, aside=True)
        elif in_front and conference.set_aside:
            leave(turn, conference, held=False)
    if front is not None and turn.front is not None and front.id != turn.front.id:
        before = turn.state.call(turn.front.id) or turn.front
        if front.conference is None or before.conference is None:
            turn.emit(events.CallSwitched(front.id, from_=before.id, to=front.id))
    turn.front = front


def hold(turn: Turn, call: Call, *, held: bool, aside: bool = False) -> None:
    """Hold or resume; the microphone follows at once, the far end is told by re-INVITE."""
    turn.put(replace(call, held_local=held, set_aside=aside, rtp_lost_since=None, deadline=None))
    turn.emit(events.CallHeld(call.id, by=By.LOCAL) if held else events.CallResumed(call.id, by=By.LOCAL))


def leave(turn: Turn, conference: Conference, *, held: bool, aside: bool = False) -> None:
    """The panel leaves the conference, whose calls go on among themselves, or comes back to it; no far end is told."""
    turn.state = replace(turn.state, conference=replace(conference, held=held, set_aside=aside))
    turn.emit(events.ConferenceHeld(conference.id) if held else events.ConferenceResumed(conference.id))


def bring(turn: Turn, call: Call) -> None:
    """Put a call in front, with its conference if it is in one, and take both back where they are held."""
    turn.bring(call)
    if call.held_local:
        hold(turn, call, held=False)
    conference = turn.state.conference
    if call.conference is not None and conference is not None and conference.held:
        leave(turn, conference, held=False)


def return_to(turn: Turn, conference: Conference) -> None:
    """Put a conference in front that the panel had left."""
    leave(turn, conference, held=False)
    turn.bring(next(call for call in reversed(turn.state.calls) if call.conference is not None))
