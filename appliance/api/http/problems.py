"""Every error as application/problem+json (RFC 9457), with the texts of IntercomError."""

import http.client
from typing import Any, BinaryIO

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ValidationException, WebSocketRequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from appliance.api import models
from appliance.api.answers import etags
from appliance.base.errors import ErrorCode, IntercomError, problem

MEDIA_TYPE = "application/problem+json"

# The meaning of a pattern, for people who type codes.
_PATTERNS = {
    models.CODE: "4 to 12 digits",
    models.CARD: "1 to 40 letters and digits",
    models.DIGITS: "1 to 32 of the digits 0 to 9, A to D, * and #",
}
# Pydantic's types of errors, in our words. The names in braces are in the error's context.
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "datetime_type": "must be a time, as in 2026-11-20T06:07:08Z",
    "datetime_parsing": "must be a time, as in 2026-11-20T06:07:08Z",
    "datetime_from_date_parsing": "must be a time, as in 2026-11-20T06:07:08Z",
    "json_invalid": "is not JSON: {error}",
}
_OF_STATUS = {
    400: ErrorCode.PARAMETER_INVALID,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LONG,
    416: ErrorCode.RANGE_NOT_SATISFIABLE,
}

# For `responses=` of the routers: replaces FastAPI's own description of a validation error.
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "The error as a problem object (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def response(error: IntercomError, instance: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer that reports `error`; `instance`: the requested path."""
    body = {**problem(error), "instance": instance}
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


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""

    @app.exception_handler(IntercomError)
    async def known(request: HTTPConnection, error: IntercomError) -> JSONResponse:
        return response(error, request.url.path)

    # For a WebSocket Starlette sends the response as the denial of the handshake.
    @app.exception_handler(RequestValidationError)
    @app.exception_handler(WebSocketRequestValidationError)
    async def invalid(request: HTTPConnection, error: ValidationException) -> JSONResponse:
        found = invalid_parameter(error, request.headers.get("content-type"))
        return response(found, request.url.path)

    @app.exception_handler(HTTPException)
    async def bare(request: Request, error: HTTPException) -> JSONResponse:
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if "allow" in headers:  # Starlette names the methods of one route of the path
            headers["allow"] = _methods(request)
        return response(of_status(error.status_code, headers), request.url.path, headers)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        # Starlette raises it again after the answer, and uvicorn then logs it with its traceback.
        del error
        return response(fault(), request.url.path, {"Connection": "close"})  # uvicorn then closes it


def invalid_parameter(error: ValidationException, content_type: str | None = "application/json") -> IntercomError:
    """The error for an invalid request, with a text for each place; the values themselves are not repeated."""
    if any(tuple(fault["loc"]) == ("body",) for fault in error.errors()) and not _is_json(content_type):
        given = f"is {content_type[:100]}" if content_type else "is missing"
        return IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "The body does not say that it is JSON.",
            f"Content-Type {given}.",
            "Send the header Content-Type: application/json; with curl, -H 'Content-Type: application/json'.",
        )
    places = []
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
        if fault["type"] == "json_invalid":
            where = "body"
        words = _PATTERNS.get(fault.get("ctx", {}).get("pattern", ""))
        places.append(f"{where}: must be {words}" if words else f"{where}: {_in_words(fault)}")
    return IntercomError(
        ErrorCode.PARAMETER_INVALID,
        "The request is not valid.",
        "; ".join(places),
        "/docs of the station describes each request.",
    )


def _is_json(content_type: str | None) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _in_words(fault: dict[str, Any]) -> str:
    words, context = _WORDS.get(fault["type"]), fault.get("ctx", {})
    if words is None:
        return str(fault["msg"]).removeprefix("Value error, ")
    return words.format_map({name: str(value) for name, value in context.items()})


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
            elif message["type"] == "http.response.start" and message["status"] == http.client.OK:
                tags = Headers(raw=message["headers"])
                if etags.same(asked.get("if-none-match"), tags.get("etag", "")):
                    replaced = True
                    kept = {k: tags[k] for k in ("etag", "last-modified", "cache-control") if k in tags}
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
