"""/v1/recordings: finished recordings, their audio and their end; clients never give a file name."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon, Id, Who
from appliance.api.http.response_schemas import answers
from appliance.api.ports import Recording, Recordings
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json

_FIELDS = [name for name in models.Recording.model_fields if name != "url"]

router = APIRouter(prefix="/v1/recordings", tags=["recordings"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Recordings))
async def list_recordings(
    daemon: Daemon,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> JSONResponse:
    """A page of recordings, newest first; `cursor` is the `next` of the previous page."""
    rows = await asyncio.to_thread(daemon.recordings.list, limit + 1, cursor)
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"recordings": [_body(row) for row in page], "next": page[-1].id if more else None})


@router.get("/{recording}", responses=answers(models.Recording))
async def read_recording(recording: Id, daemon: Daemon) -> JSONResponse:
    """One recording."""
    return JSONResponse(_body(await asyncio.to_thread(daemon.recordings.get, recording)))


@router.get(
    "/{recording}/audio",
    response_class=FileResponse,
    responses={
        200: {"description": "The whole file.", "content": {"audio/wav": {}}},
        206: {"description": "The requested Range.", "content": {"audio/wav": {}}},
    },
)
async def read_recorded_sound(recording: Id, daemon: Daemon) -> problems.ServedFile:
    """The audio of a complete recording; supports Range."""
    path = await asyncio.to_thread(_file, daemon.recordings, recording)
    return problems.ServedFile(
        path, media_type="audio/wav", filename=f"{recording}.wav", content_disposition_type="inline"
    )


@router.patch("/{recording}", responses=answers(models.Recording))
async def change_recording(recording: Id, body: models.RecordingChange, daemon: Daemon, who: Who) -> JSONResponse:
    """Protect a recording from limits and deletion, or no longer. The answer is the recording."""
    await asyncio.to_thread(daemon.recordings.protect, recording, who, wanted=body.protected)
    return JSONResponse(_body(await asyncio.to_thread(daemon.recordings.get, recording)))


@router.delete("/{recording}", responses=answers(models.Done))
async def delete_recording(recording: Id, daemon: Daemon, who: Who) -> JSONResponse:
    """Delete a finished recording, with its file. One that is being written or protected is refused (`conflict`)."""
    await asyncio.to_thread(daemon.recordings.delete, recording, who)
    return JSONResponse({"warning": None})


def _body(row: Recording) -> Json:
    return {name: getattr(row, name) for name in _FIELDS} | {"url": f"{router.prefix}/{row.id}/audio"}


def _file(recordings: Recordings, wanted: str) -> Path:
    if not recordings.get(wanted).complete:
        # A file that grows while it is sent would exceed the Content-Length of the answer.
        raise IntercomError(
            ErrorCode.CONFLICT,
            "The recording is still being written.",
            resolution="Wait for the event recording.available.",
        )
    path = recordings.path(wanted)
    if not path.is_file():
        raise IntercomError(ErrorCode.RECORDING_NOT_FOUND, f"The file of recording {wanted} is gone.")
    return path
