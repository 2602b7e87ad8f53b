"""/v1/log: the call log, and the audit of doors and refusals."""

import asyncio
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from appliance.api import models
from appliance.api.http.dependencies import TEXT, Daemon, Limit
from appliance.api.http.times import utc
from appliance.api.routing.endpoints import QUERY, By, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.core.model import CallSearch, Cause, Direction
from appliance.orders.invalid import form


def _search(
    after: Annotated[datetime, Meta(description="Only those that began at this time or later."), QUERY] | None = None,
    before: Annotated[datetime, Meta(description="Only those that began earlier."), QUERY] | None = None,
    party: Annotated[str, Meta(max_length=TEXT, description="A part of the far end's name or address."), QUERY] = "",
    direction: Annotated[Direction, Meta(description="Only calls of this direction."), QUERY] | None = None,
    outcome: Annotated[Cause, Meta(description="Only those that ended so."), QUERY] | None = None,
    missed: Annotated[bool, Meta(description="Whether they are incoming and were not answered here."), QUERY]
    | None = None,
) -> CallSearch:
    return CallSearch(utc(after), utc(before), party, direction or "", outcome or "", missed)


Search = Annotated[CallSearch, By(_search)]
Cursor = (
    Annotated[
        str,
        Meta(
            pattern=form(r"^[0-9]{1,18}\Z", "`next` of the previous page, 1 to 18 digits"),
            description="`next` of the previous page.",
        ),
        QUERY,
    ]
    | None
)

router = Resource("/v1/log", "log")


@router.on("GET", "/calls", answers(models.CallLog))
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


@router.on("GET", "/doors", answers(models.Audit))
async def list_audit(
    daemon: Daemon,
    limit: Limit = 50,
    cursor: Cursor = None,
    after: Annotated[datetime, Meta(description="Only what happened at this time or later."), QUERY] | None = None,
    before: Annotated[datetime, Meta(description="Only what happened earlier."), QUERY] | None = None,
) -> JSONResponse:
    """A page of the audit, newest first; `cursor` is the `next` of the previous page."""
    begin = None if cursor is None else int(cursor)
    rows = await asyncio.to_thread(daemon.audit.list, limit + 1, begin, utc(after), utc(before))
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"events": page, "next": str(page[-1]["id"]) if more else None})
