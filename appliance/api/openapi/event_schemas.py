"""JSON Schemas of the payloads of events, as `intercomd --print-events` prints them, generated from their records."""

import inspect
from enum import Enum
from typing import Any

from msgspec import json

from appliance.base import errors
from appliance.core import model
from appliance.core.events import EVENTS, CallEvent, Event
from appliance.core.events.names import named

IN_ORDER = {  # the order in which the code names an enumeration's values means something; msgspec sorts them
    name: [member.value for member in kind]
    for module in (errors, model)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Enum)
}
NULL = {"type": "null"}


def schemas() -> dict[str, dict[str, Any]]:
    """Event type → JSON Schema (2020-12) of its `data`; `x-call`: whether the envelope names a call."""
    return {kind: _schema(event) for kind, event in EVENTS.items()}


def _schema(event: type[Event]) -> dict[str, Any]:
    _, definitions = json.schema_components([event], ref_template="#/$defs/{name}")
    properties = definitions.pop(event.__name__)["properties"]
    for name, definition in definitions.items():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])  # msgspec 0.23 does it itself
        if "enum" in definition:
            definition |= {"type": "string", "enum": IN_ORDER[name]}
    for inner in properties, *(definition.get("properties", {}) for definition in definitions.values()):
        for schema in inner.values():
            schema.get("anyOf", []).sort(key=NULL.__eq__)  # last: msgspec 0.19 has it first
    fields = [name for name in event.__struct_fields__ if name != "call"]
    return {
        "title": event.TYPE,
        "description": " ".join((event.__doc__ or "").split()),
        "type": "object",
        "properties": {name.rstrip("_"): properties[name] for name in fields} | _names(event),
        "required": [name.rstrip("_") for name in fields],
        "additionalProperties": False,
        "x-call": issubclass(event, CallEvent),
        **({"$defs": definitions} if definitions else {}),
    }


def _names(event: type[Event]) -> dict[str, Any]:
    """The names for people, which are there only if the configuration gives them."""
    one = {"type": "string"}
    return {
        each.key: {"type": "array", "items": one, "description": f"Names of {each.field}, or ids where there is none."}
        if each.several
        else {**one, "description": f"Name of {each.field}."}
        for each in named(event)
    }
