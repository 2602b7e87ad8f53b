"""The conference as clients and people see it."""

from typing import Any

from appliance.core import wall_clock
from appliance.core.calls.view import name_of
from appliance.core.model import Conference, ConferenceState, Hold, ParticipantState, State


def conference_view(state: State, conference: Conference, epoch: float) -> dict[str, Any]:
    """The conference for clients."""
    since = conference.connected_since
    calling = {call.id: call for call in state.calls.living}
    return {
        "id": conference.id,
        "state": conference.state,
        "held": conference.held,
        "muted": conference.muted,
        "recorded": conference.recorded is not None,
        "created": wall_clock.iso(conference.created, epoch),
        "connected_since": wall_clock.iso(since, epoch),
        "ended": None,
        "duration_s": 0.0 if since is None else round(max(0.0, state.now - since), 3),
        "participants": [
            {
                "call": participant.call,
                "joining": participant.joining,
                "state": participant.stage,
                "muted": participant.muted,
                "hold": calling[participant.call].media.hold,
                "name": name_of(calling[participant.call]),
            }
            for participant in conference.participants
        ],
        "summary": conference_summary(state, conference),
    }


def ended_conference(
    conference: Conference, members: list[dict[str, Any]], ended: float, epoch: float
) -> dict[str, Any]:
    """A conference that has ended, for clients. members: as in its events, each who was invited or in it."""
    since = conference.connected_since
    return {
        "id": conference.id,
        "state": ConferenceState.ENDED,
        "held": False,
        "muted": False,
        "recorded": False,
        "created": wall_clock.iso(conference.created, epoch),
        "connected_since": wall_clock.iso(since, epoch),
        "ended": wall_clock.iso(ended, epoch),
        "duration_s": 0.0 if since is None else round(ended - since, 3),
        "participants": [
            {
                "call": each["call"],
                "joining": each["joining"],
                "state": ParticipantState.LEFT,
                "muted": False,
                "hold": Hold.NONE,
                "name": each["name"],
            }
            for each in members
        ],
        "summary": "the conference is over",
    }


def conference_summary(state: State, conference: Conference) -> str:
    """A conference in one line."""
    here = [state.calls.get(participant.call) for participant in conference.participants]
    names = ", ".join(name_of(call) for call in here if call is not None and call.alive)
    held = ", held by us" if conference.held else ""
    return f"in a conference with {names}{held}" if names else "the conference ends"
