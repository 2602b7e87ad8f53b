"""/v1: what there is, for somebody who comes with curl."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

import appliance
from appliance.api import models
from appliance.api.http import problems
from appliance.api.http.response_schemas import answers

HOW = "Over TCP, send Authorization: Bearer with a token (`intercomctl token add`). The Unix socket needs none."

router = APIRouter(prefix="/v1", tags=["index"], responses=problems.RESPONSES)


@router.get("", responses=answers(models.Index))
async def list_requests(request: Request) -> JSONResponse:
    """All requests with what each does, and the version; needs no token."""
    found = [
        {"method": method, "path": route.path, "summary": " ".join(route.description.split())}
        for route in request.app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods or ())
    ]
    return JSONResponse(
        {
            "version": appliance.__version__,
            "openapi": "/openapi.json",
            "authorization": HOW,
            "requests": found,
        }
    )
