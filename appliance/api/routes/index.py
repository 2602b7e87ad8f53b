"""/v1: what there is, for somebody who comes with curl."""

from starlette.requests import Request

import appliance
from appliance.api import models
from appliance.api.routing.endpoints import Endpoint, Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse

HOW = "Over TCP, send Authorization: Bearer with a token (`intercomctl token add`). The Unix socket needs none."

router = Resource("/v1", "index")


@router.on("GET", "", answers(models.Index))
async def list_requests(request: Request) -> JSONResponse:
    """All requests with what each does, and the version; needs no token."""
    found = [
        {"method": route.method, "path": route.path, "summary": " ".join(route.description.split())}
        for route in request.app.routes
        if isinstance(route, Endpoint)
    ]
    return JSONResponse(
        {
            "version": appliance.__version__,
            "openapi": "/openapi.json",
            "authorization": HOW,
            "requests": found,
        }
    )
