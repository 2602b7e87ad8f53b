"""Who hears whom in a conference, and how that is reported: functions of the state alone."""

from appliance.base.record import Record
from appliance.core import events
from appliance.core.model import Call, CallId, Hold, State
from appliance.core.transition import Turn


class Mix(Record):
    """The conference's sound: the calls that hear each other, the muted calls of these, and the panel's part."""

    participants: tuple[CallId, ...]
    muted: tuple[CallId, ...]
    speaker: bool
    microphone: bool


NOTHING = Mix((), (), speaker=False, microphone=False)


def mix(state: State) -> Mix:
    """The mix now. Calls that either side holds are out of it: nobody should hear them or their hold music."""
    conference = state.conference
    if conference is None:
        return NOTHING
    talking = {call.id for call in state.calls.living if talks(call)}
    heard = tuple(p.call for p in conference.participants if p.call in talking)
    muted = tuple(p.call for p in conference.participants if p.muted and p.call in heard)
    here = bool(heard) and not conference.held
    return Mix(heard, muted, speaker=here, microphone=here and not conference.muted)


def talks(call: Call) -> bool:
    """Whether sound may flow in a call: connected, and held by neither side."""
    return call.talks and call.media.hold is Hold.NONE


def links(state: State) -> tuple[tuple[CallId, CallId], ...]:
    """Pairs (speaking call, hearing call)."""
    now = mix(state)
    return tuple(
        (one, other) for one in now.participants if one not in now.muted for other in now.participants if other != one
    )


def report(turn: Turn, before: State) -> None:
    """Report a changed mix, unless the conference has ended."""
    if turn.conference is None:
        return
    now = mix(turn.state)
    if now != mix(before):
        event = events.ConferenceChanged(
            turn.conference.id,
            participants=now.participants,
            muted=now.muted,
            speaker=now.speaker,
            microphone=now.microphone,
        )
        turn.emit(event)
