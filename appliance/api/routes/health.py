"""/livez and /readyz: for supervisors, without a token; /metrics: for Prometheus, with one."""

import asyncio

from starlette.responses import PlainTextResponse

from appliance.api import models
from appliance.api.http.dependencies import Daemon
from appliance.api.ports import Measured
from appliance.api.routing.endpoints import Resource
from appliance.api.routing.response_schemas import answers
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError

FORMAT = "text/plain; version=0.0.4; charset=utf-8"

router = Resource("", "health")


@router.on("GET", "/livez", answers(models.Health))
async def read_liveness(daemon: Daemon) -> JSONResponse:
    """Whether the daemon works; if not (503), restart it."""
    if not daemon.alive():
        raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon does not process inputs.", resolution="Restart it.")
    return JSONResponse({"status": "ok"})


@router.on("GET", "/readyz", answers(models.Health))
async def read_readiness(daemon: Daemon) -> JSONResponse:
    """Whether calls are possible; if not (503), the cause."""
    is_ready, why = daemon.ready()
    if not is_ready:
        raise IntercomError(ErrorCode.UNAVAILABLE, "Calls are not possible now.", why)
    return JSONResponse({"status": "ok"})


@router.on(
    "GET",
    "/metrics",
    {
        200: {
            "description": "The figures.",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": "intercomd_ready 1.0\n"}},
        }
    },
)
async def read_metrics(daemon: Daemon) -> PlainTextResponse:
    """Counts and values for Prometheus, in its text format; needs the package python3-prometheus-client."""
    measured = await daemon.measure()
    return PlainTextResponse(await asyncio.to_thread(_text, measured), media_type=FORMAT)


def _text(measured: Measured) -> bytes:
    try:
        from appliance.api.http import metrics  # noqa: PLC0415  late: few stations need it
    except ImportError as err:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "There are no metrics.",
            "prometheus-client is not installed.",
            "Install it: apt install python3-prometheus-client.",
        ) from err
    return metrics.text(measured)
