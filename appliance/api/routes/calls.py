"""/v1/calls: list, place, read and change calls, and act on them."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from appliance.api import models
from appliance.api.answers import held
from appliance.api.answers.outcomes import Begins, WaitsFor, answered, played, reported, updated
from appliance.api.http.admission import FOLLOWERS, WAITS, BusyError
from appliance.api.http.dependencies import Allowed, Daemon, Id, Refused, Who, ask, play, say
from appliance.api.http.streams import Streams
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers, later
from appliance.api.routing.responses import JSONResponse
from appliance.base import ids
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.model import AccessScope, AccountId, CallId, CallSearch, Content, DigitsTo
from appliance.core.views.calls import Call

OK, DECLINE = 200, 603

router = Resource("/v1/calls", "calls")


@router.on("GET", "", answers(models.Calls))
async def list_calls(daemon: Daemon) -> JSONResponse:
    """All current calls."""
    return JSONResponse({"calls": daemon.calls()})


@router.on("POST", "", answers(models.CallDone, 201))
async def place_call(body: models.Place, daemon: Daemon, who: Who, after: WaitsFor) -> JSONResponse:
    """Place a call; events report the outcome. With `Prefer: wait=N` the answer comes once it is answered or over."""
    if body.id is not None:
        await _check_fresh(daemon, body.id)
    dial = inputs.Dial(
        body.to,
        tuple(body.headers.items()),
        AccountId(body.account),
        body.custom_data,
        None if body.id is None else CallId(body.id),
        body.timeout_s,
        body.auto_record,
        body.media == "none",
        body.early_media,
    )
    reply = await ask(daemon, dial, who)
    if reply.call is None:
        raise IntercomError(ErrorCode.UNAVAILABLE, "No call was placed.", reply.warning)
    applied = await after.settled(answered(reply.call))
    return JSONResponse(
        {"id": reply.call, "call": daemon.call(reply.call), "warning": reply.warning or None},
        201,
        {"Location": f"{router.prefix}/{reply.call}", **applied},
    )


@router.on(
    "POST",
    "/from-browser",
    {
        200: {
            "description": "The first line is this, as JSON. Empty lines follow while the call lasts; the end of the "
            "answer is the end of the call.",
            "content": {held.LINES: {"schema": models.BrowserCall, "example": held.SHOWN}},
        }
    },
)
async def call_from_browser(
    request: Request, body: models.BrowserOffer, daemon: Daemon, who: Who, allowed: Allowed
) -> Response:
    """Talk and listen at the door from a browser: its offer (WebRTC) becomes a call, and is answered at once.

    While a visitor rings, this answers the ring: other phones stop. Otherwise a tone at the door announces the call for
    a second. The call ends when the client closes the connection, as a browser does whose tab is closed; when its token
    or session ends; and when no sound comes from it for 3 s. Calls, their events and orders are those of any other
    call: `remote` is the client.
    """
    if not request.scope[WAITS]():
        raise BusyError(f"{FOLLOWERS} clients follow the events, or talk.")
    call, since = CallId(ids.new("c")), daemon.last_event()
    peer = request.client.host if request.client is not None else ""
    try:
        answer = await daemon.call_from_browser(call, body.offer, peer, who)
    except IntercomError:
        await held.end(daemon, call, who)  # it may still wait for its answer
        raise
    return held.Talk(daemon, who, call, answer, since, allowed)


@router.on("GET", "/from-browser", answers(models.IceServers))
async def read_ice_servers(daemon: Daemon) -> JSONResponse:
    """The servers by which a browser in another network finds its address for a call."""
    return JSONResponse({"ice_servers": daemon.ice_servers()})


async def _check_fresh(daemon: HttpPorts, call: str) -> None:
    """Raise IntercomError if an ended call had this id; the core refuses the id of a living call."""
    if await asyncio.to_thread(daemon.call_log.list, 1, None, CallSearch(call=call)):
        raise IntercomError(ErrorCode.CONFLICT, f"There was a call {call} already.", "", "Choose another id.")


@router.on("GET", "/{call}", answers(Call))
async def read_call(call: Id, daemon: Daemon) -> JSONResponse:
    """One call, also for 10 minutes after its end with the state `ended`; after that it is in the call log."""
    found = daemon.call(call)
    if found is None:
        raise IntercomError(ErrorCode.CALL_NOT_FOUND, f"There is no call {call}.", "It has ended or never existed.")
    return JSONResponse(found)


@router.on("PATCH", "/{call}", answers(models.CallDone))
async def change_call(
    call: Id, body: models.Change, daemon: Daemon, who: Who, refused: Refused, streams: Streams
) -> Response:
    """Mute, hold or bring a call to the foreground; set its custom_data, reports, digits, or handling of transfers.

    `digits_to` needs a token for `digits`, and for `program` a stream of events (WebSocket or SSE) that brings
    `dtmf.received` of the call. When the last such stream of the client ends, the digits go to the codes again.
    """
    wanted = CallId(call)
    if body == models.Change():
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "There is nothing to change.", "The body is empty.")
    if body.digits_to is not None and (refusal := refused(AccessScope.DIGITS)) is not None:
        return refusal
    to_program = body.digits_to is DigitsTo.PROGRAM
    if to_program and not streams.bring_digits(who, call):
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"The digits of call {call} cannot go to you.",
            "No stream of events of yours brings `dtmf.received` of this call.",
            "Follow /v1/events by WebSocket or SSE with the same token first.",
        )
    warnings = [(await ask(daemon, change, who)).warning for change in _changes(wanted, body)]
    if to_program:
        streams.check(who, call)  # the stream may have ended meanwhile
    return JSONResponse(
        {"id": wanted, "call": daemon.call(wanted), "warning": " ".join(filter(None, warnings)) or None}
    )


# Which request each field of a change stands for, in the order in which they are made.
_REQUESTS: dict[str, Callable[[CallId, Any], inputs.Action]] = {
    "custom_data": inputs.SetCustomData,  # the first one: nothing else has changed if it is too long
    "updates": lambda call, wanted: inputs.AskUpdates(call, wanted == "ask"),
    "statistics_interval": inputs.SetStatisticsInterval,
    "report": lambda call, wanted: inputs.ReportLevels(call, "level" in wanted, microphone="microphone" in wanted),
    "dtmf": lambda call, wanted: inputs.SetDigitMethods(call, tuple(wanted)),
    "digits_to": inputs.SendDigitsTo,
    "detect": lambda call, wanted: inputs.DetectSound(call, tuple(wanted)),
    "active": lambda call, wanted: inputs.SwitchTo(call) if wanted else inputs.HoldCall(call, held=True),
    "muted": inputs.MuteCall,
    "transfer_policy": inputs.SetTransferPolicy,
}


def _changes(call: CallId, body: models.Change) -> Iterator[inputs.Action]:
    """The requests that a change consists of."""
    for name, request in _REQUESTS.items():
        if (wanted := getattr(body, name)) is not None:
            yield request(call, wanted)


@router.on("POST", "/{call}/answer", answers(models.CallDone))
async def answer_call(call: Id, daemon: Daemon, who: Who, body: models.AnswerWith | None = None) -> JSONResponse:
    """Answer an incoming call."""
    wanted = body or models.AnswerWith()
    headers = tuple(wanted.headers.items())
    order = inputs.AnswerCall(CallId(call), headers, wanted.custom_data, apart=wanted.media == "none")
    reply = await ask(daemon, order, who)
    return JSONResponse(done(daemon, call, reply.warning))


@router.on("POST", "/{call}/update", later(models.CallDoneLater))
async def update_call(call: Id, body: models.Update, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Request that only these codecs are used, by re-INVITE; `call.updated` reports the answer."""
    reply = await ask(daemon, inputs.UpdateCall(CallId(call), tuple(body.codecs)), who)
    return await after.by_event(updated(call), call, partial(done, daemon, call, reply.warning))


