"""Whether an event is what its schema says: the part of JSON Schema that our own schemas use."""

import re
from functools import cache
from typing import Any

from appliance.api.openapi.event_schemas import schemas

TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
    "object": dict,
    "array": list,
}

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def held(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope, which has what each has: id, type, time, uptime and boot."""
    assert isinstance(envelope["id"], int), envelope
    assert envelope["type"] in _schemas(), envelope
    assert TIME.fullmatch(envelope["time"]), envelope
    assert isinstance(envelope["uptime"], int | float), envelope
    assert envelope["boot"], envelope
    return envelope


def check(envelope: dict[str, Any]) -> None:
    """Raises AssertionError, or KeyError for what the schemas do not know."""
    schema = _schemas()[envelope["type"]]
    assert not schema["x-call"] or isinstance(envelope["call"], str), f"{envelope} names no call"
    fits(envelope["data"], schema, schema.get("$defs", {}), envelope["type"])


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    return schemas()


def fits(value: Any, schema: dict[str, Any], definitions: dict[str, Any], place: str) -> None:
    """Hold a value against a schema."""
    if "$ref" in schema:
        fits(value, definitions[schema["$ref"].rpartition("/")[2]], definitions, place)
        return
    if "anyOf" in schema:
        assert any(_fits(value, part, definitions, place) for part in schema["anyOf"]), f"{place}: {value!r}"
        return
    assert value in schema.get("enum", [value]), f"{place}: {value!r} is none of {schema['enum']}"
    kind = schema.get("type")
    if kind is None:
        assert "enum" in schema, place
        return
    assert isinstance(value, TYPES[kind]), f"{place}: {value!r} is no {kind}"
    assert kind in {"boolean", "array", "object"} or not isinstance(value, bool), f"{place}: {value!r} is no {kind}"
    if kind == "array" and "items" in schema:
        for item in value:
            fits(item, schema["items"], definitions, place)
    if kind == "object" and "properties" in schema:
        assert value.keys() >= set(schema.get("required", ())), f"{place}: {value} lacks something"
        assert value.keys() <= schema["properties"].keys(), f"{place}: {value} has something else"
        for name, part in value.items():
            fits(part, schema["properties"][name], definitions, f"{place}.{name}")


def _fits(value: Any, schema: dict[str, Any], definitions: dict[str, Any], place: str) -> bool:
    try:
        fits(value, schema, definitions, place)
    except AssertionError:
        return False
    return True
