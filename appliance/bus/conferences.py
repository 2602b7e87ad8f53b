"""org.intercomd.Conference1: calls that hear each other and the panel."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus.listed import methods
from appliance.bus.paths import call_path, conference_path, find_call, named_call
from appliance.bus.shapes import Asked, BusMethod, Interface, Property, fields, of_object
from appliance.bus.texts import bounded, chosen
from appliance.core import inputs
from appliance.core.conferences.lifecycle import MOST
from appliance.core.model import CallId, ConferenceId, RecordingChannels
from appliance.core.views.conferences import Conference
from appliance.orders import subjects

_of_conference = partial(of_object, ConferenceId)


async def make_conference(asked: Asked, participants: list[str]) -> list[Any]:
    """Begin a conference with these: paths of calls' objects, and others, who are called. Raises IntercomError."""
    if len(participants) > MOST:
        raise IntercomError(
            ErrorCode.TOO_MANY_CALLS,
            f"A conference has at most {MOST} participants.",
            f"{len(participants)} are named.",
        )
    snapshot = asked.daemon.snapshot()
    calls = [(each, named_call(snapshot, each)) for each in participants]
    reply = await asked.do(
        inputs.Confer(
            tuple(call for _, call in calls if call is not None),
            tuple(inputs.Dial(bounded(to)) for to, call in calls if call is None),
        )
    )
    if reply.conference is None:
        raise IntercomError(ErrorCode.UNAVAILABLE, "No conference was created.", reply.warning)
    return [conference_path(reply.conference)]


async def _add(asked: Asked, participant: str) -> list[Any]:
    conference, call = ConferenceId(asked.id), named_call(asked.daemon.snapshot(), participant)
    if call is None:
        await asked.do(inputs.InviteInto(conference, inputs.Dial(bounded(participant))))
    else:
        await asked.do(inputs.TakeInto(conference, call))
    return []


def _of_participant(make: Callable[[ConferenceId, CallId], inputs.Action]) -> Callable[..., Awaitable[list[Any]]]:
    async def act(asked: Asked, call: str) -> list[Any]:
        await asked.do(make(ConferenceId(asked.id), find_call(asked.daemon.snapshot(), call)))
        return []

    return act


async def _record(asked: Asked, channels: str) -> list[Any]:
    wanted = chosen("channels", channels, RecordingChannels) if channels else None
    await asked.do(inputs.RecordConference(ConferenceId(asked.id), recorded=True, channels=wanted))
    return []


def _participants(view: Conference) -> list[list[Any]]:
    return [[call_path(each.call), str(each.state), each.muted] for each in view.participants]


CONFERENCE = Interface(
    "org.intercomd.Conference1",
    methods=(
        BusMethod("AddParticipant", _add, takes=(("participant", "s"),)),
        BusMethod("RemoveParticipant", _of_participant(inputs.RemoveFrom), takes=(("call", "o"),)),
        BusMethod(
            "MuteParticipant",
            _of_participant(lambda conference, call: inputs.MuteIn(conference, call, muted=True)),
            takes=(("call", "o"),),
        ),
        BusMethod(
            "UnmuteParticipant",
            _of_participant(lambda conference, call: inputs.MuteIn(conference, call, muted=False)),
            takes=(("call", "o"),),
        ),
        BusMethod("Hold", _of_conference(lambda conference: inputs.HoldConference(conference, held=True))),
        BusMethod("Resume", _of_conference(lambda conference: inputs.HoldConference(conference, held=False))),
        BusMethod("Mute", _of_conference(lambda conference: inputs.MuteIn(conference, None, muted=True))),
        BusMethod("Unmute", _of_conference(lambda conference: inputs.MuteIn(conference, None, muted=False))),
        BusMethod("StartRecording", _record, takes=(("channels", "s"),)),
        *methods(subjects.CONFERENCES),
    ),
    properties=(
        *fields(Conference, "id", "state", "held", "muted", "recorded"),
        Property("Participants", "a(osb)", _participants),
    ),
)
