"""An example of each body, answer and parameter, for the OpenAPI description.

A field's own example comes first, then the value for its name in the table here, then its choices or its default.
"""

from typing import Any

Described = dict[str, Any]

JSON = "application/json"
TIME = "2026-11-20T06:07:08.123456Z"
CALL, RECORDING = "c-01kcdx5w9fq4e7r1s3t5v7w9x0", "r-01kcdx6b2mzn8q0r4t6v8w0y2a"
MESSAGE_SENT = {"message": "m-01kcdx9p5r7t9v1x3z5b7d9f1h", "to": "sip:kitchen@192.0.2.9"}
OFFER = "v=0\r\no=- 46117314 2 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 51234 UDP/TLS/RTP/SAVPF 111\r\n…"
ANSWER = (
    "v=0\r\no=- 39865436 39865437 IN IP4 192.0.2.7\r\ns=intercomd\r\nt=0 0\r\nm=audio 14002 UDP/TLS/RTP/SAVPF 111\r\n…"
)
# For fields without an example in their schema: by name, or by schema and name.
_OF_FIELD: dict[str, Any] = {
    "account": "office",
    "address": "192.0.2.7:5060",
    "addresses": "192.0.2.7",
    "advice": "Set the speaker to 60 per cent.",
    "always": "",
    "authorization": "Bearer y3K…",
    "begin": "22:00",
    "board": "Raspberry Pi 4 Model B Rev 1.4",
    "body": "Hello",
    "boot": "6f1c0d2e4b5a49d0a1f2c3d4e5f60718",
    "busy": "",
    "button": "kitchen",
    "buttons": "kitchen",
    "by": "http:token",
    "bytes": 1_234_044,
    "call": CALL,
    "card": "04A2B3C4",
    "cause": "Line GPIO17 of gpiochip0 is used by another program.",
    "check": "lines",
    "clock_rate_hz": 48000,
    "code": "a-01kcdx7m3p5r7t9v1x3z5b7d9f",
    "color": "#ff8000",
    "conference": "k-01kcdx8n4q6s8u0w2y4a6c8e0g",
    "content_type": "text/plain",
    "copy_error": "",
    "cursor": "1842",
    "custom_data": "order 17",
    "data": [-12, 14, -80, 92],
    "detail": "There is no call c-1.",
    "device": "front",
    "display_name": "Kitchen",
    "door": "front",
    "doors": "front",
    "duration_s": 12.3,
    "element": "Speaker",
    "end": "06:30",
    "explanation": "",
    "failures": 0,
    "flat": "12",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "host": "192.0.2.9",
    "id": "front",
    "instance": "/v1/calls/c-1",
    "language": "en",
    "kernel": "6.12.47+rpt-rpi-v8",
    "lamp": "status",
    "local_uri": "sip:front@192.0.2.7",
    "max_s": 10.0,
    "message": "m-01kcdx9p5r7t9v1x3z5b7d9f1h",
    "name": "kitchen",
    "nameservers": "192.0.2.1",
    "next": "1792",
    "no_answer": "office",
    "no_answer_s": 20.0,
    "note": "Parcel",
    "number": "kitchen",
    "openapi": "/openapi.json",
    "operation": "o-01kcdxaq6s8u0w2y4a6c8e0g2j",
    "owner": "Parcel service",
    "part": "audio",
    "party": "kitchen",
    "percent": 70.0,
    "playback": "p-01kcdxbr7t9v1x3z5b7d9f1h3k",
    "problem": "",
    "profile": "usb",
    "pulse_s": 3.0,
    "python": "3.13.5",
    "quiet": "",
    "rule": "evening",
    "reason": "Busy Here",
    "recording": RECORDING,
    "registrar": "pbx.example",
    "remote": "kitchen",
    "resolution": "Stop the other program, or choose another line.",
    "result": {"result": "works"},
    "ring": "g-01kcdxcs8u0w2y4a6c8e0g2j4m",
    "rung": "kitchen",
    "sensor": "leaf",
    "server": "pbx.example:5060",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "since": 1842,
    "station": "Front door",
    "status": "ready",
    "summary": "Kitchen, connected",
    "target": "speaker",
    "targets": "kitchen",
    "text": "There is a parcel for you",
    "title": "Call not found",
    "to": "kitchen",
    "token": "y3Kp…",
    "type": "urn:intercomd:error:call-not-found",
    "uptime": 931.204118,
    "uri": "sip:kitchen@192.0.2.9",
    "url": f"/v1/recordings/{RECORDING}/audio",
    "user": "kitchen",
    "uses": 1,
    "version": "0.1.0",
    "volume": 70,
    "wait": 30,
    "warning": None,
    "why": "The card is not there.",
    "Call.id": CALL,
    "Device.playback": ["plughw:CARD=usbphone,DEV=0"],
    "CallDone.id": CALL,
    "CallDoneLater.id": CALL,
    "Envelope.data": MESSAGE_SENT,
    "Finding.message": "The line of the bell cannot be used.",
    "LoggedCall.id": CALL,
    "Operation.id": "o-01kcdxaq6s8u0w2y4a6c8e0g2j",
    "Place.id": "porch-7",
    "Problem.status": 404,
    "Problem.cause": "It has ended or never existed.",
    "Problem.resolution": "",
    "Recording.id": RECORDING,
    "BrowserOffer.offer": OFFER,
    "Conference.id": "k-01kcdx8n4q6s8u0w2y4a6c8e0g",
    "path.token": "t-01a2b3c4",
    "path.subscription": "s-01a2b3c4",
    "PushSubscription.id": "s-01a2b3c4",
    "StoredEvent.data": MESSAGE_SENT,
    "configuration": {"sip": {"port": 5060}},
    "headers": {"X-Floor": "2"},
    "after": TIME,
    "before": TIME,
    "Idempotency-Key": "5f0c7a9e-8d3b-4a21-9c64-0b1e2d3f4a5b",
    "Order-Expires": TIME,
    "If-Match": '"9f86d081884c7d659a2feaa0c55ad015"',
    "If-None-Match": '"9f86d081884c7d659a2feaa0c55ad015"',
    "Last-Event-ID": 1842,
}