@router.on("POST", "/{call}/playback", later(models.CallDoneLater))
async def play_sound(call: Id, body: models.PlayInCall, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Play a sound to the far end, in place of one that plays there; the events `playback.…` report the outcome."""
    playback = await play(daemon, body, who, CallId(call), speaker=body.speaker)
    return await after.by_event(played(playback), call, partial(done, daemon, call))


@router.on("POST", "/{call}/say", later(models.CallDoneLater))
async def say_in_call(call: Id, body: models.SayInCall, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Speak a text to the far end, as a playback: in place of a sound there, and stopped as one."""
    playback = await say(daemon, body, who, CallId(call), speaker=body.speaker)
    return await after.by_event(played(playback), call, partial(done, daemon, call))


@router.on("POST", "/{call}/recording", later(models.CallDoneLater))
async def start_recording(
    call: Id, daemon: Daemon, who: Who, after: Begins, body: models.RecordCall | None = None
) -> JSONResponse:
    """Record a call from now on; `call.recording` is the id, and the events `recording.…` report the outcome."""
    wanted = body or models.RecordCall()
    reply = await ask(daemon, inputs.StartRecording(CallId(call), wanted.channels, wanted.format, wanted.note), who)
    runs = reported("recording.started", "recording.failed", call=call)
    return await after.by_event(runs, call, partial(done, daemon, call, reply.warning))


@router.on("POST", "/{call}/transfer", later(models.CallDoneLater))
async def transfer_call(call: Id, body: models.Transfer, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Transfer the far end to another address, or to the far end of another call; an event reports the outcome.

    A browser cannot call anybody: the station calls in its place, and the browser's call ends at the answer. Where one
    of two calls is a browser's, the other call takes this one's place at the panel.
    """
    if bool(body.to) == bool(body.call):
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "Give either `to` or `call`.")
    headers = tuple(body.headers.items())
    order = (
        inputs.ConnectCalls(CallId(call), CallId(body.call), headers)
        if body.call
        else inputs.TransferCall(CallId(call), body.to, headers)
    )
    reply = await ask(daemon, order, who)
    moved = reported("call.transferred", "call.transfer_failed", call=call)
    return await after.by_event(moved, call, partial(done, daemon, call, reply.warning))


@router.on("POST", "/{call}/message", later(models.MessageTaken))
async def send_text(call: Id, body: models.Text, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Send a MESSAGE in a connected call; an event reports whether it arrives."""
    content = Content(body.content_type, body.text, tuple(body.headers.items()))
    reply = await ask(daemon, inputs.SendCallText(CallId(call), content), who)
    delivered = reported("message.sent", "message.failed", message=reply.message)
    return await after.by_event(delivered, call, lambda: {"message": reply.message})


@router.on("POST", "/{call}/info", later(models.MessageTaken))
async def send_info(call: Id, body: models.Info, daemon: Daemon, who: Who, after: Begins) -> JSONResponse:
    """Send an INFO in a connected call; an event reports whether it arrives."""
    content = Content(body.content_type, body.body, tuple(body.headers.items()))
    reply = await ask(daemon, inputs.SendInfo(CallId(call), content), who)
    delivered = reported("info.sent", "info.failed", message=reply.message)
    return await after.by_event(delivered, call, lambda: {"message": reply.message})


def done(daemon: HttpPorts, call: str, warning: str = "") -> Json:
    """Shaped as `models.CallDone`."""
    return {"id": call, "call": daemon.call(call), "warning": warning or None}
