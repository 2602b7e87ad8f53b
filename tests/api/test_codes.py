"""/v1/codes and /v1/log/doors: what is passed on, what is refused, and that no digits come back."""

import pytest

from appliance.core import inputs, orders
from appliance.core.model import CredentialId, CredentialKind, Day, Period, RequestId
from tests.api import fake

CODE, CARD = CredentialKind.CODE, CredentialKind.CARD
NEW = {"owner": "Cleaner", "digits": "47110815", "doors": ["front"]}
MORNING = {"days": ["mon", "fri"], "begin": "08:00", "end": "12:00"}
PERIOD = Period((Day.MONDAY, Day.FRIDAY), "08:00", "12:00")
AT = 1_795_154_828.123456  # fake.TIME


@pytest.fixture
def kept(station):
    station.book = [fake.code("a-1")]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), code=CredentialId("a-1"))
    return station


@pytest.mark.parametrize(
    ("body", "action"),
    [
        (NEW, inputs.AddCredential(kind=CODE, digits="47110815", owner="Cleaner", doors=("front",))),
        (
            {"owner": "Tenant", "card": "12345678", "doors": ["front", "gate"]},
            inputs.AddCredential(kind=CARD, digits="12345678", owner="Tenant", doors=("front", "gate")),
        ),
        (
            NEW | {"schedule": [MORNING], "uses": 2, "expires": fake.TIME},
            inputs.AddCredential(
                kind=CODE, digits="47110815", owner="Cleaner", doors=("front",), schedule=(PERIOD,), uses=2, expires=AT
            ),
        ),
    ],
)
def test_a_code_is_added_and_shown_without_its_digits(client, kept, body, action):
    answer = client.post("/v1/codes", json=body)
    assert (answer.status_code, answer.json()) == (201, {"id": "a-1", "code": fake.code("a-1"), "warning": None})
    assert [asked for asked, _ in kept.requests] == [action]
    assert "47110815" not in repr(kept.requests)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ({}, {}),
        ({"owner": "Postman"}, {"owner": "Postman"}),
        ({"doors": ["gate"]}, {"doors": ("gate",)}),
        ({"schedule": None}, {"schedule": ()}),
        ({"uses": None}, {"uses": None}),
        ({"uses": 7, "expires": None}, {"uses": 7, "expires": None}),
    ],
)
def test_what_of_a_code_is_not_given_is_not_ordered(client, kept, body, changed):
    answer = client.patch("/v1/codes/a-1", json=body)
    assert (answer.status_code, answer.json()["id"]) == (200, "a-1")
    assert [asked for asked, _ in kept.requests] == [inputs.ChangeCredential(id="a-1", **changed)]


def test_codes_are_listed_read_and_removed(client, kept):
    assert client.get("/v1/codes").json() == {"codes": [fake.code("a-1")], "zone": "UTC"}
    assert client.get("/v1/codes/a-1").json() == fake.code("a-1")
    assert client.delete("/v1/codes/a-1").json() == {"warning": None}
    assert [asked for asked, _ in kept.requests] == [inputs.RemoveCredential("a-1")]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_code_that_is_not_there_is_reported(client, kept, method):
    answer = client.request(method, "/v1/codes/a-9", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "code-not-found")


@pytest.mark.parametrize("error", ["conflict", "door-not-found", "code-not-found", "unavailable"])
def test_what_the_core_refuses_is_passed_on(client, kept, error):
    kept.replies = fake.refused(error)
    for answer in (client.post("/v1/codes", json=NEW), client.delete("/v1/codes/a-1")):
        assert answer.json()["code"] == error
        assert (answer.json()["cause"], answer.json()["resolution"]) == ("Because.", "Do not.")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"digits": "471"}, "digits"),
        ({"digits": "4711081547110815"}, "digits"),
        ({"digits": "471#"}, "digits"),
        ({"digits": None}, "either digits or card"),
        ({"card": "1234"}, "either digits or card"),
        ({"digits": None, "card": "12 34"}, "card"),
        ({"digits": None, "card": ""}, "card"),
        ({"owner": ""}, "owner"),
        ({"owner": "a\r\nb"}, "owner"),
        ({"owner": "x" * 65}, "owner"),
        ({"doors": []}, "doors"),
        ({"doors": "front"}, "doors"),
        ({"uses": -1}, "uses"),
        ({"uses": "many"}, "uses"),
        ({"expires": "tomorrow"}, "expires"),
        ({"expires": "2026-13-01T00:00:00Z"}, "expires"),
        ({"schedule": [MORNING | {"days": []}]}, "schedule.0.days"),
        ({"schedule": [MORNING | {"days": ["monday"]}]}, "schedule.0.days"),
        ({"schedule": [MORNING | {"begin": "8:00"}]}, "schedule.0.begin"),
        ({"schedule": [MORNING | {"begin": "24:00"}]}, "schedule.0.begin"),
        ({"schedule": [MORNING | {"end": "24:01"}]}, "schedule.0.end"),
        ({"schedule": [{"days": ["mon"], "begin": "08:00"}]}, "schedule.0.end"),
        ({"pin": "1"}, "pin"),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_the_place_and_never_with_the_digits(client, kept, change, place):
    body = {name: value for name, value in (NEW | change).items() if value is not None}
    answer = client.post("/v1/codes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert place in answer.json()["cause"]
    assert "47110815" not in answer.text
    assert kept.requests == []


def test_without_the_token_codes_are_neither_shown_nor_changed(served, kept):
    with served.tcp(token="wrong") as client:
        for answer in (client.get("/v1/codes"), client.post("/v1/codes", json=NEW), client.get("/v1/log/doors")):
            assert answer.status_code == 401
    assert kept.requests == []
    assert [scope for _, _, scope in kept.denials] == ["admin", "admin", "view"]


def test_the_audit_is_read_page_by_page(client, station):
    station.audit.rows = [
        fake.event("door.denied", number, {"door": "front"}) | {"hash": f"{number:064x}"} for number in range(1, 6)
    ]
    pages, cursor = [], None
    while not pages or cursor:
        answer = client.get("/v1/log/doors", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        pages.append([event["id"] for event in answer["events"]])
        cursor = answer["next"]
    assert pages == [[5, 4], [3, 2], [1]]
    assert client.get("/v1/log/doors?cursor=x").json()["code"] == "parameter-invalid"
