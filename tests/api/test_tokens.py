"""/v1/tokens, and what each token allows: nothing more than its scopes, and nothing after its end."""

import asyncio
import json
import stat
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.api import app
from appliance.api.http import scopes, tokens
from appliance.base.errors import IntercomError
from appliance.core.model import AccessScope
from tests.api.conftest import TOKEN
from tests.api.test_access import asked, requested
from tests.api.test_openapi import operations

VIEW, CALL, DOOR, ADMIN = AccessScope.VIEW, AccessScope.CALL, AccessScope.DOOR, AccessScope.ADMIN
NEW = {"name": "tablet", "scopes": ["view", "call"]}
# What each operation needs. A new one must be written down here, and its author must decide.
NEEDED = {
    "": {"GET /livez", "GET /readyz", "GET /v1", "GET /v1/session", "POST /v1/session", "DELETE /v1/session"}
    | {"GET /v1/operations/{operation}"},
    "view": {
        *(
            "GET /metrics",
            "GET /v1/state",
            "GET /v1/events",
            "GET /v1/calls",
            "GET /v1/calls/{call}",
            "GET /v1/calls/from-browser",
            "GET /v1/conferences",
        ),
        *("GET /v1/conferences/{conference}", "GET /v1/conferences/{conference}/participants", "GET /v1/log/calls"),
        *("GET /v1/log/doors", "GET /v1/contacts", "GET /v1/accounts", "GET /v1/accounts/{account}", "GET /v1/doors"),
        *("GET /v1/doors/{door}", "GET /v1/panel", "GET /v1/audio", "GET /v1/audio/devices", "POST /v1/doctor"),
        *("GET /v1/audio/sounds", "GET /v1/push", "POST /v1/push", "DELETE /v1/push/{subscription}"),
        # of rules, each client makes and removes its own: tests/daemon/appliance/test_rules.py
        *("GET /v1/rules", "GET /v1/rules/try", "POST /v1/rules", "DELETE /v1/rules/{rule}"),
    },
    "door": {f"POST /v1/doors/{{door}}/{act}" for act in ("open", "hold", "release", "lock", "unlock")},
    "call listen": {"POST /v1/calls/from-browser"},
    "call": {"POST /v1/events", "PATCH /v1/config/runtime"},  # all but do-not-disturb needs admin: see the test below
    "door call": {"POST /v1/panel/buttons/{button}/press"},
    "admin": {
        *("GET /v1/codes", "POST /v1/codes", "GET /v1/codes/{code}", "PATCH /v1/codes/{code}"),
        *("DELETE /v1/codes/{code}", "GET /v1/tokens", "POST /v1/tokens", "DELETE /v1/tokens/{token}"),
        *("GET /v1/support-bundle", "GET /v1/config", "DELETE /v1/recordings/{recording}"),
        *("PATCH /v1/recordings/{recording}", "DELETE /v1/recordings/live/{recording}"),
        *("POST /v1/accounts/{account}/register", "POST /v1/accounts/{account}/unregister"),
        *("POST /v1/panel/lamps/{lamp}/test", "POST /v1/panel/sensors/{sensor}/clear"),
    },
}
OF_CALLS = ("/v1/calls", "/v1/conferences", "/v1/messages", "/v1/contacts", "/v1/rings", "/v1/audio", "/v1/recordings")


def test_each_operation_needs_the_scope_that_is_written_down_here():
    decided = {name: needs for needs, names in NEEDED.items() for name in names}
    for name, _ in operations():
        method, path = name.split()
        if name not in decided:
            assert path.startswith(OF_CALLS), f"Write down what {name} needs."
        expected = decided.get(name, "call")
        if expected:
            assert " ".join(scopes.needed(method, path)) == expected, name


@given(st.text(alphabet="/v1calsdorexpn.%", max_size=20), st.sampled_from(["POST", "PUT", "BREW"]))
def test_an_order_that_nobody_thought_of_needs_every_right(path, method):
    if not f"/{path}".startswith("/v1/"):
        assert scopes.needed(method, f"/{path}") == (ADMIN,)


@pytest.mark.parametrize("path", ["/v1/callsx", "/v1/doorsx/front/open", "/v1", "/v1/", "/v1/call"])
def test_a_path_that_only_begins_like_another_one_needs_every_right_to_act(path):
    assert scopes.needed("POST", path) == (ADMIN,)


@pytest.mark.parametrize("target", ["*", "v1/state", ""])
def test_a_target_that_is_no_path_needs_what_all_others_need(target):
    assert scopes.needed("GET", target) == (VIEW,)
    assert scopes.needed("POST", target) == (ADMIN,)


