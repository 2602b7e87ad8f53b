"""A conference: calls that hear each other and the panel, until the last of them has ended.

At most one exists, since there is one panel. The panel may leave it (held), and does so while another call is in the
foreground; its calls then go on among themselves. A participant that leaves does not end it for the others.
"""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.accounts.addresses import target_of
from appliance.core.calls import ending, focus, incoming, outgoing, recording
from appliance.core.inputs import Dial
from appliance.core.model import (
    Call,
    CallId,
    Cause,
    Conference,
    ConferenceId,
    Joining,
    Participant,
    ParticipantState,
)
from appliance.core.transition import Turn

MOST = 6  # participants beside the panel


def begin(turn: Turn) -> Conference:
    """Begin a conference without participants."""
    conference = Conference(ConferenceId(f"k-{turn.new_id()}"), created=turn.now)
    turn.conference = conference
    turn.emit(events.ConferenceConnecting(conference.id))
    return conference


def take_in(turn: Turn, conference: Conference, taken: list[Call], who: str) -> Conference:
    """Add existing calls to the conference; held calls resume, and a ringing incoming call is answered."""
    ids, order = {call.id for call in taken}, turn.calls.living
    together = [
        replace(call, conference=conference.id) if call.id in ids else call
        for call in order
        if call.id in ids or call.conference is not None
    ]
    # New calls go beside the conference's calls; the calls of a new conference go to the foreground.
    first = next((n for n, call in enumerate(order) if call.conference is not None), len(order))
    behind, before = (
        [call for call in part if call.id not in ids and call.conference is None]
        for part in (order[:first], order[first:])
    )
    participants = tuple(
        Participant(call.id, Joining.ANSWERED if call.unanswered_here else Joining.TAKEN_IN, ParticipantState.COMING)
        for call in taken
    )
    joined = replace(conference, participants=(*conference.participants, *participants))
    turn.become(replace(turn.state, calls=replace(turn.calls, living=(*behind, *together, *before)), conference=joined))
    for call in taken:
        member = replace(call, conference=conference.id)
        if call.unanswered_here:
            incoming.answer(turn, member, who)
        elif call.media.held_local:
            focus.hold(turn, member, held=False)
    return joined


def invite(turn: Turn, conference: Conference, uri: str, whom: Dial, who: str) -> Conference:
    """Call somebody into the conference for the client `who`; `whom` names the account to use."""
    call = outgoing.place(
        turn,
        uri,
        target_of(turn, whom.to, whom.account),
        headers=whom.headers,
        account=whom.account,
        custom_data=whom.custom_data,
        conference=conference.id,
        led_by=who,
    )
    coming = Participant(call.id, Joining.INVITED, ParticipantState.INVITING)
    conference = replace(conference, participants=(*conference.participants, coming))
    turn.conference = conference
    turn.emit(events.ConferenceInvitationSending(*ids_of(conference, coming), to=uri))
    return conference


def remove(turn: Turn, conference: Conference, participant: Participant, call: Call) -> None:
    """Remove a participant; the call ends."""
    if participant.stage is ParticipantState.IN:
        turn.emit(events.ConferenceParticipantRemoved(*ids_of(conference, participant), reason="ejected"))
        put_participant(turn, conference, replace(participant, stage=ParticipantState.LEFT))
    ending.hang_up(turn, call, Cause.HANGUP)


def end(turn: Turn, conference: Conference) -> None:
    """End the conference with all its calls."""
    turn.conference = replace(conference, ending=True)
    turn.emit(events.ConferenceDisconnecting(conference.id))
    for call in turn.calls.living:
        if call.conference is not None:
            ending.hang_up(turn, call, Cause.HANGUP)


def settle(turn: Turn) -> None:
    """Follow the state of the calls: who has joined, who has left, and whether the conference has ended."""
    conference = turn.conference
    if conference is None:
        return
    known = {participant.call for participant in conference.participants}
    for call in turn.calls.living:
        if call.conference is not None and call.id not in known:  # by a transfer
            new = Participant(call.id, Joining.REPLACING, ParticipantState.COMING)
            conference = replace(conference, participants=(*conference.participants, new))
    for participant in conference.participants:
        conference = follow(turn, conference, participant)
    left = tuple(p for p in conference.participants if turn.calls.get(p.call) is not None)
    if not left:
        turn.conference = None
        since = conference.connected_since
        if since is None:
            turn.emit(events.ConferenceCanceled(conference.id))
        else:
            turn.emit(events.ConferenceEnded(conference.id, duration_s=round(turn.now - since, 3)))
        return
    over = all(p.stage is ParticipantState.LEFT for p in left)
    if over and not conference.ending:
        turn.emit(events.ConferenceDisconnecting(conference.id))
    turn.conference = replace(conference, participants=left, ending=conference.ending or over)


def follow(turn: Turn, conference: Conference, participant: Participant) -> Conference:
    """Report a participant's progress, and store it."""
    call, stage = turn.calls.get(participant.call), participant.stage
    if stage is ParticipantState.INVITING and call is not None and call.placing.done:
        turn.emit(events.ConferenceInvitationSent(*ids_of(conference, participant)))
        stage = ParticipantState.COMING
    if call is None or not call.alive:
        if stage is not ParticipantState.LEFT:
            report_removed(turn, conference, replace(participant, stage=stage))
        stage = ParticipantState.LEFT
    elif call.talks and stage is ParticipantState.COMING:
        if participant.joining is Joining.INVITED:
            turn.emit(events.ConferenceInvitationAccepted(*ids_of(conference, participant)))
        if conference.connected_since is None:
            turn.emit(events.ConferenceConnected(conference.id))
            conference = replace(conference, connected_since=turn.now)
        turn.emit(events.ConferenceParticipantAdded(*ids_of(conference, participant), reason=participant.joining))
        stage = ParticipantState.IN
        if conference.recorded is not None:
            recording.join(turn, call, conference.recorded)
    return put_participant(turn, conference, replace(participant, stage=stage))


def report_removed(turn: Turn, conference: Conference, participant: Participant) -> None:
    """Report a participant that left, or an invitation that failed; other calls report their own end."""
    call = turn.calls.get(participant.call)
    ended = {call.id: end for call, end in turn.finished}
    how = ended[participant.call] if call is None else call.end
    cause, code, reason = (Cause.ERROR, 0, "") if how is None else (how.cause, how.code, how.reason)
    if participant.stage is ParticipantState.IN:
        turn.emit(
            events.ConferenceParticipantRemoved(
                *ids_of(conference, participant), reason="ended" if conference.ending else cause
            )
        )
    elif participant.joining is Joining.INVITED:
        event = events.ConferenceInvitationRejected(
            *ids_of(conference, participant), cause=cause, code=code, reason=reason
        )
        turn.emit(event)


def put_participant(turn: Turn, conference: Conference, participant: Participant) -> Conference:
    """Store a participant in place of the one with the same call."""
    participants = tuple(participant if p.call == participant.call else p for p in conference.participants)
    conference = replace(conference, participants=participants)
    turn.conference = conference
    return conference


def ids_of(conference: Conference, participant: Participant) -> tuple[CallId, ConferenceId, CallId]:
    """The fields with which each event about a participant begins."""
    return participant.call, conference.id, participant.call
