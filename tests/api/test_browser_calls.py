"""POST /v1/calls/from-browser: who may talk at the door from a browser, how often, and for how long."""

import json
import threading

import httpx
import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.model import AccessScope, CallId
from tests.api.conftest import TOKEN
from tests.support.waiting import until

PATH = "/v1/calls/from-browser"
OFFER = {"offer": "v=0"}


def with_scopes(served, *scopes):
    _, secret = served.station.tokens.add("anna", tuple(map(AccessScope, scopes)), None)
    return served.tcp(secret)


@pytest.mark.parametrize("scopes", [("call",), ("listen",), ("view", "door", "digits")])
def test_a_token_needs_call_and_listen(served, station, scopes):
    with with_scopes(served, *scopes) as client:
        assert client.post(PATH, json=OFFER).status_code == 403
    assert (station.offers, len(station.denials)) == ([], 1)


def test_it_names_the_servers_that_show_a_browser_its_address(served):
    with with_scopes(served, "view") as client:
        assert client.get(PATH).json() == {"ice_servers": ["stun:stun.example"]}


FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9"}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_makes_no_call(served, station, headers):
    with served.tcp() as client:
        assert client.post(PATH, json=OFFER, headers=headers).status_code == 403
        cookie = client.post("/v1/session", headers={"Origin": served.bound.url.rstrip("/")}).headers["set-cookie"]
    with served.tcp(token=None) as client:
        session = {"Cookie": cookie.partition(";")[0]}
        for given in (headers, {}):
            assert client.post(PATH, json=OFFER, headers=session | given).status_code == 403
    assert station.offers == []


def test_a_long_offer_is_refused(served, station):
    with served.tcp() as client:
        assert client.post(PATH, json={"offer": "v" * 20001}).status_code == 400
        assert client.post(PATH, json={"offer": 1}).status_code == 400
    assert station.offers == []


def test_its_answer_lasts_as_long_as_the_call(served, station):
    lines = []

    def read():
        with with_scopes(served, "call", "listen") as client, client.stream("POST", PATH, json=OFFER) as answer:
            lines.extend([answer.status_code, answer.headers["x-accel-buffering"], *answer.iter_lines()])

    reader = threading.Thread(target=read)
    reader.start()
    until(lambda: station.offers, "an offer")
    call = until(lambda: next((each["id"] for each in station.state["calls"] if each["led_by"] == "http:anna"), ""))
    served.tell("call.ended", call="c-other")
    assert reader.is_alive()
    until(lambda: station.subscribers, "a client that follows the call")
    served.tell("call.ended", call=call)
    reader.join(60)
    assert lines[:2] == [200, "no"]
    assert json.loads(lines[2]) == {"call": call, "answer": "v=0\r\n"}
    assert not any(lines[3:])
    assert station.offers == [("v=0", "127.0.0.1", "http:anna")]


def test_who_goes_away_hangs_up(served, station):
    with served.tcp() as client, client.stream("POST", PATH, json=OFFER) as answer:
        lines = answer.iter_lines()
        call = json.loads(next(lines))["call"]
        assert station.requests == []
    until(lambda: station.requests, "a hang-up")
    assert station.requests == [(inputs.HangUpCall(CallId(call)), "http:token")]


def test_a_token_that_ends_ends_its_call(served, station):
    """A phone that was lost must not go on listening at the door."""
    with with_scopes(served, "call", "listen") as client, client.stream("POST", PATH, json=OFFER) as answer:
        lines = answer.iter_lines()
        call = json.loads(next(lines))["call"]
        (token,) = station.tokens.list()
        station.tokens.remove(token["id"])
        until(lambda: station.requests, "a hang-up")
        assert not any(lines)  # the answer ends
    assert station.requests == [(inputs.HangUpCall(CallId(call)), "http:anna")]


def test_a_logout_ends_the_call_of_its_session(served, station):
    own = {"Origin": served.bound.url.rstrip("/")}
    with with_scopes(served, "call", "listen") as client:
        cookie = client.post("/v1/session", headers=own).headers["set-cookie"].partition(";")[0]
    headers = own | {"Cookie": cookie}
    with served.tcp(token=None) as page, page.stream("POST", PATH, json=OFFER, headers=headers) as answer:
        lines = answer.iter_lines()
        call = json.loads(next(lines))["call"]
        with served.tcp(token=None) as other:
            assert other.delete("/v1/session", headers=headers).status_code == 200
        until(lambda: station.requests, "a hang-up")
        assert not any(lines)
    assert station.requests == [(inputs.HangUpCall(CallId(call)), "http:anna")]


def test_who_may_not_wait_any_longer_is_not_answered_later(served, station):
    station.refuses_offers = IntercomError(ErrorCode.UNAVAILABLE, "The station does not take the call.")
    with served.tcp() as client:
        assert client.post(PATH, json=OFFER).status_code == 503
    assert [type(action) for action, _ in station.requests] == [inputs.HangUpCall]


def test_without_a_token_nobody_calls(served, station):
    answer = httpx.post(f"{served.bound.url.rstrip('/')}{PATH}", json=OFFER, trust_env=False)
    assert answer.status_code == 401
    assert TOKEN not in answer.text
    assert station.offers == []
