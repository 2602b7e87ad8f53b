"""/v1/log: the call log, and the audit of doors and refusals."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.dependencies import Daemon
from appliance.api.http.response_schemas import answers

router = APIRouter(prefix="/v1/log", tags=["log"], responses=problems.RESPONSES)


@router.get("/calls", responses=answers(models.CallLog))
async def list_logged_calls(
    daemon: Daemon,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> JSONResponse:
    """A page of the call log, newest first; `cursor` is the `next` of the previous page."""
    before = None if cursor is None else int(cursor)
    rows = await asyncio.to_thread(daemon.call_log.list, limit + 1, before)
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"calls": [call for _, call in page], "next": str(page[-1][0]) if more else None})


@router.get("/doors", responses=answers(models.Audit))
async def list_audit(
    daemon: Daemon,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> JSONResponse:
    """A page of the audit, newest first; `cursor` is the `next` of the previous page."""
    before = None if cursor is None else int(cursor)
    rows = await asyncio.to_thread(daemon.audit.list, limit + 1, before)
    page, more = rows[:limit], len(rows) > limit
    return JSONResponse({"events": page, "next": str(page[-1]["id"]) if more else None})
