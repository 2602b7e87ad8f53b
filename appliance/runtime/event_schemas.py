"""JSON Schemas of the events' payloads, as `intercomd --print-events` prints them, generated from the dataclasses."""

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from appliance.core.events import EVENTS, CallEvent, Event


def schemas() -> dict[str, dict[str, Any]]:
    """Event type → JSON Schema (2020-12) of its `data`; `x-call`: whether the envelope names a call."""
    return {kind: _schema(event) for kind, event in EVENTS.items()}


def _schema(event: type[Event]) -> dict[str, Any]:
    made = TypeAdapter(event).json_schema(mode="serialization")
    names = [field.name for field in fields(event) if field.name != "call"]
    return {
        "title": event.TYPE,
        "description": " ".join((event.__doc__ or "").split()),
        "type": "object",
        "properties": {name.rstrip("_"): made["properties"][name] for name in names},
        "required": [name.rstrip("_") for name in names],
        "additionalProperties": False,
        "x-call": issubclass(event, CallEvent),
        **({"$defs": made["$defs"]} if "$defs" in made else {}),
    }
