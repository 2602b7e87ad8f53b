"""/v1/conferences: each order becomes one request, and what there is, is shown."""

import pytest

from appliance.core import inputs, orders
from appliance.core.model import RecordingChannels, RequestId
from tests.api import fake

ONE = "/v1/conferences/k-1"
DIALLED = inputs.Dial("Kitchen", (("X-Floor", "2"),), "office")
ORDERS = [
    ("PATCH", ONE, {"held": True}, [inputs.HoldConference("k-1", True)]),
    ("PATCH", ONE, {"held": False}, [inputs.HoldConference("k-1", False)]),
    ("PATCH", ONE, {"muted": True}, [inputs.MuteIn("k-1", None, True)]),
    (
        "PATCH",
        ONE,
        {"muted": True, "held": False},
        [inputs.MuteIn("k-1", None, True), inputs.HoldConference("k-1", False)],
    ),
    ("DELETE", ONE, None, [inputs.EndConference("k-1")]),
    ("POST", f"{ONE}/recording", None, [inputs.RecordConference("k-1", recorded=True)]),
    (
        *("POST", f"{ONE}/recording", {"channels": "separate"}),
        [inputs.RecordConference("k-1", recorded=True, channels=RecordingChannels.SEPARATE)],
    ),
    ("DELETE", f"{ONE}/recording", None, [inputs.RecordConference("k-1", recorded=False)]),
    ("POST", f"{ONE}/participants", {"call": "c-7"}, [inputs.TakeInto("k-1", "c-7")]),
    (
        "POST",
        f"{ONE}/participants",
        {"to": "Kitchen", "account": "office", "headers": {"X-Floor": "2"}},
        [inputs.InviteInto("k-1", DIALLED)],
    ),
    ("PATCH", f"{ONE}/participants", {"call": "c-7", "muted": True}, [inputs.MuteIn("k-1", "c-7", True)]),
    ("DELETE", f"{ONE}/participants?call=c-7", None, [inputs.RemoveFrom("k-1", "c-7")]),
]


@pytest.mark.parametrize(("method", "path", "body", "actions"), ORDERS)
def test_each_order_becomes_one_request(client, station, method, path, body, actions):
    station.state["conferences"] = [fake.conference()]
    answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
    assert answer.status_code == 200, answer.text
    assert [asked for asked, _ in station.requests] == actions
    assert answer.json() == {"id": "k-1", "conference": fake.conference(), "warning": None}


def test_beginning_one_returns_where_it_is(client, station):
    station.state["conferences"] = [fake.conference(state="connecting")]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), conference="k-1")
    people = [{"call": "c-1"}, {"to": "Kitchen", "account": "office", "headers": {"X-Floor": "2"}}]
    answer = client.post("/v1/conferences", json={"participants": people})
    assert (answer.status_code, answer.headers["location"]) == (201, ONE)
    assert answer.json()["conference"]["state"] == "connecting"
    assert [asked for asked, _ in station.requests] == [inputs.Confer(("c-1",), (DIALLED,))]


def test_one_that_was_not_begun_is_an_error(client):
    answer = client.post("/v1/conferences", json={"participants": [{"call": "c-1"}]})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_what_is_there_is_shown(client, station):
    assert client.get("/v1/conferences").json() == {"conferences": []}
    station.state["conferences"] = [fake.conference()]
    assert client.get("/v1/conferences").json() == {"conferences": [fake.conference()]}
    assert client.get(ONE).json() == fake.conference()
    assert client.get(f"{ONE}/participants").json() == {"participants": fake.conference()["participants"]}


@pytest.mark.parametrize("path", [ONE, f"{ONE}/participants"])
def test_what_is_not_there_is_not_found(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "conference-not-found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/conferences", {"participants": []}),
        ("POST", "/v1/conferences", {"participants": [{"call": "c-1"}] * 7}),
        ("POST", "/v1/conferences", {"participants": [{}]}),
        ("POST", f"{ONE}/participants", {"call": "c-1", "to": "Kitchen"}),
        ("PATCH", ONE, {}),
        ("PATCH", f"{ONE}/participants", {"muted": True}),
        ("DELETE", f"{ONE}/participants", None),
    ],
)
def test_what_says_nothing_or_too_much_is_refused(client, station, method, path, body):
    answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert station.requests == []
