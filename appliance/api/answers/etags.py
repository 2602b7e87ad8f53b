"""Entity tags: whether what a client has read is still so (RFC 9110 §8.8.3, §13.1)."""

import hashlib
from typing import Annotated

import msgspec
from fastapi import Header

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=2048, description="Act only if this is the ETag that GET gives now; else 412."),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match", max_length=2048, description="If this is the ETag now, the answer is 304 without a body."
    ),
]


def tag(body: Json) -> str:
    """The ETag of an answer."""
    return f'"{hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:32]}"'


def check(given: str | None, now: str) -> None:
    """Raise `precondition-failed` unless If-Match, if given, names the tag of now."""
    if given is not None and given.strip() != "*" and now not in _listed(given):
        raise IntercomError(
            ErrorCode.PRECONDITION_FAILED,
            "The configuration is not the one that you have read.",
            "It was changed since then, or If-Match has another ETag than that of GET /v1/config.",
            "Read it again, and decide again.",
        )


def same(given: str | None, now: str) -> bool:
    """Whether If-None-Match names the tag of now; a weak tag counts here."""
    return given is not None and (given.strip() == "*" or now in [each.removeprefix("W/") for each in _listed(given)])


def _listed(given: str) -> list[str]:
    return [each.strip() for each in given.split(",")]
