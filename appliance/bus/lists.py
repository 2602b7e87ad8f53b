"""Pages of recordings and of past calls, as JSON; recordings are deleted and protected."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.base.wall_time import utc
from appliance.bus.shapes import Asked, BusMethod
from appliance.bus.texts import bounded, chosen
from appliance.core.model import CallSearch, Cause, Direction, RecordingKind, RecordingSearch, StoredRecording, kind_of

MOST = 200  # of a page
LAST_CURSOR = (1 << 62) - 1  # of the numbers that the lists can have
YES_NO = {"true": True, "false": False}
WORDS = {"direction": Direction, "outcome": Cause, "kind": RecordingKind}


async def _list_recordings(asked: Asked, search: dict[str, str], limit: int, cursor: int) -> list[Any]:
    wanted = RecordingSearch(**_conditions("Recordings", search, RecordingSearch.__struct_fields__))
    rows = await asyncio.to_thread(asked.daemon.recordings.list, *_page(limit, cursor), wanted)
    page = [_shown(row) for row in rows[:limit]]
    return [json.dumps({"recordings": page, "next": rows[limit - 1].number if len(rows) > limit else None})]


def _shown(row: StoredRecording) -> Json:
    """A recording as over HTTP, and with its number."""
    facts = {name: value for name, value in to_builtins(row).items() if name != "wanted_format"}
    return facts | {"kind": kind_of(row.id), "url": f"/v1/recordings/{row.id}/audio"}


async def _list_calls(asked: Asked, search: dict[str, str], limit: int, cursor: int) -> list[Any]:
    conditions: dict[str, Any] = _conditions("Calls", search, CallSearch.__struct_fields__)
    if "missed" in conditions:
        missed = conditions["missed"]
        if missed not in YES_NO:
            what = f"missed cannot be {missed!r}."
            raise IntercomError(ErrorCode.PARAMETER_INVALID, what, "", "Choose from: true, false.")
        conditions["missed"] = YES_NO[missed]
    rows = await asyncio.to_thread(asked.daemon.call_log.list, *_page(limit, cursor), CallSearch(**conditions))
    page = [call for _, call in rows[:limit]]
    return [json.dumps({"calls": page, "next": rows[limit - 1][0] if len(rows) > limit else None})]


async def _delete_recording(asked: Asked, recording: str) -> list[Any]:
    await asyncio.to_thread(asked.daemon.recordings.delete, bounded(recording), asked.who)
    return []


async def _protect_recording(asked: Asked, recording: str, protected: bool) -> list[Any]:
    await asyncio.to_thread(asked.daemon.recordings.protect, bounded(recording), asked.who, wanted=protected)
    return []


def _page(limit: int, cursor: int) -> tuple[int, int | None]:
    """How many rows to read, one more than the page has, and before which number. Raises IntercomError."""
    if not 1 <= limit <= MOST:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, f"A page cannot have {limit} rows.", f"It has 1 to {MOST}.")
    if cursor > LAST_CURSOR:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"There is no page {cursor}.", "", "Give 0, or the next of the page before."
        )
    return limit + 1, cursor or None


def _conditions(what: str, given: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """Check the conditions of a search in a list, and convert their times to the form on disc. Raises IntercomError."""
    if (unknown := next((name for name in given if name not in names), None)) is not None:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{what} are not searched by {bounded(unknown)}.",
            f"Choose from: {', '.join(names)}.",
        )
    for name, words in WORDS.items():
        if given.get(name):
            chosen(name, given[name], words)
    return {name: _moment(text) if name in {"after", "before"} else bounded(text) for name, text in given.items()}


def _moment(text: str) -> str:
    """A time as lists have it: with its offset, brought to UTC. Raises IntercomError."""
    try:
        at = datetime.fromisoformat(bounded(text))
        in_utc = None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):  # of the year 0 or 10000 in UTC
        in_utc = None
    if in_utc is None:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, f"{text} is no time.", "", "Write it as 2026-11-20T08:30:00Z.")
    return utc(in_utc)


_PAGE = (("search", "a{ss}"), ("limit", "u"), ("cursor", "t"))
METHODS = (
    BusMethod("ListCalls", _list_calls, takes=_PAGE, gives=(("json", "s"),)),
    BusMethod("ListRecordings", _list_recordings, takes=_PAGE, gives=(("json", "s"),)),
    BusMethod("DeleteRecording", _delete_recording, takes=(("recording", "s"),)),
    BusMethod("ProtectRecording", _protect_recording, takes=(("recording", "s"), ("protected", "b"))),
)
