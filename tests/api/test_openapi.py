import inspect
import json
import re

import jsonschema_rs
import msgspec
import pytest
from msgspec.structs import replace

from appliance.api import app, models
from appliance.api.http import problems, scopes
from appliance.api.openapi import named_errors
from appliance.api.routes import calls, conferences
from appliance.base.errors import HTTP_STATUS, ErrorCode
from appliance.config.schema.http import HttpTable
from appliance.core.events import EVENTS
from appliance.core.inputs import ACTIONS, PlayRecording, PlayUrl
from appliance.core.model import (
    AccessPart,
    AppliancePart,
    ButtonSettings,
    By,
    Call,
    CallHeaders,
    CallId,
    CallSound,
    CallsPart,
    CallState,
    CallTimes,
    Cause,
    Codec,
    Conference,
    Credential,
    CredentialBook,
    CredentialKind,
    Day,
    Direction,
    DoorSettings,
    End,
    Joining,
    LampSettings,
    Participant,
    ParticipantState,
    Pattern,
    Period,
    Picture,
    Remote,
    Settings,
    State,
    Target,
)
from appliance.core.model import (
    Action as Does,
)
from appliance.core.views.calls import LoggedCall
from appliance.core.views.codes import Code
from appliance.core.views.snapshot import Snapshot
from appliance.orders import table
from appliance.orders.invalid import PATTERNS
from tests.api import fake
from tests.api.described import description
from tests.api.test_resources import ORDERS
from tests.core import sent
from tests.core.sent import codes_view, logged_call
from tests.core.test_requests import OK, REDUNDANT, RESULTS


def operations():
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


QUESTIONS = {
    *("GET /v1", "GET /v1/state", "GET /v1/events", "GET /v1/contacts", "GET /v1/config", "GET /v1/session"),
    *("GET /v1/calls", "GET /v1/calls/{call}", "GET /v1/calls/from-browser"),
    *("GET /v1/conferences", "GET /v1/conferences/{conference}", "GET /v1/conferences/{conference}/participants"),
    *("GET /v1/operations/{operation}", "GET /v1/tokens", "GET /v1/push"),
    *("GET /v1/rules", "GET /v1/rules/try"),
    *("GET /v1/recordings", "GET /v1/recordings/live", "GET /v1/recordings/live/{recording}"),
    *("GET /v1/recordings/{recording}", "GET /v1/recordings/{recording}/audio", "GET /v1/recordings/{recording}/peaks"),
    *("GET /v1/log/calls", "GET /v1/log/doors", "GET /v1/codes", "GET /v1/codes/{code}", "GET /v1/accounts"),
    *("GET /v1/accounts/{account}", "GET /v1/doors", "GET /v1/doors/{door}", "GET /v1/panel", "GET /v1/audio"),
    *("GET /v1/audio/devices", "GET /v1/audio/sounds", "GET /v1/support-bundle"),
    *("GET /livez", "GET /readyz", "GET /metrics"),
}
BODIES = {route.body.shape.__name__: route.body.shape for route in app.ENDPOINTS if route.body is not None}


def test_both_listeners_have_the_same_routes_and_not_copies(station):
    tcp, unix = (app.build(station, "token").router.routes for _ in range(2))
    ours = [route for route in tcp if getattr(route, "path", "").startswith("/v1/")]
    assert len(ours) > 50
    assert [route.path for route in ours if not any(route is other for other in unix)] == []


def test_every_route_is_described_and_nothing_else():
    orders = {f"{order.method} {order.path}" for order in table.ORDERS}
    assert {name for name, _ in operations()} == QUESTIONS | orders


def test_each_route_has_the_name_that_the_list_gives_it():
    named = {f"{order.method} {order.path}": order.name for order in table.ORDERS}
    assert len({order.name for order in table.ORDERS}) == len(named) == len(table.ORDERS)
    for name, operation in operations():
        if name in named:
            assert operation["operationId"] == named[name]


def test_orders_under_one_path_need_the_same_scopes():
    """A request is held against the path before its route is known."""
    roots = {(subject.root, subject.scopes) for subject in table.SUBJECTS}
    assert len({root for root, _ in roots}) == len(roots)
    for order in table.ORDERS:
        assert scopes.needed(order.method, order.path) == (order.scopes or order.of.scopes), order.name


def test_an_order_about_no_subject_of_the_list_needs_admin():
    for path in ("/v1/other", "/v1/callsx", "/v1/panel", "/v1/config"):
        assert scopes.needed("POST", path) == (scopes.ADMIN,)


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
    assert sent.as_sent(msgspec.convert(as_sent, model)) == as_sent


SETTINGS = Settings(
    station="Front door",
    buttons=(
        ButtonSettings("kitchen", Does.RING, Does.HANGUP, "Kitchen"),
        ButtonSettings("open", Does.DOOR, door="front"),
    ),
    lamps=(LampSettings("status", ((Picture.IDLE, Pattern.ON),)),),
    doors=(DoorSettings("front"),),
    targets=(Target("Kitchen", "sip:kitchen@127.0.0.1:5070"),),
)
CALL = Call(
    "c-1", Direction.OUTGOING, CallState.DIALING, Remote("sip:kitchen@127.0.0.1:5070", "Kitchen", "Kitchen"), 1.0, 33.0
)


