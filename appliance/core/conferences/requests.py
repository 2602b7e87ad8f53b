"""Requests about a conference, by buttons and clients: checked against the state, and performed."""

from dataclasses import replace
from typing import Literal, assert_type

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.calls import focus, notes
from appliance.core.calls.headers import check as check_headers
from appliance.core.conferences import conference as conferences_conference
from appliance.core.lookup import find, too_many_calls, whom, wrong_state
from appliance.core.model import (
    AccountId,
    Action,
    Call,
    CallId,
    Conference,
    ConferenceId,
    Participant,
    ParticipantState,
)
from appliance.core.transition import Turn


def perform(turn: Turn, action: inputs.Conferring, who: str) -> tuple[ConferenceId, str]:
    """Perform a request; return its conference, and a warning or "". Raises IntercomError if it is not possible."""
    if isinstance(action, inputs.Confer):
        return begin(turn, action, who), ""
    conference = find_conference(turn, action.conference)
    match action:
        case inputs.InviteInto(_, dial):
            invite(turn, lasting(conference), dial)
            return conference.id, ""
        case inputs.TakeInto(_, wanted):
            return conference.id, take_in(turn, lasting(conference), find(turn, wanted), who)
        case inputs.RemoveFrom(_, wanted):
            return conference.id, remove(turn, conference, participant(conference, wanted))
        case inputs.MuteIn(_, wanted, muted):
            return conference.id, mute(turn, lasting(conference), wanted, muted=muted)
        case inputs.HoldConference(_, held):
            return conference.id, hold(turn, lasting(conference), held=held)
        case _:
            assert_type(action, inputs.EndConference)
            return conference.id, end(turn, conference)


def begin(turn: Turn, action: inputs.Confer, who: str) -> ConferenceId:
    """Begin a conference; do nothing if any part of the request is not possible."""
    if turn.state.conference is not None:
        raise IntercomError(
            ErrorCode.CONFLICT,
            "A conference exists already.",
            f"Conference {turn.state.conference.id} uses the station's only microphone and speaker.",
            "Add the calls to it, or end it.",
        )
    calls = [joining(find(turn, wanted)) for wanted in dict.fromkeys(action.calls)]
    called = [place(turn, dial) for dial in action.invite]
    room(len(calls) + len(called))
    if not calls and not called:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "A conference needs participants.", "The list of participants is empty."
        )
    if not calls and turn.state.full:
        raise too_many_calls(turn)
    conference = conferences_conference.begin(turn)
    if calls:
        conference = conferences_conference.take_in(turn, conference, calls, who)
    for uri, dial in called:
        conference = conferences_conference.invite(turn, conference, uri, dial)
    return conference.id


def invite(turn: Turn, conference: Conference, dial: inputs.Dial) -> None:
    """Call somebody into the conference."""
    uri, dial = place(turn, dial)
    room(members(conference) + 1)
    conferences_conference.invite(turn, conference, uri, dial)


def take_in(turn: Turn, conference: Conference, call: Call, who: str) -> str:
    """Add an existing call to the conference."""
    if call.conference is not None:
        return f"Call {call.id} is in the conference already."
    room(members(conference) + 1)
    conferences_conference.take_in(turn, conference, [joining(call)], who)
    return ""


def remove(turn: Turn, conference: Conference, found: Participant) -> str:
    """Remove a participant from the conference."""
    if found.stage is ParticipantState.LEFT:
        return f"Call {found.call} is leaving already."
    conferences_conference.remove(turn, conference, found, find(turn, found.call))
    return ""


def mute(turn: Turn, conference: Conference, wanted: CallId | None, *, muted: bool) -> str:
    """Mute or unmute a participant, or the panel."""
    found = None if wanted is None else participant(conference, wanted)
    was, name = (conference.muted, "The panel") if found is None else (found.muted, f"Call {found.call}")
    if was == muted:
        return f"{name} is {'muted' if muted else 'not muted'} already."
    if found is None:
        turn.state = replace(turn.state, conference=replace(conference, muted=muted))
    else:
        conferences_conference.keep(turn, conference, replace(found, muted=muted))
    return ""


def hold(turn: Turn, conference: Conference, *, held: bool) -> str:
    """Have the panel leave or return. A set-aside conference that is held now stays held."""
    if conference.connected_since is None:
        raise IntercomError(
            ErrorCode.CONFLICT, f"Conference {conference.id} cannot be held now.", "It has no participants yet."
        )
    if conference.held == held:
        turn.state = replace(turn.state, conference=replace(conference, set_aside=False))
        return f"Conference {conference.id} is {'held' if held else 'not held'} already."
    if held:
        focus.leave(turn, conference, held=True)
    else:
        focus.return_to(turn, conference)
    return ""


def end(turn: Turn, conference: Conference) -> str:
    """End the conference with all its calls."""
    if conference.ending:
        return f"Conference {conference.id} is ending already."
    conferences_conference.end(turn, conference)
    return ""


def press(turn: Turn, conference: Conference, action: Literal[Action.HANGUP, Action.HOLD]) -> None:
    """Perform a button's action on the foreground conference."""
    if action is Action.HANGUP:
        end(turn, conference)
    else:
        hold(turn, conference, held=not conference.held)


def place(turn: Turn, dial: inputs.Dial) -> tuple[str, inputs.Dial]:
    """The SIP URI to call, and `dial` with the account to use. Raises the same errors as a call."""
    if turn.state.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "Participants cannot be called now.", "The daemon is stopping.", "Try again later."
        )
    uri, account = whom(turn, dial.to, dial.account)
    check_headers(dial.headers)
    notes.check(dial.custom_data)
    return uri, replace(dial, account=AccountId(account))


def joining(call: Call) -> Call:
    """Return the call if it may join, else raise IntercomError."""
    if not call.alive:
        raise wrong_state(call, "taken into a conference", "not ending")
    return call


def room(participants: int) -> None:
    """Raise IntercomError if there are too many participants."""
    if participants > conferences_conference.MOST:
        raise IntercomError(
            ErrorCode.TOO_MANY_CALLS,
            f"A conference has at most {conferences_conference.MOST} participants.",
            f"It would have {participants}.",
            "Remove one of them first.",
        )


def members(conference: Conference) -> int:
    """The number of participants that have joined or are joining."""
    return sum(p.stage is not ParticipantState.LEFT for p in conference.participants)


def find_conference(turn: Turn, wanted: ConferenceId) -> Conference:
    """Find a conference by its id. Raises IntercomError."""
    found = turn.state.conference
    if found is None or found.id != wanted:
        raise IntercomError(
            ErrorCode.CONFERENCE_NOT_FOUND,
            f"There is no conference {wanted}.",
            "It has ended or never existed.",
            "GET /v1/conferences lists the conferences.",
        )
    return found


def lasting(conference: Conference) -> Conference:
    """Return the conference unless it is ending, else raise IntercomError."""
    if conference.ending:
        raise IntercomError(ErrorCode.CONFLICT, f"Conference {conference.id} is ending.")
    return conference


def participant(conference: Conference, wanted: CallId) -> Participant:
    """Find the participant with this call. Raises IntercomError."""
    found = conference.participant(wanted)
    if found is None:
        raise IntercomError(
            ErrorCode.CALL_NOT_FOUND,
            f"Call {wanted} is not in conference {conference.id}.",
            f"There are {', '.join(p.call for p in conference.participants)}.",
        )
    return found