# For bodies in which something must be given, though no single field must.
_OF_BODY: dict[str, Described] = {
    "AnswerWith": {"custom_data": "order 17"},
    "Change": {"muted": True},
    "CodeChange": {"uses": 5},
    "ConferenceChange": {"held": True},
    "Join": {"to": "kitchen"},
    "NewCode": {"owner": "Parcel service", "doors": ["front"], "digits": "604913"},
    "PlayInCall": {"sound": "chime"},
    "PlaySound": {"sound": "chime"},
    "RuntimeChange": {"do_not_disturb": True},
    "TestSound": {"seconds": 2.0},
    "Transfer": {"to": "kitchen"},
}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}


def add(described: Described) -> None:
    """Add an example to every body, answer and parameter that has none."""
    schemas = described["components"]["schemas"]
    for methods in described["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if "example" not in parameter and "examples" not in parameter:
                    parameter["example"] = example(parameter["schema"], schemas, parameter["name"], parameter["in"])
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (each["content"] for each in contents if "content" in each):
                if "schema" in content.get(JSON, {}):
                    content[JSON]["example"] = example(content[JSON]["schema"], schemas)


def example(schema: Described, schemas: Described, name: str = "", owner: str = "") -> Any:
    """A value that the schema allows; owner: the name of the schema of which `name` is a field."""
    for known in (f"{owner}.{name}", name):
        if "examples" not in schema and _is_of(_OF_FIELD.get(known, ...), schema):
            return _OF_FIELD[known]
    match schema:
        case {"examples": [first, *_]}:
            return first
        case {"$ref": str(reference)}:
            owner = reference.rpartition("/")[2]
            if owner in _OF_BODY:
                return _OF_BODY[owner]
            return example(schemas[owner], schemas, name, owner)
        case {"anyOf": [*choices]}:
            return example(next(each for each in choices if each.get("type") != "null"), schemas, name, owner)
        case {"properties": properties}:
            wanted = {field: each for field, each in properties.items() if _wanted(schema, field, each, owner)}
            return {field: example(each, schemas, field, owner) for field, each in wanted.items()}
        case {"type": "array", "items": items}:
            return [example(items, schemas, name, owner)]
        case _:
            return _plain(schema)


def _plain(schema: Described) -> Any:
    """A value of a schema without parts; None if the schema does not limit it."""
    match schema:
        case {"const": first} | {"enum": [first, *_]}:
            return first
        case {"default": given} if given is not None:
            return given
        case {"type": "object"}:
            return {}
        case {"type": "boolean"}:
            return False
        case {"type": "integer" | "number" as kind}:
            return max(1 if kind == "integer" else 1.5, schema.get("minimum", 0))
        case _:
            return None


def _is_of(value: Any, schema: Described) -> bool:
    """Whether a value has the type that the schema names; false for a choice or a reference."""
    if any(_is_of(value, each) for each in schema.get("anyOf", ())):
        return True
    if schema.keys() & {"enum", "const"}:
        return False
    return isinstance(value, _TYPES.get(schema.get("type", ""), ()))


def _wanted(schema: Described, field: str, described: Described, owner: str) -> bool:
    """Whether an object's example has a field: the field is required or has an example."""
    return field in schema.get("required", ()) or "examples" in described or f"{owner}.{field}" in _OF_FIELD