@pytest.mark.parametrize(
    "state",
    [
        State(SETTINGS),
        State(
            SETTINGS,
            now=9.0,
            calls=CallsPart(living=(CALL,)),
            appliance=AppliancePart(sip_ready=True, failed=(("audio", "No card."),)),
        ),
        State(
            SETTINGS,
            now=9.0,
            calls=CallsPart(
                living=(
                    Call(
                        "c-2",
                        Direction.INCOMING,
                        CallState.CONNECTED,
                        Remote("sip:x@y"),
                        1.0,
                        None,
                        headers=CallHeaders(invite=(("X-Floor", "2"),)),
                        media=CallSound(codec=Codec("opus", 48000)),
                        times=CallTimes(ringing_since=2.0, connected_since=3.0),
                    ),
                )
            ),
        ),
    ],
)
def test_the_snapshot_of_the_core_is_what_the_description_says(state):
    exact(Snapshot, sent.snapshot(state, 1_790_000_000.0))


@pytest.mark.parametrize("ended", [None, 9.0])
def test_a_call_of_the_log_is_what_the_description_says(ended):
    over = replace(CALL, times=replace(CALL.times, connected_since=3.0), end=End(Cause.HANGUP, 200, "OK", By.REMOTE))
    exact(LoggedCall, logged_call(over, ended, 1_790_000_000.0, missed=False))


def test_a_conference_is_what_the_description_says():
    joined = replace(CALL, conference="k-1")
    there = Conference("k-1", 1.0, (Participant("c-1", Joining.INVITED, ParticipantState.COMING),))
    for conference in (there, replace(there, connected_since=2.0, held=True), replace(there, ending=True)):
        shown = sent.snapshot(
            State(SETTINGS, now=9.0, calls=CallsPart(living=(joined,)), conference=conference), 1_790_000_000.0
        )
        exact(Snapshot, shown)


def test_the_fake_of_these_tests_is_shaped_like_the_daemon(station):
    station.state["calls"] = [fake.call()]
    station.state["conferences"] = [fake.conference()]
    exact(Snapshot, sent.as_sent(station.snapshot()))
    exact(LoggedCall, fake.logged())
    station.tell("custom")
    about = {"direction": "incoming", "from": "sip:a@b", "to": "sip:c@d", "display_name": "A", "target": "a"}
    about |= {
        "target_name": "Anna",
        "codec": {"name": "PCMA", "clock_rate_hz": 8000},
        "account": "office",
        "conference": "k-1",
    }
    member = {"call": "c-1", "uri": "sip:a@b", "name": "Anna", "joining": "invited"}
    conference = {"id": "k-1", "participants": [member], "invitations": [], "speaker": True}
    state = sent.as_sent(station.snapshot())  # in events.lost only
    every = {"about": about, "conference": conference, "state": state}
    exact(models.Envelope, {**station.journal[0], **every})


def test_a_code_is_what_the_description_says():
    book = CredentialBook(
        "5a" * 32,
        (
            Credential(
                id="a-1", kind=CredentialKind.CODE, owner="Cleaner", digest="ab" * 32, doors=("front",), length=4
            ),
        ),
    )
    limits = {"schedule": (Period((Day.MONDAY,), "08:00", "24:00"),), "uses": 3, "expires": 1_790_000_000.0}
    book = replace(book, codes=(*book.codes, replace(book.codes[0], id="a-2", kind=CredentialKind.CARD, **limits)))
    told = codes_view(State(SETTINGS, access=AccessPart(book=book)))
    exact(models.Codes, {"zone": "Europe/Berlin", "codes": told})
    assert not any(secret in json.dumps(told) for secret in ("5a5a", "abab", "length"))
    exact(Code, fake.code("a-1"))


def test_every_action_of_a_client_has_a_route():
    """A new action in the core without a way to ask for it is seen here."""
    sources = "".join(inspect.getsource(module) for module in (calls, conferences))
    for action in set(ACTIONS) - {PlayRecording, PlayUrl}:  # see `dependencies`
        listed = any(order.makes is action for order in table.ORDERS)
        assert listed or re.search(rf"inputs\.{action.__name__}\b", sources), action


def test_every_problem_code_has_an_error_status():
    assert all(400 <= status <= 599 for status in HTTP_STATUS.values())
    assert set(problems._OF_STATUS.values()) <= set(HTTP_STATUS)


def test_the_description_enumerates_the_codes_of_errors_and_the_types_of_events():
    described = description()["components"]["schemas"]
    assert described["Problem"]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert described["ErrorCode"]["enum"] == list(HTTP_STATUS)
    assert described["Envelope"]["properties"]["type"]["enum"] == list(EVENTS)