@pytest.fixture
def made(station):
    """A function that makes a token, and returns its header."""

    def make(*allowed, name="tablet", expires=None):
        _, text = station.tokens.add(name, allowed, expires)
        return {"Authorization": f"Bearer {text}"}

    return make


@pytest.mark.parametrize(
    ("allowed", "works"),
    [
        ((VIEW,), {"view"}),
        ((CALL,), {"call"}),
        ((DOOR,), {"door"}),
        ((CALL, DOOR), {"call", "door", "press"}),
        ((ADMIN,), {"view", "call", "door", "press", "codes", "tokens"}),
    ],
)
def test_a_token_allows_what_its_scopes_say_and_what_it_does_bears_its_name(station, made, allowed, works):
    requests = {
        "view": ("GET", "/v1/state"),
        "call": ("POST", "/v1/calls/c-1/hangup"),
        "door": ("POST", "/v1/doors/front/open"),
        "press": ("POST", "/v1/panel/buttons/kitchen/press"),
        "codes": ("GET", "/v1/codes"),
        "tokens": ("GET", "/v1/tokens"),
    }
    header = made(*allowed)
    for name, (method, path) in requests.items():
        station.denials.clear()
        station.requests.clear()
        answer = asked(station, method, path, header)
        if name in works:
            assert answer.status_code == 200, answer.text
            assert {who for _, who in station.requests} <= {"http:tablet"}
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            assert station.requests == []
            lacks = next(scope for scope in scopes.needed(method, path) if scope not in allowed)
            assert station.denials == [("http:tablet", "192.0.2.7", lacks)]


QUIET, HOURS = {"do_not_disturb": True}, {"quiet_hours": {"begin": "22:00", "end": "06:00"}}


@pytest.mark.parametrize(
    ("body", "may"),
    [
        (QUIET, {CALL, ADMIN}),
        ({"do_not_disturb": None}, {CALL, ADMIN}),
        (HOURS, {ADMIN}),
        ({"forwarding": {"always": "office"}}, {ADMIN}),
        (QUIET | HOURS, {ADMIN}),
        (QUIET | {"forwarding": None}, {ADMIN}),
    ],
)
@pytest.mark.parametrize("allowed", [VIEW, CALL, DOOR, ADMIN])
def test_do_not_disturb_alone_needs_call_and_every_other_run_time_setting_admin(served, allowed, body, may):
    _, text = served.station.tokens.add("tablet", (allowed,), None)
    with served.tcp(text) as client:
        answer = client.patch("/v1/config/runtime", json=body)
    if allowed in may:
        assert answer.status_code == 200, answer.text
        assert [who for _, who in served.station.requests] == ["http:tablet"]
        assert served.station.denials == []
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert served.station.requests == []
        lacking = ADMIN if allowed is CALL else CALL
        assert answer.json()["cause"] == f"It lacks {lacking}."
        assert served.station.denials == [("http:tablet", "127.0.0.1", lacking)]


@pytest.mark.usefixtures("guesses_at_once")
def test_a_token_that_asks_for_settings_again_and_again_is_locked_out(served):
    _, text = served.station.tokens.add("tablet", (CALL,), None)
    with served.tcp(text) as client:
        answers = [client.patch("/v1/config/runtime", json=HOURS) for _ in range(30)]
        assert client.patch("/v1/config/runtime", json=QUIET).status_code == 200  # right requests are still served
    assert [answers[0].status_code, answers[-1].status_code] == [403, 429]
    assert answers[-1].headers["retry-after"]


def test_a_token_with_the_wrong_host_or_origin_is_refused_as_every_other(station, made):
    for foreign in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        header = made(ADMIN, name=f"n{len(station.denials)}")
        assert asked(station, "GET", "/v1/state", header | foreign).status_code == 403


def test_an_expired_token_and_one_from_after_the_clock_are_wrong(station):
    now = [1000.0]
    station.tokens = tokens.Tokens(station.tokens._path, clock=lambda: now[0])
    _, text = station.tokens.add("guest", (VIEW,), 2000.0)
    ask = partial(asked, station, "GET", "/v1/state", {"Authorization": f"Bearer {text}"})
    assert ask().status_code == 200
    for moment in (2000.0, 1e10, 999.0, 0.0):  # the last two: the clock of a board that has lost its time
        now[0] = moment
        assert ask().status_code == 401
    now[0] = 1999.0
    assert ask().status_code == 200


