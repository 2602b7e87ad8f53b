"""/v1/conferences: calls that hear each other and the panel; create, read, change, end; participants."""

from typing import Annotated, Any

from msgspec import Meta

from appliance.api import models
from appliance.api.http.dependencies import Daemon, Id, Who, ask
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import QUERY, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import AccountId, CallId, ConferenceId
from appliance.core.views.conferences import Conference

router = Resource("/v1/conferences", "conferences")
CallQuery = Annotated[str, Meta(max_length=64, description="Id of the participant's call."), QUERY]


@router.on("GET", "", answers(models.Conferences))
async def list_conferences(daemon: Daemon) -> JSONResponse:
    """All current conferences: one, or none."""
    return JSONResponse({"conferences": daemon.snapshot().conferences})


@router.on("POST", "", answers(models.ConferenceDone, 201))
async def begin_conference(body: models.Confer, daemon: Daemon, who: Who) -> JSONResponse:
    """Create a conference of the panel with existing calls, and with others, who are called."""
    calls = tuple(CallId(each.call) for each in body.participants if each.call is not None)
    called = tuple(dial(each) for each in body.participants if each.to is not None)
    reply = await ask(daemon, inputs.Confer(calls, called), who)
    if reply.conference is None:
        raise IntercomError(ErrorCode.UNAVAILABLE, "No conference was created.", reply.warning)
    return JSONResponse(
        done(daemon, reply.conference, reply.warning), 201, {"Location": f"{router.prefix}/{reply.conference}"}
    )


@router.on("GET", "/{conference}", answers(Conference))
async def read_conference(conference: Id, daemon: Daemon) -> JSONResponse:
    """One conference."""
    return JSONResponse(find(daemon, conference))


@router.on("PATCH", "/{conference}", answers(models.ConferenceDone))
async def change_conference(conference: Id, body: models.ConferenceChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Let the panel leave or return, and mute or unmute its microphone."""
    wanted, warnings = ConferenceId(conference), []
    if body.held is None and body.muted is None:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "There is nothing to change.", "Give held or muted.")
    if body.muted is not None:
        warnings.append((await ask(daemon, inputs.MuteIn(wanted, None, body.muted), who)).warning)
    if body.held is not None:
        warnings.append((await ask(daemon, inputs.HoldConference(wanted, body.held), who)).warning)
    return JSONResponse(done(daemon, wanted, " ".join(filter(None, warnings))))


@router.on("POST", "/{conference}/recording", answers(models.ConferenceDone))
async def record_conference(
    conference: Id, daemon: Daemon, who: Who, body: models.RecordCall | None = None
) -> JSONResponse:
    """Record each call of a conference, also a call that joins later, with all that its far end says and hears."""
    channels = (body or models.RecordCall()).channels
    return await _order(
        daemon, inputs.RecordConference(ConferenceId(conference), recorded=True, channels=channels), who
    )


@router.on("GET", "/{conference}/participants", answers(models.Participants))
async def list_participants(conference: Id, daemon: Daemon) -> JSONResponse:
    """All participants, including calls that are joining or leaving."""
    return JSONResponse({"participants": find(daemon, conference).participants})


@router.on("POST", "/{conference}/participants", answers(models.ConferenceDone))
async def add_participant(conference: Id, body: models.Join, daemon: Daemon, who: Who) -> JSONResponse:
    """Add a participant: call one, or add an existing call; events report whether they join."""
    wanted = ConferenceId(conference)
    if body.call is not None:
        return await _order(daemon, inputs.TakeInto(wanted, CallId(body.call)), who)
    return await _order(daemon, inputs.InviteInto(wanted, dial(body)), who)


@router.on("DELETE", "/{conference}/participants", answers(models.ConferenceDone))
async def remove_participant(conference: Id, call: CallQuery, daemon: Daemon, who: Who) -> JSONResponse:
    """Remove a participant; the call ends."""
    return await _order(daemon, inputs.RemoveFrom(ConferenceId(conference), CallId(call)), who)


async def _order(
    daemon: HttpPorts,
    action: inputs.InviteInto
    | inputs.TakeInto
    | inputs.RemoveFrom
    | inputs.MuteIn
    | inputs.EndConference
    | inputs.RecordConference,
    who: str,
) -> JSONResponse:
    return JSONResponse(done(daemon, action.conference, (await ask(daemon, action, who)).warning))


def dial(body: models.Join) -> inputs.Dial:
    """The address to call."""
    return inputs.Dial(body.to or "", tuple(body.headers.items()), AccountId(body.account))


def done(daemon: HttpPorts, wanted: str, warning: str) -> dict[str, Any]:
    """The answer to a request."""
    return {"id": wanted, "conference": daemon.conference(wanted), "warning": warning or None}


def find(daemon: HttpPorts, wanted: str) -> Conference:
    """The conference with that id. Raises conference-not-found."""
    shown = daemon.conference(wanted)
    if shown is None:
        raise IntercomError(
            ErrorCode.CONFERENCE_NOT_FOUND, f"There is no conference {wanted}.", "It has ended or never existed."
        )
    return shown
