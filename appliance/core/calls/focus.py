"""The foreground (one call or one conference) has speaker and microphone; other connected calls are held."""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.model import By, Call, Cause, Conference, TransferRole, TransferState
from appliance.core.transition import Turn


def settle(turn: Turn) -> None:
    """Hold connected calls behind the foreground call, and resume the foreground call if it was set aside.

    A call that was held on purpose stays held when it reaches the foreground only because the call before it ended. The
    calls of a conference, those that a client has linked, and those apart from the room continue in the background
    without the panel: this function never holds them.
    """
    front = turn.calls.active
    for call in turn.calls.living:
        if not call.talks or call.apart or call.conference is not None:
            continue
        talks_on = call is front or (bool(turn.audio.links) and turn.audio.linked(call.id))
        if not talks_on and not call.media.held_local:
            hold(turn, call, held=True, aside=True)
        elif talks_on and call.media.set_aside and not is_passed_on(turn, call):
            hold(turn, call, held=False)
    conference = turn.conference
    if conference is not None and conference.connected_since is not None and not conference.ending:
        in_front = front is not None and front.conference is not None
        if not in_front and not conference.held:
            leave(turn, conference, held=True, aside=True)
        elif in_front and conference.set_aside:
            leave(turn, conference, held=False)
    if front is not None and turn.front is not None and front.id != turn.front.id:
        before = turn.calls.get(turn.front.id) or turn.front
        if (front.conference is None or before.conference is None) and not is_passed_on(turn, front):
            turn.emit(events.CallSwitched(front.id, from_=before.id, to=front.id))
    turn.front = front


def is_passed_on(turn: Turn, call: Call) -> bool:
    """Whether another call has taken its place with its far end (attended transfer): it is about to end."""
    for each in turn.transfers:
        if each.other is not None and call.id in {each.call, each.other} and each.role is TransferRole.TRANSFEROR:
            now = {ended.id for ended, end in turn.finished if end.cause is Cause.TRANSFERRED}
            return each.state is TransferState.DONE or bool(now & {each.call, each.other})
    return False


def hold(turn: Turn, call: Call, *, held: bool, aside: bool = False) -> None:
    """Hold or resume a call: the microphone follows at once, and a re-INVITE follows for the far end."""
    sound = replace(call.media, held_local=held, set_aside=aside)
    if call.browser:  # it knows nothing of it, and its packets are due all the same
        turn.put(replace(call, media=sound))
    else:
        watch = replace(sound.watch, silent=())
        turn.put(replace(call, media=replace(sound, rtp_lost_since=None, watch=watch), deadline=None))
    turn.emit(events.CallHeld(call.id, by=By.LOCAL) if held else events.CallResumed(call.id, by=By.LOCAL))


def leave(turn: Turn, conference: Conference, *, held: bool, aside: bool = False) -> None:
    """The panel leaves the conference, whose calls go on among themselves, or returns. Far ends get no notice."""
    turn.conference = replace(conference, held=held, set_aside=aside)
    turn.emit(events.ConferenceHeld(conference.id) if held else events.ConferenceResumed(conference.id))


def bring(turn: Turn, call: Call) -> None:
    """Bring a call, and the conference that it is in, to the foreground; resume both if they are held."""
    turn.bring(call)
    if call.media.held_local:
        hold(turn, call, held=False)
    conference = turn.conference
    if call.conference is not None and conference is not None and conference.held:
        leave(turn, conference, held=False)


def return_to(turn: Turn, conference: Conference) -> None:
    """Bring a conference that the panel had left back to the foreground."""
    leave(turn, conference, held=False)
    turn.bring(next(call for call in reversed(turn.calls.living) if call.conference is not None))
