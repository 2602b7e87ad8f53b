import functools
import json
import re

import msgspec
import pytest

from appliance.api import app, models
from appliance.api.http import problems, scopes
from appliance.config.schema.http import HttpTable


@functools.cache
def description():
    """The description, made once: it takes a sixth of a second, and 500 tests read it."""
    return app.openapi()


def operations():
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


CONTRACT = {
    "GET /v1/state",
    "GET /v1/events",
    "GET /v1/calls",
    "POST /v1/calls",
    "GET /v1/calls/{call}",
    "PATCH /v1/calls/{call}",
    "DELETE /v1/calls/{call}",
    "DELETE /v1/calls/{call}/tone",
    "DELETE /v1/calls/{call}/playback",
    *(f"{method} /v1/calls/{{call}}/recording" for method in ("POST", "DELETE")),
    "POST /v1/calls/{call}/say",
    *(
        f"POST /v1/calls/{{call}}/{act}"
        for act in (
            "answer",
            "ring",
            "tone",
            "playback",
            "early-media",
            "update",
            "update-request/accept",
            "update-request/refuse",
            "reject",
            "hangup",
            "hold",
            "resume",
            "dtmf",
            "message",
            "info",
            "transfer",
        )
    ),
    *(f"{method} /v1/conferences" for method in ("GET", "POST")),
    *(f"{method} /v1/conferences/{{conference}}" for method in ("GET", "PATCH", "DELETE")),
    *(f"{method} /v1/conferences/{{conference}}/recording" for method in ("POST", "DELETE")),
    *(f"{method} /v1/conferences/{{conference}}/participants" for method in ("GET", "POST", "PATCH", "DELETE")),
    *(f"POST /v1/calls/{{call}}/transfer-request/{act}" for act in ("accept", "refuse", "succeed", "fail")),
    "POST /v1/messages",
    "GET /v1/recordings",
    "GET /v1/recordings/live",
    *(f"{method} /v1/recordings/live/{{recording}}" for method in ("GET", "DELETE")),
    *(f"POST /v1/recordings/live/{{recording}}/{act}" for act in ("pause", "resume", "mute", "unmute", "stop")),
    "DELETE /v1/recordings/{recording}",
    "GET /v1/recordings/{recording}",
    "PATCH /v1/recordings/{recording}",
    "GET /v1/recordings/{recording}/audio",
    "GET /v1/recordings/{recording}/peaks",
    "POST /v1/events",
    "GET /v1/log/calls",
    "GET /v1/log/doors",
    *(f"{method} /v1/codes" for method in ("GET", "POST")),
    *(f"{method} /v1/codes/{{code}}" for method in ("GET", "PATCH", "DELETE")),
    *(f"{method} /v1/tokens" for method in ("GET", "POST")),
    "DELETE /v1/tokens/{token}",
    *(f"{method} /v1/session" for method in ("GET", "POST", "DELETE")),
    "GET /v1/contacts",
    "POST /v1/contacts/{flat}/ring",
    "GET /v1/accounts",
    "GET /v1/accounts/{account}",
    "POST /v1/accounts/{account}/register",
    "POST /v1/accounts/{account}/unregister",
    "GET /v1/doors",
    "GET /v1/doors/{door}",
    *(f"POST /v1/doors/{{door}}/{act}" for act in ("open", "hold", "release", "lock", "unlock")),
    "POST /v1/panel/sensors/{sensor}/clear",
    "GET /v1/panel",
    "POST /v1/panel/buttons/{button}/press",
    "POST /v1/panel/lamps/{lamp}/test",
    "GET /v1/audio",
    "PATCH /v1/audio",
    "GET /v1/audio/devices",
    "GET /v1/audio/sounds",
    "PUT /v1/calls/{call}/media/{target}",
    "DELETE /v1/calls/{call}/media/{target}",
    "POST /v1/audio/self-test",
    "POST /v1/audio/tone",
    "POST /v1/audio/playback",
    "DELETE /v1/audio/playback",
    "POST /v1/audio/say",
    "DELETE /v1/audio/tone",
    "POST /v1/audio/talk",
    "DELETE /v1/audio/talk",
    "GET /v1",
    "GET /v1/config",
    "PATCH /v1/config/runtime",
    "GET /v1/operations/{operation}",
    "POST /v1/doctor",
    "GET /v1/support-bundle",
    "GET /livez",
    "GET /readyz",
    "GET /metrics",
}


def test_both_listeners_have_the_same_routes_and_not_copies(station):
    tcp, unix = (app.build(station, "token").router.routes for _ in range(2))
    ours = [route for route in tcp if getattr(route, "path", "").startswith("/v1/")]
    assert len(ours) > 50
    assert [route.path for route in ours if not any(route is other for other in unix)] == []


def test_every_route_is_described_and_nothing_else():
    assert {name for name, _ in operations()} == CONTRACT


def test_the_description_is_served_as_it_is_printed(shared):
    with shared.tcp(token=None) as client:
        assert client.get("/openapi.json").json() == json.loads(json.dumps(description()))


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_operation_says_what_it_is_what_it_needs_and_how_it_fails(name, operation):
    assert operation["summary"] and operation["description"] and operation["operationId"]
    assert set(operation["responses"]["default"]["content"]) == {problems.MEDIA_TYPE}
    assert "422" not in operation["responses"]
    method, path = name.split()
    assert ("security" in operation) == scopes.guarded(path)
    for way in operation.get("security", ()):
        assert list(way.values()) == [list(scopes.needed(method, path))]
    headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    assert ("Idempotency-Key" in headers) == name.startswith("POST")


def test_every_reference_in_the_description_leads_somewhere():
    described = description()
    assert described["openapi"].startswith("3.1")
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(described)):
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(ids) == len(set(ids))


def test_an_operation_id_is_a_readable_name_for_a_function():
    for name, operation in operations():
        assert re.fullmatch(r"[a-z]+(_[a-z]+){1,4}", operation["operationId"]), name
        assert "_v1" not in operation["operationId"]


def test_the_description_says_where_the_station_is_served():
    (server,) = description()["servers"]
    defaults = {name: variable["default"] for name, variable in server["variables"].items()}
    http = HttpTable()
    assert server["url"].format(**defaults) == f"http://{http.address}:{http.port}"


def test_every_model_of_an_answer_is_in_the_description():
    schemas = description()["components"]["schemas"]
    ours = {
        name
        for name, value in vars(models).items()
        if isinstance(value, type)
        and value.__module__.startswith(models.__name__)
        and hasattr(value, "__struct_fields__")
    }
    assert ours - {"OrderBody", "AnswerBody", "CallFacts"} <= set(schemas)  # bases


def exact(model: type[msgspec.Struct], data: dict) -> None:
    """`data` has every member that `model` names, of the right type, and no other."""
    as_sent = json.loads(json.dumps(data))
    assert msgspec.to_builtins(msgspec.convert(as_sent, model)) == as_sent
