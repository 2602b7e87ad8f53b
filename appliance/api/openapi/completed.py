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

OF_PATH = {
    "account": "The name of the account in the configuration.",
    "button": "The name of the button in the configuration.",
    "call": "The call's id.",
    "code": "The id of the code or card, which is not its digits.",
    "conference": "The conference's id.",
    "door": "The name of the door in the configuration.",
    "flat": "The number of the flat in the directory.",
    "lamp": "The name of the lamp in the configuration.",
    "operation": "The id that the answer to the order gives.",
    "recording": "The recording's id.",
    "sensor": "The name of the sensor in the configuration.",
    "target": "Who is to hear the call: the id of another call, `speaker`, or the conference's id.",
    "token": "The token's id, which is not the secret.",
}
MADE_BY_FASTAPI = "Successful Response"


def completed(openapi: dict[str, Any]) -> dict[str, Any]:
    """Complete the description in place, and return it."""
    components = openapi["components"]
    components["schemas"] = dict(sorted((components["schemas"] | response_schemas.schemas()).items()))
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "Needed over TCP; on the Unix socket the mode of the file decides. Each operation names the "
            "scopes that the token needs, all of them: `view`, `call` or `door`. A token for `admin` has all scopes.",
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
                needed = [str(scope) for scope in scopes.needed(method.upper(), path)]
                operation["security"] = [{"token": needed}, {"session": needed}]
            _describe(operation, components["schemas"])
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


def _describe(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Describe the parts of the path, and the answer in the first sentence of its schema's description."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter.setdefault("description", OF_PATH[parameter["name"]])
    for response in operation["responses"].values():
        if response["description"] == MADE_BY_FASTAPI:
            reference = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            response["description"] = schemas[reference]["description"].split("\n\n")[0].replace("\n", " ")


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
