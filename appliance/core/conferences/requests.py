"""Requests about a conference, by buttons and clients: checked against the state, and performed."""

from typing import Literal

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.accounts.addresses import callee
from appliance.core.calls import focus, recording
from appliance.core.calls.requests import beside_room, check_headers, check_note
from appliance.core.conferences import lifecycle
from appliance.core.lookup import find_call, too_many_calls, wrong_state
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
from appliance.core.orders import Reply
from appliance.core.transition import Turn


def confer(turn: Turn, action: inputs.Confer, asked: inputs.Requested) -> Reply:
    """Begin a conference; do nothing if any part of the request is not possible."""
    if turn.conference is not None:
        raise IntercomError(
            ErrorCode.CONFLICT,
            "A conference exists already.",
            f"Conference {turn.conference.id} uses the station's only microphone and speaker.",
            "Add the calls to it, or end it.",
        )
    calls = [joining(find_call(turn, wanted)) for wanted in dict.fromkeys(action.calls)]
    called = [callee_of(turn, dial) for dial in action.invite]
    check_room(len(calls) + len(called))
    if not calls and not called:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "A conference needs participants.", "The list of participants is empty."
        )
    if not calls and turn.state.full:
        raise too_many_calls(turn)
    conference = lifecycle.begin(turn)
    if calls:
        conference = lifecycle.take_in(turn, conference, calls, asked.who)
    for uri, dial in called:
        conference = lifecycle.invite(turn, conference, uri, dial, asked.who)
    return Reply(asked.request, conference=conference.id)


def invite(turn: Turn, action: inputs.InviteInto, asked: inputs.Requested) -> Reply:
    """Call somebody into the conference."""
    conference = lasting(find_conference(turn, action.conference))
    uri, dial = callee_of(turn, action.whom)
    check_room(members(conference) + 1)
    lifecycle.invite(turn, conference, uri, dial, asked.who)
    return Reply(asked.request, conference=conference.id)


def take_in(turn: Turn, action: inputs.TakeInto, asked: inputs.Requested) -> Reply:
    """Add an existing call to the conference."""
    conference = lasting(find_conference(turn, action.conference))
    call = find_call(turn, action.call)
    if call.conference is not None:
        warning = f"Call {call.id} is in the conference already."
        return Reply(asked.request, conference=conference.id, warning=warning)
    check_room(members(conference) + 1)
    lifecycle.take_in(turn, conference, [joining(call)], asked.who)
    return Reply(asked.request, conference=conference.id)


def remove(turn: Turn, action: inputs.RemoveFrom, asked: inputs.Requested) -> Reply:
    """Remove a participant from the conference."""
    conference = find_conference(turn, action.conference)
    found = participant(conference, action.call)
    if found.stage is ParticipantState.LEFT:
        warning = f"Call {found.call} is leaving already."
        return Reply(asked.request, conference=conference.id, warning=warning)
    lifecycle.remove(turn, conference, found, find_call(turn, found.call))
    return Reply(asked.request, conference=conference.id)


def mute(turn: Turn, action: inputs.MuteIn, asked: inputs.Requested) -> Reply:
    """Mute or unmute a participant, or the panel."""
    conference, muted = lasting(find_conference(turn, action.conference)), action.muted
    found = None if action.call is None else participant(conference, action.call)
    was, name = (conference.muted, "The panel") if found is None else (found.muted, f"Call {found.call}")
    if was == muted:
        warning = f"{name} is {'muted already' if muted else 'not muted'}."
        return Reply(asked.request, conference=conference.id, warning=warning)
    if found is None:
        turn.conference = replace(conference, muted=muted)
    else:
        lifecycle.put_participant(turn, conference, replace(found, muted=muted))
    return Reply(asked.request, conference=conference.id)


