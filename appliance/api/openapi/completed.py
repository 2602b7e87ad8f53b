"""Completes the OpenAPI description that FastAPI makes: tags, security, errors, types of events, examples."""

from typing import Any

import msgspec

from appliance.api.http import idempotency, response_schemas, scopes
from appliance.api.openapi import event_schemas, examples, named_errors

TAGS = {
    "index": "Which requests there are.",
    "state": "The whole state of the station, and whether it is in order.",
    "accounts": "Registrations at servers.",
    "contacts": "The directory of flats, and the targets that can be called.",
    "calls": "Calls, and what can be done with them.",
    "conferences": "Several calls that hear each other.",
    "messages": "SIP MESSAGE outside of calls.",
    "events": "What happens, live and from the journal.",
    "panel": "Buttons, lamps, keypads, readers and sensors.",
    "doors": "Doors: open, hold open, lock down.",
    "codes": "Codes and cards that open doors.",
    "tokens": "Tokens of programs and pages, with scopes.",
    "session": "Sessions of browsers.",
    "audio": "Sound cards, levels, sounds, texts, and a test of the sound.",
    "recordings": "Recordings that run, and finished ones.",
    "log": "Past calls, and openings and refusals of doors.",
    "operations": "Orders whose outcome comes later.",
    "configuration": "Settings that are in force, and those that clients may change.",
    "doctor": "Faults and their remedies.",
    "health": "For supervisors and Prometheus.",
}


def completed(openapi: dict[str, Any]) -> dict[str, Any]:
    """Complete the description in place, and return it."""
    components = openapi["components"]
    components["schemas"] = dict(sorted((components["schemas"] | response_schemas.schemas()).items()))
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "Needed over TCP; on the Unix socket the mode of the file decides.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "intercom-8080",
            "description": "For browsers, instead of a token: POST /v1/session sets it. Its name has the port, and by "
            "HTTPS the prefix __Host-. Requests with it count only from pages of the station (Origin, Sec-Fetch-Site).",
        },
    }
    components["responses"] = named_errors.components()
    _type_events(components["schemas"])
    openapi["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            if scopes.guarded(path):
                operation["security"] = [{"token": []}, {"session": []}]
            if method == "post":
                operation.setdefault("parameters", []).append(
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": False,
                        "description": "A request with the same key and body within 24 hours is carried out once.",
                        "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY},
                    }
                )
            named = named_errors.responses(path, method, operation)
            operation["responses"] = {
                **{status: each for status, each in operation["responses"].items() if status != "default"},
                **named,
                "default": named_errors.any_other(),
            }
    examples.add(openapi)
    return openapi


def _type_events(schemas: dict[str, Any]) -> None:
    """Add a schema for the `data` of each type of event."""
    shapes = []
    for kind, schema in event_schemas.schemas().items():
        name = f"data.{kind}"
        place = f"#/components/schemas/{name}"
        schemas[name] = msgspec.json.decode(
            msgspec.json.encode(schema).replace(b"#/$defs/", f"{place}/$defs/".encode())
        )
        shapes.append({"properties": {"type": {"const": kind}, "data": {"$ref": place}}})
    for name in ("Envelope", "StoredEvent"):
        schemas[name] = {**schemas[name], "oneOf": shapes}
