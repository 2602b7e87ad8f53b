"""The errors of each operation, for the OpenAPI description.

A test of the core, and Schemathesis at a real station, fail for an error that is missing here.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict

from appliance.api import models
from appliance.api.http import scopes
from appliance.api.http.problems import MEDIA_TYPE
from appliance.base.errors import ErrorCode as E
from appliance.base.errors import IntercomError, problem
from appliance.orders.table import ORDERS, SUBJECTS

Described = dict[str, Any]

_PROBLEM = "#/components/schemas/Problem"
_ALWAYS = E.UNAVAILABLE, E.FORBIDDEN, E.ERROR  # forbidden: for another host, or from a page of another site
_GUARDED = E.UNAUTHORIZED, E.RATE_LIMITED
_OF_PLACE = {subject.part: subject.missing for subject in SUBJECTS if subject.missing is not None}
OF_OPERATION: dict[str, tuple[E, ...]] = {order.name: order.errors for order in ORDERS if order.errors} | {
    "read_events": (E.EVENT_UNKNOWN, E.UPGRADE_REQUIRED),
    "read_recorded_sound": (E.CONFLICT, E.RANGE_NOT_SATISFIABLE),
    "read_waveform": (E.CONFLICT,),
}


def codes(path: str, method: str, operation: Described) -> list[E]:
    """The errors of an operation, by their status."""
    return sorted(dict.fromkeys(_codes(path, method, operation)), key=lambda code: (code.http_status, code))


def responses(path: str, method: str, operation: Described) -> Described:
    """The responses that report them, by status."""
    by_status: dict[int, list[E]] = {}
    for code in codes(path, method, operation):
        by_status.setdefault(code.http_status, []).append(code)
    return {
        str(status): {"$ref": f"#/components/responses/{found[0]}"} if len(found) == 1 else _response(found)
        for status, found in by_status.items()
    }


def components() -> Described:
    """The responses that report one error, by its code."""
    return {str(code): _response([code]) for code in E}


def any_other() -> Described:
    """The response of an operation for all other errors."""
    content = {"schema": {"$ref": _PROBLEM}, "example": _example(E.ERROR)}
    return {"description": "Another error (RFC 9457).", "content": {MEDIA_TYPE: content}}


def _response(found: list[E]) -> Described:
    schema = {"$ref": _PROBLEM, "properties": {"code": {"enum": [str(code) for code in found]}}}
    content = {"schema": schema, "example": _example(found[0])}
    return {"description": " or ".join(f"`{code}`" for code in found), "content": {MEDIA_TYPE: content}}


def _example(code: E) -> Described:
    told = problem(IntercomError(code, f"{code.replace('-', ' ').capitalize()}."))
    return asdict(models.Problem(**{**told, "instance": "/v1/…", "cause": "", "resolution": ""}))


def _codes(path: str, method: str, operation: Described) -> Iterator[E]:
    yield from _ALWAYS
    if scopes.guarded(path):
        yield from _GUARDED
    given = operation.get("parameters", ())
    if given or "requestBody" in operation:
        yield E.PARAMETER_INVALID
    if method != "get":
        yield from (E.BODY_TOO_LONG, E.PARAMETER_INVALID, E.PRECONDITION_FAILED)  # two of Order-Expires
    if method == "post":
        yield E.CONFLICT  # of the Idempotency-Key
    yield from (_OF_PLACE[each["name"]] for each in given if each["in"] == "path" and each["name"] in _OF_PLACE)
    yield from OF_OPERATION.get(operation["operationId"], ())