def test_a_token_is_made_listed_and_removed_and_its_text_appears_once(client, station):
    answer = client.post("/v1/tokens", json=NEW | {"expires": "2099-01-01T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    text, token = answer.json()["text"], answer.json()["token"]
    assert len(text) >= 43
    assert token | {"created": "", "id": ""} == {
        **NEW,
        "id": "",
        "created": "",
        "expires": "2099-01-01T00:00:00Z",
        "valid": True,
    }
    listed = client.get("/v1/tokens")
    assert listed.json() == {"tokens": [token]}
    file = station.tokens._path
    assert text not in listed.text + file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    by = "http:token" if "authorization" in client.headers else "http:unix"
    assert station.token_changes == [("added", "tablet", by)]
    assert client.delete(f"/v1/tokens/{token['id']}").json() == {"warning": None}
    assert client.get("/v1/tokens").json() == {"tokens": []}
    assert station.token_changes[1:] == [("removed", "tablet", by)]
    again = client.delete(f"/v1/tokens/{token['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "token-not-found")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 400),
        ({"name": " x"}, 400),
        ({"name": "a\nb"}, 400),
        ({"name": "Unix"}, 400),
        ({"name": "token"}, 400),
        ({"name": "unknown"}, 400),
        ({"name": "x" * 41}, 400),
        ({"name": "TABLET"}, 409),
        ({"scopes": []}, 400),
        ({"scopes": ["message"]}, 400),
        ({"scopes": ["all"]}, 400),
        ({"expires": "2001-01-01T00:00:00Z"}, 400),
        ({"expires": "2099-02-30T00:00:00Z"}, 400),
        ({"more": 1}, 400),
    ],
)
def test_a_token_that_cannot_be_is_refused(client, station, change, status):
    station.tokens.add("tablet", (VIEW,), None)
    answer = client.post("/v1/tokens", json=NEW | {"name": "other"} | change)
    assert answer.status_code == status, answer.text
    assert len(station.tokens.list()) == 1
    assert station.token_changes == []


def test_there_are_not_more_tokens_than_the_limit(station):
    for number in range(tokens.MOST):
        station.tokens.add(f"n{number}", (VIEW,), None)
    with pytest.raises(IntercomError, match="No more tokens"):
        station.tokens.add("one-more", (VIEW,), None)


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[{}]", b'[{"id":"t"}]', b"\xff" * 9, b'[{"id":"\xff"}]'])
def test_a_damaged_file_allows_nothing_and_is_kept(tmp_path, content):
    file = tmp_path / "http.tokens"
    file.write_bytes(content)
    file.chmod(0o600)
    book = tokens.Tokens(file)
    with pytest.raises(IntercomError, match="not accepted"):
        book.load()
    for use in (book.list, lambda: book.add("x", (VIEW,), None), lambda: book.remove("t-1")):
        with pytest.raises(IntercomError, match="not accepted"):
            use()
    assert book.find(b"") is None
    assert file.read_bytes() == content


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_could_write_allows_nothing(tmp_path, mode):
    book = tokens.Tokens(tmp_path / "http.tokens")
    _, text = book.add("tablet", (ADMIN,), None)
    (tmp_path / "http.tokens").chmod(mode)
    again = tokens.Tokens(tmp_path / "http.tokens")
    with pytest.raises(IntercomError, match="Others may write"):
        again.load()
    assert again.find(text.encode()) is None


def test_tokens_survive_a_restart_and_a_disc_that_is_full_changes_none(tmp_path):
    book = tokens.Tokens(tmp_path / "http.tokens")
    book.load()
    first, text = book.add("tablet", (VIEW, DOOR), time.time() + 3600)
    again = tokens.Tokens(tmp_path / "http.tokens")
    again.load()
    assert again.find(text.encode()) == first
    (tmp_path / "http.tokens.new").mkdir()  # in the way, as a full disc is
    for change in (lambda: again.add("other", (VIEW,), None), lambda: again.remove(first.id)):
        with pytest.raises(IntercomError, match="were not changed"):
            change()
    assert again.find(text.encode()) == first
    assert [each["name"] for each in again.list()] == ["tablet"]


def test_a_removed_token_is_wrong_at_once_and_its_streams_get_no_further_event(station):
    token, text = station.tokens.add("tablet", (VIEW,), None)
    ask = partial(requested, app.build(station, TOKEN))
    header = {"Authorization": f"Bearer {text}"}
    station.tell("call.ended")

    async def poll():
        feed = station.subscribe

        async def removing(since):
            async for envelope in feed(since):
                yield envelope
                station.tokens.remove(token.id)

        station.subscribe = removing
        station.tell("call.ended")

    asyncio.run(poll())
    answer = ask("GET", "/v1/events?since=0&wait=1", header)
    assert answer.status_code == 200
    assert [event["id"] for event in json.loads(answer.text)["events"]] == [1]
    assert ask("GET", "/v1/state", header).status_code == 401
