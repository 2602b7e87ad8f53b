"""The schemas of answers, for the OpenAPI description alone.

FastAPI's `response_model` would build a validator for the answers of each route on each listener, though answers are
sent unchecked; with Debian 13's pydantic that took 150 MB. Here a route names its schema by reference.
"""

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from appliance.api import models

if TYPE_CHECKING:
    from pydantic import BaseModel

REF = "#/components/schemas/{model}"
_named: dict[str, type[models.AnswerBody]] = {}


def answers(shape: type[models.AnswerBody], status: int = 200, **more: Any) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that answers `shape` as JSON. more: further properties of the response."""
    _named[shape.__name__] = shape
    content = {"application/json": {"schema": {"$ref": REF.format(model=shape.__name__)}}} | more.pop("content", {})
    return {status: {"description": "Successful Response", "content": content, **more}}


def later(shape: type[models.AnswerBody]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route whose outcome comes later: 202 if it was accepted, 200 if it has succeeded."""
    location = {"Location": {"description": "Where its operation can be read.", "schema": {"type": "string"}}}
    return answers(shape, 202, headers=location) | answers(shape, 200, headers=location)


def schemas() -> dict[str, Any]:
    """The JSON Schemas (2020-12) of all answers, and of their parts, by name."""
    shapes: list[type[BaseModel]] = [models.Problem, *_named.values()]
    _, made = models_json_schema([(shape, "serialization") for shape in shapes], ref_template=REF)
    return dict(made["$defs"])
