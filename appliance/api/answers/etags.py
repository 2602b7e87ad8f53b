"""Entity tags: a tag changes with the resource, so a client changes only the version that it read (RFC 9110 §13.1)."""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.api.routing.endpoints import InHeader
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json

IfMatch = (
    Annotated[
        str,
        Meta(max_length=2048, description="Change the settings only if this is still their ETag; else 412."),
        InHeader("If-Match"),
    ]
    | None
)
IfNoneMatch = (
    Annotated[
        str,
        Meta(max_length=2048, description="If this is the ETag now, the answer is 304 without a body."),
        InHeader("If-None-Match"),
    ]
    | None
)


def tag(body: Json) -> str:
    """The ETag of an answer: it changes with the body."""
    return f'"{hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:32]}"'


def check(given: str | None, now: str) -> None:
    """Raise `precondition-failed` if the client gave If-Match and no tag in it is `now`, the current one."""
    if given is not None and given.strip() != "*" and now not in _listed(given):
        raise IntercomError(
            ErrorCode.PRECONDITION_FAILED,
            "The settings have changed since you read them.",
            "If-Match has another ETag than GET /v1/config gives now.",
            "Read them again, and then decide.",
        )


def same(given: str | None, now: str) -> bool:
    """Whether If-None-Match contains `now`, the current tag. A weak tag counts as the strong one (§13.1.2)."""
    return given is not None and (given.strip() == "*" or now in [each.removeprefix("W/") for each in _listed(given)])


def _listed(given: str) -> list[str]:
    return [each.strip() for each in given.split(",")]
