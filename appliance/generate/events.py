"""The reference of events, from the schemas of their payloads."""

from itertools import groupby
from typing import Any

from appliance.api.openapi.event_schemas import schemas

_HEAD = """<!-- Made by python -m appliance.generate from appliance/core/events/. Change that, not this. -->
# Events

Every event is the same object on every channel: `id` (never used twice, consecutive within one `boot`), `type`, `time`
(UTC), `uptime` (seconds of the monotonic clock), `boot`, `call` (in events of a call, marked *call* below) and `data`,
which is described here. Where `call` names a call, `about` has its `direction`, `from`, `to`, `codec` and more; events
of a conference have `conference` with its `participants` and `invitations`: see [the contract](contract.md#events).
`intercomd --print-events` prints the JSON Schemas of all payloads. Where `data` has the id of a door, button, lamp,
account or target, its name is beside it if the configuration gives it one.

In systemd's journal an event is a record with the fields `INTERCOMD_EVENT` (its type), `INTERCOMD_CALL` (its call) and
`MESSAGE_ID`, one for each type; see [Run it as a service](../how-to/run-as-a-service.md).
"""


def reference() -> str:
    """docs/reference/events.md."""
    parts = [_HEAD]
    for group, members in groupby(schemas().items(), key=lambda item: item[0].partition(".")[0]):
        parts.append(f"## {group}\n")
        parts += [_event(kind, schema) for kind, schema in members]
    return "\n".join(parts)


def _event(kind: str, schema: dict[str, Any]) -> str:
    call = " *call*" if schema["x-call"] else ""
    definitions = schema.get("$defs", {})
    rows = "".join(
        f"- `{name}`: {_type(field, definitions)}{'' if name in schema['required'] else ', if there is one'}\n"
        for name, field in schema["properties"].items()
    )
    return f"### `{kind}`{call}\n{schema['description']}\n" + (f"\n{rows}" if rows else "")


def _type(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return (
            "one of [the codes of errors](errors.md)" if name == "ErrorCode" else _type(definitions[name], definitions)
        )
    if "anyOf" in schema:
        return " or ".join(_type(part, definitions) for part in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" if value else "empty" for value in schema["enum"])
    if "properties" in schema:
        inner = ", ".join(f"`{name}` ({_type(field, definitions)})" for name, field in schema["properties"].items())
        return f"object of {inner}"
    if "items" in schema:
        return f"array of {_type(schema['items'], definitions)}"
    return str(schema["type"])
