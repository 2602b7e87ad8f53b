"""/v1/log: the call log, and the audit of doors and refusals."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import TEXT, Daemon, Limit
from appliance.api.http.response_schemas import answers
from appliance.api.http.times import utc
from appliance.core.model import CallSearch, Cause, Direction


def _search(
    after: Annotated[datetime | None, Query(description="Only those that began at this time or later.")] = None,
    before: Annotated[datetime | None, Query(description="Only those that began earlier.")] = None,
    party: Annotated[str, Query(max_length=TEXT, description="A part of the far end's name or address.")] = "",
    direction: Annotated[Direction | None, Query(description="Only those of this direction.")] = None,
    outcome: Annotated[Cause | None, Query(description="Only those that ended so.")] = None,
    missed: Annotated[bool | None, Query(description="Whether they are incoming and were not answered here.")] = None,
) -> CallSearch:
    return CallSearch(utc(after), utc(before), party, direction or "", outcome or "", missed)


Search = Annotated[CallSearch, Depends(_search)]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the previous page.")]

router = APIRouter(prefix="/v1/log", tags=["log"], responses=problems.RESPONSES)


@router.get("/calls", responses=answers(models.CallLog))
async def list_logged_calls(
    daemon: Daemon,
    search: Search,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JSONResponse:
    """A page of the call log, newest first; `cursor` is the `next` of the previous page. All conditions must be met."""
    before = None if cursor is None else int(cursor)
    rows = await asyncio.to_thread(daemon.call_log.list, limit + 1, before, search)
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"calls": [call for _, call in page], "next": str(page[-1][0]) if more else None})


@router.get("/doors", responses=answers(models.Audit))
async def list_audit(
    daemon: Daemon,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: Annotated[datetime | None, Query(description="Only what happened at this time or later.")] = None,
    before: Annotated[datetime | None, Query(description="Only what happened earlier.")] = None,
) -> JSONResponse:
    """A page of the audit, newest first; `cursor` is the `next` of the previous page."""
    begin = None if cursor is None else int(cursor)
    rows = await asyncio.to_thread(daemon.audit.list, limit + 1, begin, utc(after), utc(before))
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"events": page, "next": str(page[-1]["id"]) if more else None})
