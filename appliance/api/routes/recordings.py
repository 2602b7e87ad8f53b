"""/v1/recordings: running and finished recordings, with their audio; clients never give a file name."""

import asyncio
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from msgspec import Meta

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import TEXT, Daemon, Id, Limit, Who, ask
from appliance.api.http.times import utc
from appliance.api.ports import HttpPorts, Recordings
from appliance.api.routing.endpoints import QUERY, By, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.core import inputs
from appliance.core.model import (
    Cause,
    RecordingId,
    RecordingKind,
    RecordingOrder,
    RecordingSearch,
    RecordingSide,
    StoredRecording,
    kind_of,
)

_FIELDS = [name for name in models.Recording.__struct_fields__ if name not in {"url", "kind"}]

_MEDIA_TYPES = {".wav": "audio/wav", ".opus": "audio/ogg"}


def _search(
    after: Annotated[datetime, Meta(description="Only those that began at this time or later."), QUERY] | None = None,
    before: Annotated[datetime, Meta(description="Only those that began earlier."), QUERY] | None = None,
    party: Annotated[str, Meta(max_length=TEXT, description="A part of the far end's name or address."), QUERY] = "",
    door: Annotated[
        str, Meta(max_length=TEXT, description="Only those during which this door was opened."), QUERY
    ] = "",
    outcome: Annotated[Cause, Meta(description="Only of calls that ended for this cause."), QUERY] | None = None,
    note: Annotated[str, Meta(max_length=TEXT, description="A part of the recording's `note`."), QUERY] = "",
    kind: Annotated[RecordingKind, Meta(description="Only calls, or only visitors' messages."), QUERY] | None = None,
) -> RecordingSearch:
    return RecordingSearch(
        after=utc(after),
        before=utc(before),
        party=party,
        door=door,
        outcome=outcome or "",
        note=note,
        kind=kind or "",
    )


Search = Annotated[RecordingSearch, By(_search)]

router = Resource("/v1/recordings", "recordings")


@router.on("GET", "", answers(models.Recordings))
async def list_recordings(
    daemon: Daemon,
    search: Search,
    limit: Limit = 50,
    cursor: Annotated[int, Meta(ge=1, lt=1 << 62, description="`next` of the previous page."), QUERY] | None = None,
) -> JSONResponse:
    """A page of recordings, newest first; `cursor` is the `next` of the previous page. All conditions must be met."""
    rows = await asyncio.to_thread(daemon.recordings.list, limit + 1, cursor, search)
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"recordings": [_body(row) for row in page], "next": page[-1].number if more else None})


@router.on("GET", "/live", answers(models.LiveRecordings))
async def list_live_recordings(daemon: Daemon) -> JSONResponse:
    """The running recordings of calls, and a visitor's message."""
    return JSONResponse({"recordings": _live(daemon)})


@router.on("GET", "/live/{recording}", answers(models.LiveRecording))
async def read_live_recording(recording: Id, daemon: Daemon) -> JSONResponse:
    """A recording that is being made."""
    found = next((each for each in _live(daemon) if each.id == recording), None)
    if found is None:
        raise IntercomError(
            ErrorCode.RECORDING_NOT_FOUND,
            f"No recording {recording} runs.",
            "It has ended or never existed.",
            "GET /v1/recordings/live lists those that run.",
        )
    return JSONResponse(found)


@router.on("GET", "/{recording}", answers(models.Recording))
async def read_recording(recording: Id, daemon: Daemon) -> JSONResponse:
    """One recording."""
    return JSONResponse(_body(await asyncio.to_thread(daemon.recordings.get, recording)))


@router.on(
    "GET",
    "/{recording}/audio",
    {
        200: {"description": "The whole file.", "content": {"audio/wav": {}, "audio/ogg": {}}},
        206: {"description": "The requested Range.", "content": {"audio/wav": {}, "audio/ogg": {}}},
    },
)
async def read_recorded_sound(recording: Id, daemon: Daemon) -> problems.OpenedFile:
    """The audio of a complete recording, WAV or Opus in Ogg; supports Range."""
    path, file = await asyncio.to_thread(_opened, daemon.recordings, recording)
    return problems.OpenedFile(file, _MEDIA_TYPES[path.suffix], path.name)


def _opened(recordings: Recordings, recording: str) -> tuple[Path, BinaryIO]:
    """The file of a recording, which may be converted between the look for its name and the open."""
    while True:
        path = recordings.sound(recording)
        with suppress(FileNotFoundError):
            return path, os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


@router.on("GET", "/{recording}/peaks", answers(models.Waveform))
async def read_waveform(recording: Id, daemon: Daemon) -> JSONResponse:
    """The waveform of a complete recording. It is counted at the first request, when the station has time for it."""
    return JSONResponse(await daemon.recordings.peaks(recording))


@router.on("PATCH", "/{recording}", answers(models.Recording))
async def change_recording(recording: Id, body: models.RecordingChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Protect a recording from limits and deletion, or no longer. The answer is the recording."""
    await asyncio.to_thread(daemon.recordings.protect, recording, who, wanted=body.protected)
    return JSONResponse(_body(await asyncio.to_thread(daemon.recordings.get, recording)))


@router.on("DELETE", "/{recording}", answers(models.Done))
async def delete_recording(recording: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Delete a finished recording, with its file. One that is being written or protected is refused (`conflict`)."""
    await asyncio.to_thread(daemon.recordings.delete, recording, who)
    return JSONResponse({"warning": None})


async def _steer(
    daemon: HttpPorts, recording: str, to: RecordingOrder, who: str, side: RecordingSide | None = None
) -> JSONResponse:
    reply = await ask(daemon, inputs.SteerRecording(RecordingId(recording), to, side), who)
    return JSONResponse({"warning": reply.warning or None})


def _live(daemon: HttpPorts) -> list[models.LiveRecording]:
    running = [
        models.LiveRecording(
            call.recording,
            RecordingKind.CALL,
            call.id,
            call.remote.uri,
            paused=call.recording_paused,
            muted=list(call.recording_muted),
            url=_url(call.recording),
        )
        for call in daemon.calls()
        if call.recording is not None
    ]
    if (message := daemon.snapshot().message) is not None:
        kind, url = RecordingKind.MESSAGE, _url(message.id)
        running.append(models.LiveRecording(message.id, kind, "", message.rung, paused=False, muted=[], url=url))
    return running


def _url(recording: str) -> str:
    return f"{router.prefix}/{recording}/audio"


def _body(row: StoredRecording) -> Json:
    body = {name: getattr(row, name) for name in _FIELDS}
    return body | {"kind": kind_of(row.id), "url": _url(row.id)}
