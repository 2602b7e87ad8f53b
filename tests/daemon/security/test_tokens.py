"""Tokens of a real station over its TCP port: each opens what it may, and nothing after its end."""

import contextlib
import http.client
import json

import pytest
from websockets.sync.client import connect

from appliance.store import database
from tests.support.daemon import Daemon
from tests.support.shown import shows
from tests.support.waiting import PATIENCE_S, until


@pytest.fixture
def door(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {}}) as made:
        yield made


def place(door):
    """Host and port of its TCP listener."""
    file = door.directory / "http.address"
    until(file.exists, "the interface", log=door.told)
    return file.read_text().strip().removeprefix("http://").rstrip("/")


def ask(door, method, path, token, body=None, **given):
    """A request over TCP; status and answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **given}
    with contextlib.closing(http.client.HTTPConnection(place(door), timeout=PATIENCE_S)) as client:
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def make(door, name, *scopes):
    made = door.post("/v1/tokens", {"name": name, "scopes": scopes})
    return made["token"]["id"], made["text"]


@shows(
    *("access.token_added", "access.token_removed", "POST /v1/tokens", "GET /v1/tokens", "DELETE /v1/tokens/{token}"),
    "error:token-not-found",
)
def test_a_token_opens_the_door_and_shows_nothing_until_it_is_removed(door):
    token, text = make(door, "opener", "door")
    added = door.wait("access.token_added")["data"]
    assert added == {"id": token, "name": "opener", "scopes": ["door"], "expires": None, "by": "http:unix"}
    assert ask(door, "POST", "/v1/doors/front/open", text)[0] == 200
    assert door.wait("door.unlocked")["data"]["by"] == "http:opener"
    door.wait("door.locked")
    for path in ("/v1/state", "/v1/codes", "/v1/tokens", "/v1/recordings"):
        assert ask(door, "GET", path, text)[0] == 403
    assert ask(door, "POST", "/v1/tokens", text, {"name": "more", "scopes": ["admin"]})[0] == 403
    assert door.wait("access.denied", who="http:opener")["data"]["scope"] == "view"
    assert [each["name"] for each in door.get("/v1/tokens")["tokens"]] == ["opener"]
    assert door.ask("DELETE", f"/v1/tokens/{token}")[0] == 200
    assert door.wait("access.token_removed")["data"] == {"id": token, "name": "opener", "by": "http:unix"}
    door.begin()
    assert ask(door, "POST", "/v1/doors/front/open", text)[0] == 401
    assert door.ask("DELETE", f"/v1/tokens/{token}")[1]["code"] == "token-not-found"
    assert not door.of("door.unlocked")
    audit = door.get("/v1/log/doors")["events"]
    assert {"access.token_added", "access.token_removed"} <= {event["type"] for event in audit}


@shows("access.denied scope=listen")
def test_a_token_without_the_scope_does_not_listen_at_the_door(door):
    _, text = make(door, "caller", "view", "call")
    status, refusal = ask(door, "POST", "/v1/calls/from-browser", text, {"offer": "v=0"})
    assert (status, refusal["cause"]) == (403, "It lacks listen.")
    door.wait("access.denied", who="http:caller", scope="listen")
    assert not door.of("call.incoming")


@shows("access.denied scope=digits")
def test_a_token_without_the_scope_gets_no_digits_of_a_call(door):
    _, text = make(door, "menu", "view", "call")
    assert ask(door, "PATCH", "/v1/calls/c-none", text, {"digits_to": "program"})[0] == 403
    assert door.wait("access.denied", who="http:menu")["data"]["scope"] == "digits"


@shows("access.locked_out scope=client")
def test_who_guesses_is_locked_out_and_the_token_works_meanwhile(door):
    _, text = make(door, "tablet", "view")
    statuses = [ask(door, "GET", "/v1/state", f"guess-{number}")[0] for number in range(40)]
    assert statuses[0] == 401 and statuses[-1] == 429
    locked = door.wait("access.locked_out")["data"]
    assert locked == {"who": "http:unknown", "from": "127.0.0.1", "scope": "client", "seconds": 60.0, "doors": []}
    assert ask(door, "GET", "/v1/state", text)[0] == 200


def logged_in(door, token):
    """What the cookie of a browser has that shows a token."""
    with contextlib.closing(http.client.HTTPConnection(place(door), timeout=PATIENCE_S)) as client:
        client.request(
            "POST", "/v1/session", headers={"Authorization": f"Bearer {token}", "Origin": f"http://{place(door)}"}
        )
        return client.getresponse().getheader("Set-Cookie").partition(";")[0].partition("=")[2]


def answers_on_disc(door):
    with contextlib.closing(database.reader(door.directory)) as connection:
        return connection.execute("SELECT count(*) FROM answers").fetchone()[0]


def test_a_token_a_session_and_an_answer_survive_a_kill_and_a_removed_token_ends_its_stream_of_events(door):
    token, text = make(door, "follower", "view", "door")
    key = {"Idempotency-Key": "3f1c0f0e"}
    first = ask(door, "POST", "/v1/doors/front/open", text, {"seconds": 1}, **key)
    assert first[0] == 200 and door.wait("door.unlocked")
    cookie = logged_in(door, text)
    until(lambda: answers_on_disc(door), "the answer on disc")
    door.kill()
    door.begin()
    door.start()
    door.ready()
    assert ask(door, "POST", "/v1/doors/front/open", text, {"seconds": 1}, **key) == first
    assert ask(door, "POST", "/v1/doors/front/open", text, {"seconds": 2}, **key)[0] == 409
    cookie = f"intercom-{place(door).rpartition(':')[2]}={cookie}"  # the port is another one now
    assert ask(door, "GET", "/v1/state", "", Cookie=cookie)[0] == 200
    uri = f"ws://{place(door)}/v1/events"
    with connect(uri, subprotocols=["intercomd.v1", f"bearer.{text}"], proxy=None) as events:
        door.press("ring")
        assert json.loads(events.recv(PATIENCE_S))["id"]
        assert door.ask("DELETE", f"/v1/tokens/{token}")[0] == 200
        seen = {json.loads(message)["type"] for message in events}  # until the station closes it
        assert "access.token_removed" not in seen
        assert not door.of("door.unlocked")


def test_a_denial_names_the_address_that_a_proxy_of_the_owner_shows(tmp_path):
    with Daemon(tmp_path / "d", http={"proxies": ["127.0.0.1"]}) as door:
        for said in ({"X-Forwarded-For": "203.0.113.7"}, {}):
            assert ask(door, "GET", "/v1/state", "wrong", **said)[0] == 401
        door.wait("access.denied", **{"from": "203.0.113.7"})
        door.wait("access.denied", **{"from": "127.0.0.1"})


def test_a_token_that_opens_nothing_pushes_no_opening_out_of_the_audit(tmp_path):
    with Daemon(tmp_path / "d", door={"front": {}}, log={"keep_doors": 100}) as door:
        door.post("/v1/doors/front/open")
        door.wait("door.locked")
        _, text = make(door, "reader", "view")
        rule = {"name": "busy", "on": "door.unlocked", "then": [{"order": "examine_station"}]}
        for _ in range(101):
            assert ask(door, "POST", "/v1/rules", text, rule)[0] == 201
        kinds = [event["type"] for event in door.get("/v1/log/doors?limit=200")["events"]]
    assert (kinds.count("rule.added"), kinds[-3:]) == (100, ["access.token_added", "door.locked", "door.unlocked"])


def test_who_guesses_tokens_from_many_addresses_fills_no_log(tmp_path):
    with Daemon(tmp_path / "d", http={"proxies": ["127.0.0.1"]}) as door:
        for address in (f"2001:db8::{number:x}" for number in range(20)):
            guesses = [ask(door, "GET", "/v1/state", "wrong", **{"X-Forwarded-For": address})[0] for _ in range(11)]
            assert guesses == [401] * 10 + [429]
        door.post("/v1/events", {"name": "last"})
        door.wait("custom", name="last")
        assert [len(door.of(f"access.{kind}")) for kind in ("denied", "locked_out")] == [16, 16]
