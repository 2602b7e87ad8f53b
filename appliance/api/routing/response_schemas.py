"""The answers of routes, for the OpenAPI description alone: answers are sent unchecked."""

from typing import Any

from appliance.base.record import Record

Answers = dict[int, dict[str, Any]]
BY_SHAPE = ""  # the description of an answer that its shape describes


def answers(shape: type[Record], status: int = 200, **more: Any) -> Answers:
    """Describe an answer of `shape` as JSON. more: further properties of the response."""
    content = {"application/json": {"schema": shape}} | more.pop("content", {})
    return {status: {"description": BY_SHAPE, "content": content, **more}}


def later(shape: type[Record]) -> Answers:
    """Describe the answer to an order whose outcome comes later: 202 if it was accepted, 200 if it has succeeded."""
    location = {"Location": {"description": "Where its operation can be read.", "schema": {"type": "string"}}}
    return answers(shape, 202, headers=location) | answers(shape, 200, headers=location)
