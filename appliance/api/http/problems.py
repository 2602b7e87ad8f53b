"""Every error as application/problem+json (RFC 9457), with the texts of IntercomError."""

import http.client
from typing import Any, BinaryIO

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from appliance.api.answers import etags
from appliance.api.routing.responses import JSONResponse
from appliance.base.errors import ErrorCode, IntercomError, problem

MEDIA_TYPE = "application/problem+json"
RETRY_S = 1

_OF_STATUS = {
    400: ErrorCode.PARAMETER_INVALID,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LONG,
    416: ErrorCode.RANGE_NOT_SATISFIABLE,
}


def response(error: IntercomError, instance: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer that reports `error`; `instance`: the requested path. One about a rate says when to try again."""
    body = {**problem(error), "instance": instance}
    if error.code == ErrorCode.RATE_LIMITED:
        headers = {"Retry-After": str(RETRY_S)} | (headers or {})
    return JSONResponse(body, body["status"], headers, MEDIA_TYPE)


def of_status(status: int, headers: dict[str, str]) -> IntercomError:
    """The error that a plain status of the framework stands for."""
    code = _OF_STATUS.get(status, ErrorCode.ERROR)
    match code:
        case ErrorCode.NOT_FOUND:
            return IntercomError(
                ErrorCode.NOT_FOUND, "There is nothing at this path.", resolution="GET /openapi.json lists all paths."
            )
        case ErrorCode.METHOD_NOT_ALLOWED:
            allowed = headers.get("allow", "")
            return IntercomError(
                ErrorCode.METHOD_NOT_ALLOWED,
                "This path does not support that method.",
                f"It supports {allowed}." if allowed else "",
            )
        case ErrorCode.RANGE_NOT_SATISFIABLE:
            return IntercomError(
                ErrorCode.RANGE_NOT_SATISFIABLE,
                "The requested range is outside the file.",
                headers.get("content-range", ""),
            )
        case _:
            return IntercomError(code, f"The request cannot be served: {_phrase(status)}.")


def fault() -> IntercomError:
    """The error for an exception that nothing expects."""
    return IntercomError(ErrorCode.ERROR, "This is a fault of intercomd.", resolution="The log has the details.")


def _phrase(status: int) -> str:
    return http.client.responses.get(status, str(status)).lower()


def _methods(request: Request) -> str:
    """All methods that the path of a request supports, for Allow (RFC 9110 §10.2.1)."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in routes for method in route.methods}))


async def _known(request: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, IntercomError)
    return response(error, request.url.path)


async def _bare(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers:  # Starlette names the methods of one route of the path
        headers["allow"] = _methods(request)
    return response(of_status(error.status_code, headers), request.url.path, headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    # Starlette raises it again after the answer, and uvicorn then logs it with its traceback.
    del error
    return response(fault(), request.url.path, {"Connection": "close"})  # uvicorn then closes it


# For a WebSocket Starlette sends the response as the denial of the handshake.
HANDLERS: dict[Any, Any] = {IntercomError: _known, HTTPException: _bare, Exception: _unexpected}


class ServedFile(FileResponse):
    """A file whose errors are problems too: Starlette answers a wrong Range (400, 416) by plain text.

    A Range in another unit than bytes is ignored (RFC 9110 §14.2), and a client that has the file gets 304 (§13.1.2).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the problem in place of Starlette's error."""
        replaced = False
        asked = Headers(scope=scope)
        if not asked.get("range", "bytes=").lower().startswith("bytes="):
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"range"]}

        async def outgoing(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] >= http.client.BAD_REQUEST:
                replaced = True
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]}
                kept = {k: v for k, v in headers.items() if k in {"allow", "content-range"}}
                await response(of_status(message["status"], headers), scope["path"], kept)(scope, receive, send)
            elif message["type"] == "http.response.start":  # 200, or 206 for a Range
                tags = Headers(raw=message["headers"])
                if etags.same(asked.get("if-none-match"), tags.get("etag", "")):
                    replaced = True
                    kept = {k: tags[k] for k in ("etag", "last-modified", "cache-control", "vary") if k in tags}
                    await Response(status_code=304, headers=kept)(scope, receive, send)
            if not replaced:
                await send(message)

        await super().__call__(scope, receive, outgoing)


class OpenedFile(ServedFile):
    """A file that is sent to its end, even if another file replaces it meanwhile; then it is closed."""

    def __init__(self, file: BinaryIO, media_type: str, filename: str) -> None:
        super().__init__(
            f"/proc/self/fd/{file.fileno()}",
            media_type=media_type,
            filename=filename,
            content_disposition_type="inline",
        )
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, and close it."""
        with self._file:
            await super().__call__(scope, receive, send)