def record(turn: Turn, action: inputs.RecordConference, asked: inputs.Requested) -> Reply:
    """Record each call of the conference, also a call that joins later; or stop the recordings of its calls."""
    conference = lasting(find_conference(turn, action.conference))
    if action.recorded:
        recording.check_enabled(turn)
    if action.recorded and conference.recorded is not None:
        raise IntercomError(
            ErrorCode.RECORDING_ALREADY_RUNNING,
            f"Conference {conference.id} is recorded already.",
            "A client has begun it.",
            "Stop it first, or let it run.",
        )
    if not action.recorded and conference.recorded is None:
        raise IntercomError(
            ErrorCode.RECORDING_NOT_RUNNING,
            f"Conference {conference.id} is not being recorded.",
            "Its recording was not started, or has been stopped.",
        )
    channels = (action.channels or turn.settings.recording_channels) if action.recorded else None
    turn.conference = replace(conference, recorded=channels)
    for call in [turn.calls.get(p.call) for p in conference.participants if p.stage is ParticipantState.IN]:
        if call is not None and channels is not None:
            recording.join(turn, call, channels)
        elif call is not None and call.recording is not None:
            recording.stop(turn, call)
    return Reply(asked.request, conference=conference.id)


def hold_for_client(turn: Turn, action: inputs.HoldConference, asked: inputs.Requested) -> Reply:
    """Have the panel leave or return."""
    conference = lasting(find_conference(turn, action.conference))
    return Reply(asked.request, conference=conference.id, warning=hold(turn, conference, held=action.held))


def end_for_client(turn: Turn, action: inputs.EndConference, asked: inputs.Requested) -> Reply:
    """End the conference with all its calls."""
    conference = find_conference(turn, action.conference)
    return Reply(asked.request, conference=conference.id, warning=end(turn, conference))


def hold(turn: Turn, conference: Conference, *, held: bool) -> str:
    """Have the panel leave or return. A set-aside conference that is held now stays held."""
    if conference.connected_since is None:
        raise IntercomError(
            ErrorCode.CONFLICT, f"Conference {conference.id} cannot be held now.", "It has no participants yet."
        )
    if conference.held == held:
        turn.conference = replace(conference, set_aside=False)
        return f"Conference {conference.id} is {'held already' if held else 'not held'}."
    if held:
        focus.leave(turn, conference, held=True)
    else:
        focus.return_to(turn, conference)
    return ""


def end(turn: Turn, conference: Conference) -> str:
    """End the conference with all its calls; return a warning if it is ending already."""
    if conference.ending:
        return f"Conference {conference.id} is ending already."
    lifecycle.end(turn, conference)
    return ""


def press(turn: Turn, conference: Conference, action: Literal[Action.HANGUP, Action.HOLD]) -> None:
    """Perform a button's action on the foreground conference."""
    if action is Action.HANGUP:
        end(turn, conference)
    else:
        hold(turn, conference, held=not conference.held)


def callee_of(turn: Turn, dial: inputs.Dial) -> tuple[str, inputs.Dial]:
    """The SIP URI to call, and `dial` with the account to use. Raises the same errors as a call."""
    if turn.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "Participants cannot be called now.", "The daemon is stopping.", "Try again later."
        )
    uri, account = callee(turn, dial.to, dial.account)
    check_headers(dial.headers)
    check_note(dial.custom_data)
    return uri, replace(dial, account=AccountId(account))


def joining(call: Call) -> Call:
    """Return the call if it may join, else raise IntercomError."""
    if not call.alive:
        raise wrong_state(call, "taken into a conference", "not ending")
    beside_room(call, "join a conference, which the panel hears")
    return call


def check_room(participants: int) -> None:
    """Raise IntercomError if there are too many participants."""
    if participants > lifecycle.MOST:
        raise IntercomError(
            ErrorCode.TOO_MANY_CALLS,
            f"A conference has at most {lifecycle.MOST} participants.",
            f"It would have {participants}.",
            "Remove one of them first.",
        )


def members(conference: Conference) -> int:
    """The number of participants that have joined or are joining."""
    return sum(p.stage is not ParticipantState.LEFT for p in conference.participants)


def find_conference(turn: Turn, wanted: ConferenceId) -> Conference:
    """Find a conference by its id. Raises IntercomError."""
    found = turn.conference
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