def test_every_pattern_of_a_body_ends_where_the_text_ends():
    """Python's `$` also matches before a line end, and a line end in a header of SIP begins another header."""
    assert len(BODIES) > 30
    for name, shape in BODIES.items():
        for found in re.findall(r"pattern='(.*?)'[,)]", repr(msgspec.inspect.type_info(shape))):
            assert found.endswith(r"\\Z"), f"{name}: {found}"


def test_every_pattern_of_a_request_has_words_for_people():
    in_bodies = [
        each
        for shape in BODIES.values()
        for each in re.findall(r"pattern='(.*?)'[,)]", repr(msgspec.inspect.type_info(shape)))
    ]
    assert len(set(in_bodies)) > 20
    assert {*in_bodies} <= {repr(pattern)[1:-1] for pattern in PATTERNS}
    parameters = [each["schema"] for _, operation in operations() for each in operation.get("parameters", ())]
    in_parameters = {each["pattern"] for each in parameters if "pattern" in each}
    assert in_parameters
    assert in_parameters <= {pattern.replace(r"\Z", "$") for pattern in PATTERNS}


@pytest.mark.parametrize("end", ["\n", "\r", "\0"])
def test_a_text_that_ends_in_a_control_character_is_refused(end):
    for shape, given in ((models.Place, {"to": f"office{end}"}), (BODIES["Digits"], {"digits": f"1{end}"})):
        with pytest.raises(msgspec.ValidationError, match="regex"):
            msgspec.convert(given, shape)


def holds(schema, value):
    """Hold a value against a schema of the description."""
    jsonschema_rs.validate({**schema, "components": description()["components"]}, value)


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_operation_has_examples_that_its_schemas_allow(name, operation):
    for parameter in operation.get("parameters", ()):
        (given,) = [parameter["example"]] if "example" in parameter else parameter["examples"][:1]
        holds(parameter["schema"], given)
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    found = [each for content in contents for each in content.get("content", {}).values()]
    for content in found:
        if "schema" in content:  # not a file
            holds(content["schema"], content["example"])


@pytest.mark.parametrize(("name", "operation"), [each for each in operations() if "requestBody" in each[1]])
def test_the_example_of_each_body_orders_something_that_is_accepted(name, operation):
    (content,) = operation["requestBody"]["content"].values()
    schema = content["schema"]
    reference = next(each["$ref"] for each in schema.get("anyOf", [schema]) if "$ref" in each)
    assert content["example"]
    msgspec.convert(content["example"], BODIES[reference.rpartition("/")[2]])


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_each_parameter_and_each_answer_is_described(name, operation):
    assert [each["name"] for each in operation.get("parameters", ()) if not each.get("description")] == []
    said = [response.get("description", "") for response in operation["responses"].values() if "$ref" not in response]
    assert all(said) and "Successful Response" not in said


def test_the_examples_of_errors_are_problems():
    for code, response in description()["components"]["responses"].items():
        (content,) = response["content"].values()
        holds(content["schema"], content["example"])
        assert content["example"]["status"] == ErrorCode(code).http_status


def test_each_tag_is_described_and_used():
    described = description()
    used = {tag for _, operation in operations() for tag in operation["tags"]}
    assert {each["name"] for each in described["tags"]} == used
    assert all(each["description"].endswith(".") for each in described["tags"])


# -- errors by operation -----------------------------------------------------------------------------------------------


def test_an_operation_names_its_errors_by_status():
    described = description()["paths"]["/v1/calls/{call}/answer"]["post"]["responses"]
    assert described["404"] == {"$ref": "#/components/responses/call-not-found"}
    (content,) = described["409"]["content"].values()
    assert content["schema"]["properties"]["code"]["enum"] == ["call-wrong-state", "conflict"]


def test_only_operations_are_said_to_have_errors():
    known = {operation["operationId"] for _, operation in operations()}
    assert set(named_errors.OF_OPERATION) <= known
    for name, operation in operations():
        method, path = name.split()
        inherited = dict.fromkeys(named_errors.codes(path, method.lower(), operation | {"operationId": ""}))
        own = named_errors.OF_OPERATION.get(operation["operationId"], ())
        assert not set(own) & set(inherited), f"{operation['operationId']} has these anyway"


def operation_of(method, path):
    """The description of the operation that serves a request."""
    for name, operation in operations():
        kind, _, template = name.partition(" ")
        if kind == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template, operation
    raise KeyError(path)


@pytest.mark.parametrize("name", RESULTS)
def test_whatever_state_an_order_meets_its_operation_names_the_error(name):
    make, results = RESULTS[name]
    served = [(method, path) for method, path, _, action in ORDERS if type(action) is type(make(CallId("c-1")))]
    served += [("POST", "/v1/calls")] * (name == "dial")
    for method, path in served:
        template, operation = operation_of(method, path)
        met = set(results.values()) - {OK, REDUNDANT}
        assert met <= set(named_errors.codes(template, method.lower(), operation)), f"{method} {path}"
    assert served
