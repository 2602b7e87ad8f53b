"""The conference as clients and people see it."""

from collections.abc import Iterable

from appliance.core import wall_clock
from appliance.core.model import Conference, ConferenceState, Hold, ParticipantState, State
from appliance.core.summaries import conference_summary, name_of
from appliance.core.views import conferences as views
from appliance.core.views.events import ConferenceMember


def conference_view(state: State, conference: Conference, epoch: float) -> views.Conference:
    """The conference for clients."""
    since = conference.connected_since
    calling = {call.id: call for call in state.calls.living}
    return views.Conference(
        id=conference.id,
        state=conference.state,
        held=conference.held,
        muted=conference.muted,
        recorded=conference.recorded is not None,
        created=wall_clock.utc(conference.created, epoch),
        connected_since=wall_clock.iso(since, epoch),
        ended=None,
        duration_s=0.0 if since is None else round(max(0.0, state.now - since), 3),
        participants=tuple(
            [
                views.Participant(
                    call=participant.call,
                    joining=participant.joining,
                    state=participant.stage,
                    muted=participant.muted,
                    hold=calling[participant.call].media.hold,
                    name=name_of(calling[participant.call]),
                )
                for participant in conference.participants
            ]
        ),
        summary=conference_summary(state, conference),
    )


def ended_conference(
    conference: Conference, members: Iterable[ConferenceMember], ended: float, epoch: float
) -> views.Conference:
    """A conference that has ended, for clients. members: as in its events, each who was invited or in it."""
    since = conference.connected_since
    return views.Conference(
        id=conference.id,
        state=ConferenceState.ENDED,
        held=False,
        muted=False,
        recorded=False,
        created=wall_clock.utc(conference.created, epoch),
        connected_since=wall_clock.iso(since, epoch),
        ended=wall_clock.iso(ended, epoch),
        duration_s=0.0 if since is None else round(ended - since, 3),
        participants=tuple(
            [
                views.Participant(
                    call=each.call,
                    joining=each.joining,
                    state=ParticipantState.LEFT,
                    muted=False,
                    hold=Hold.NONE,
                    name=each.name,
                )
                for each in members
            ]
        ),
        summary="the conference is over",
    )
