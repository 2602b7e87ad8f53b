"""The OpenAPI description (3.1), written from the routes and the records of their bodies and answers."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

import appliance
from appliance.api import models
from appliance.api.http import idempotency, scopes
from appliance.api.openapi import event_schemas, examples, named_errors
from appliance.api.routing.endpoints import JSON, Endpoint, Parameter
from appliance.orders.table import SUBJECTS

Described = dict[str, Any]

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
    "rules": "What the station does by itself.",
    "tokens": "Tokens of programs and pages, with scopes.",
    "session": "Sessions of browsers.",
    "push": "Notifications of rings by Web Push, for browsers with no page open.",
    "audio": "Sound cards, levels, sounds, texts, and a test of the sound.",
    "recordings": "Recordings that run, and finished ones.",
    "log": "Past calls, and openings and refusals of doors.",
    "operations": "Orders whose outcome comes later.",
    "configuration": "Settings that are in force, and those that clients may change.",
    "doctor": "Faults and their remedies.",
    "health": "For supervisors and Prometheus.",
}

OF_PATH = {subject.part: subject.about for subject in SUBJECTS if subject.part} | {
    "target": "Who is to hear the call: the id of another call, `speaker`, or the conference's id.",
}
_VALUES = frozenset({"default", "examples", "enum"})
REF = "#/components/schemas/{name}"
_REFERENCE = re.compile(r"#/components/schemas/(\w+)")
SERVER = {
    "url": "{scheme}://{address}:{port}",
    "description": "The station: http.address and http.port; https unless the address is loopback.",
    "variables": {
        "scheme": {"default": "http", "enum": ["http", "https"]},
        "address": {"default": "127.0.0.1"},
        "port": {"default": "8080"},
    },
}
SECURITY = {
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
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A request with the same key and body within 24 hours is carried out once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST_KEY},
}

ORDER_EXPIRES = {
    "name": "Order-Expires",
    "in": "header",
    "required": False,
    "description": "A request that comes later than this time of the station's clock is refused, and nothing is done: "
    "a network that was away may bring a request long after its client has given it up.",
    "schema": {"type": "string", "format": "date-time"},
}


def description(routes: Sequence[Endpoint]) -> Described:
    """Describe the interface that has these routes."""
    shapes = _Shapes(routes)
    paths: Described = {}
    for route in sorted(routes, key=lambda each: [*TAGS].index(each.described["tags"][0])):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes)
    schemas = shapes.components
    _type_events(schemas)
    described = {
        "openapi": "3.1.0",
        "info": {
            "title": "intercomd",
            "summary": "Calls, panel, door and recordings of one door phone station.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
            "version": appliance.__version__,
        },
        "servers": [SERVER],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": SECURITY,
            "responses": named_errors.components(),
        },
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
    }
    examples.add(described)
    return described


class _Shapes:
    """The JSON Schemas (2020-12) of all bodies, answers and parameters."""

    def __init__(self, routes: Sequence[Endpoint]) -> None:
        found: dict[Any, None] = {models.Problem: None}
        bodies = [route.body.shape for route in routes if route.body]
        for route in routes:
            found |= dict.fromkeys(each.shape for each in route.parameters)
            found |= dict.fromkeys([route.body.shape] if route.body else ())
            for response in route.described["responses"].values():
                contents = response.get("content", {}).values()
                found |= dict.fromkeys(each["schema"] for each in contents if isinstance(each.get("schema"), type))
        shapes = list(found)
        schemas, components = msgspec.json.schema_components(shapes, ref_template=REF)
        in_order = dict(_literals(shapes, set()))
        self.components: Described = {name: _tidied(schema, in_order) for name, schema in components.items()}
        sent = _named([each for shape, each in zip(shapes, schemas, strict=True) if shape in bodies], self.components)
        for name in self.components.keys() - sent:
            _describe_answer(self.components[name])
        self._schemas = [(shape, _tidied(schema, in_order)) for shape, schema in zip(shapes, schemas, strict=True)]

    def of(self, shape: Any) -> Described:
        """The schema of a shape, or a reference to it."""
        return next(schema for known, schema in self._schemas if known is shape or known == shape)


def _named(schemas: Any, components: Described) -> set[str]:
    """The names of the schemas to which these refer, and to which those refer."""
    found: set[str] = set()
    new = set(_REFERENCE.findall(str(schemas)))
    while new:
        found |= new
        new = set(_REFERENCE.findall(str([components[name] for name in new]))) - found
    return found


def _describe_answer(schema: Described) -> None:
    """A later version may add fields to an answer. Every field is there but for those that have no default."""
    schema.pop("additionalProperties", None)
    fields = schema.get("properties", {})
    for name, field in fields.items():
        if "default" in field:
            del field["default"]
            schema["required"] = [each for each in fields if each in {*schema.get("required", ()), name}]


def _literals(shapes: Iterable[Any], known: set[Any]) -> Iterator[tuple[frozenset[Any], list[Any]]]:
    """The values of each `Literal` in these types and their fields, as the code orders them; msgspec sorts them."""
    for shape in shapes:
        if get_origin(shape) is Literal:
            yield frozenset(get_args(shape)), list(get_args(shape))
        elif get_args(shape):
            yield from _literals(get_args(shape), known)
        elif isinstance(shape, type) and issubclass(shape, msgspec.Struct) and shape not in known:
            known.add(shape)
            yield from _literals(get_type_hints(shape, include_extras=True).values(), known)


def _tidied(schema: Any, in_order: dict[frozenset[Any], list[Any]]) -> Any:
    """A schema as people read it: texts without their indents, values in their order, and null as the last choice."""
    if isinstance(schema, list):
        return [_tidied(each, in_order) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: each if name in _VALUES else _tidied(each, in_order) for name, each in schema.items()}
    if made.get("default", ...) is None:
        del made["default"]
    if made.get("required") == []:
        del made["required"]
    if isinstance(made.get("description"), str):
        made["description"] = inspect.cleandoc(made["description"])
    if isinstance(made.get("pattern"), str):
        made["pattern"] = made["pattern"].replace(r"\Z", "$")  # not in the regular expressions of ECMAScript
    if "enum" in made:
        values = event_schemas.IN_ORDER.get(made.get("title", "")) or in_order.get(
            frozenset(made["enum"]), made["enum"]
        )
        made |= {"type": "string", "enum": values}
    if "anyOf" in made:
        made["anyOf"].sort(key=event_schemas.NULL.__eq__)
        first, *others = made["anyOf"]
        if others == [event_schemas.NULL]:  # it says what the field is
            made = {name: first.pop(name) for name in ("description", "examples") if name in first} | made
    return made


def _operation(route: Endpoint, shapes: _Shapes) -> Described:
    path, method = route.path, route.method.lower()
    parameters = [_parameter(each, shapes.of(each.shape)) for each in route.parameters]
    operation: Described = {
        "tags": route.described["tags"],
        "summary": route.name.replace("_", " ").title(),
        "description": route.description,
        "operationId": route.name,
    }
    if scopes.guarded(path):
        needed = [str(scope) for scope in scopes.needed(route.method, path)]
        operation["security"] = [{"token": needed}, {"session": needed}]
    if method != "get":
        parameters = [*parameters, *([dict(IDEMPOTENCY_KEY)] if method == "post" else ()), dict(ORDER_EXPIRES)]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        schema = shapes.of(route.body.shape)
        content = {"schema": schema if route.body.needed else {"anyOf": [schema, event_schemas.NULL]}}
        operation["requestBody"] = {"content": {JSON: content}, **({"required": True} if route.body.needed else {})}
    operation["responses"] = {
        **{str(status): _response(each, shapes) for status, each in route.described["responses"].items()},
        **named_errors.responses(path, method, operation),
        "default": named_errors.any_other(),
    }
    return operation


def _parameter(parameter: Parameter, schema: Described) -> Described:
    (plain, *_) = schema.get("anyOf", [schema])
    shown = {name: each for name, each in {**schema, **plain}.items() if name not in {"anyOf", "default", "examples"}}
    about = shown.pop("description", OF_PATH.get(parameter.name, ""))
    if not parameter.needed and parameter.default is not None:
        shown["default"] = parameter.default
    given = schema.get("examples", plain.get("examples"))
    return {
        "name": parameter.name,
        "in": parameter.kind,
        "required": parameter.needed,
        "description": about,
        "schema": shown,
        **({"example": given[0]} if given else {}),
    }


def _response(response: Described, shapes: _Shapes) -> Described:
    """A response, which the first sentence of its schema's description describes, unless it says so itself."""
    content = {
        kind: {**each, "schema": shapes.of(each["schema"])} if isinstance(each.get("schema"), type) else dict(each)
        for kind, each in response.get("content", {}).items()
    }
    about = response["description"]
    if not about:
        name = content[JSON]["schema"]["$ref"].rpartition("/")[2]
        about = shapes.components[name]["description"].split("\n\n")[0].replace("\n", " ")
    return {**response, "description": about, **({"content": content} if content else {})}


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
