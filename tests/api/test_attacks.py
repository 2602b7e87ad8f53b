"""The attack list of the HTTP interface: what a foreign page, a stranger or a local user tries, and the answer.

docs/explanation/security.md has a row for each.
"""

import contextlib
import json
import re
import socket
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from appliance.api.http import connections, idempotency
from tests.api.conftest import PATIENCE_S, TOKEN

PAGE = Path(__file__).parents[2] / "docs/explanation/security.md"


@pytest.fixture
def browser(served):
    """A browser that has logged in: it sends its cookie with every request, whatever page caused it."""
    with served.tcp() as client:
        cookie = client.post("/v1/session", headers=ours(served)).headers["set-cookie"].partition(";")[0]
    return {"Cookie": cookie}


def asked(served, headers, method="POST", path="/v1/doors/front/open", **given):
    with served.tcp(token=None) as client:
        return client.request(method, path, headers=headers, **given)


def ours(served, **more):
    return {"Origin": served.bound.url.rstrip("/"), **more}


def test_the_stations_own_page_is_served(served, browser, station):
    assert asked(served, browser | ours(served)).status_code == 200
    assert asked(served, browser | ours(served, **{"Sec-Fetch-Site": "same-origin"})).status_code == 200
    assert asked(served, browser, "GET", "/v1/state").status_code == 200
    assert len(station.requests) == 2


FOREIGN = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another port of the host": {"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "same-site"},
    "a sandboxed frame": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "no origin at all": {},
    "no origin, from another site": {"Sec-Fetch-Site": "cross-site"},
    "no origin, from another port": {"Sec-Fetch-Site": "same-site"},
    "a bookmark or an extension": {"Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("caused", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/doors/front/open"),
        ("POST", "/v1/tokens"),
        ("PATCH", "/v1/config/runtime"),
        ("DELETE", "/v1/session"),
    ],
)
def test_a_foreign_page_orders_nothing_with_the_cookie(served, browser, station, caused, method, path):
    form = {"Content-Type": "text/plain"}  # what a form can send without a preflight
    answer = asked(served, browser | caused | form, method, path, content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert station.requests == [] and station.tokens.list() == []
    assert asked(served, browser, "GET", "/v1/state").status_code == 200  # nor has it ended the session


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_reads_nothing_with_the_cookie(served, browser, site):
    assert asked(served, browser | {"Sec-Fetch-Site": site}, "GET", "/v1/state").status_code == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:9"])
def test_a_foreign_page_gets_no_websocket_with_the_cookie(served, browser, origin):
    uri = f"ws://127.0.0.1:{served.bound.port}/v1/events"
    with pytest.raises(InvalidStatus) as refused:
        with connect(uri, subprotocols=["intercomd.v1"], origin=origin, additional_headers=browser, proxy=None):
            pass
    assert refused.value.response.status_code == 403
    own = served.bound.url.rstrip("/")
    with connect(uri, subprotocols=["intercomd.v1"], origin=own, additional_headers=browser, proxy=None) as feed:
        served.tell("custom", note="ours")
        assert json.loads(feed.recv(PATIENCE_S))["data"]["note"] == "ours"


def test_a_foreign_page_may_not_even_ask_beforehand(served, browser):
    """A preflight: nothing in the answer lets a browser send the real request."""
    wanted = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = asked(served, browser | wanted, "OPTIONS")
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("caused", FOREIGN.values(), ids=FOREIGN)
def test_another_page_cannot_log_a_browser_in(served, station, caused):
    """A login that another site causes puts its own session in place of the resident's."""
    with served.tcp() as client:
        answer = client.post("/v1/session", headers=caused)
    assert (answer.status_code, answer.json()["code"], "set-cookie" in answer.headers) == (403, "forbidden", False)


@pytest.mark.parametrize("path", ["/", "/v1/state", "/v1/session"])
def test_a_name_that_is_pointed_at_the_station_is_refused(served, browser, path):
    """DNS rebinding: the foreign page and the station then have one origin, with a Host that is not ours."""
    evil = f"evil.example:{served.bound.port}"
    rebound = {"Host": evil, "Origin": f"http://{evil}", "Sec-Fetch-Site": "same-origin"}
    answer = asked(served, browser | rebound, "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_cookie_that_somebody_else_has_set_is_never_taken_over(served, station):
    """Fixation: the login makes a new cookie, whatever the browser brings, and ends the one before."""
    name = f"intercom-{served.bound.port}"
    planted = {"Cookie": f"{name}=planted-by-somebody-else-0123456789"}
    with served.tcp() as client:
        made = client.post("/v1/session", headers=planted | ours(served)).headers["set-cookie"]
        assert "planted" not in made
        assert asked(served, planted, "GET", "/v1/state").status_code == 401
        first = {"Cookie": made.partition(";")[0]}
        second = client.post("/v1/session", headers=first | ours(served)).headers["set-cookie"].partition(";")[0]
    assert asked(served, first, "GET", "/v1/state").status_code == 401
    assert asked(served, {"Cookie": second}, "GET", "/v1/state").status_code == 200
    both = {"Cookie": f"{planted['Cookie']}; {second}"}
    assert asked(served, both, "GET", "/v1/state").status_code == 401


@pytest.mark.usefixtures("guesses_at_once")
def test_a_token_or_cookie_that_is_guessed_locks_the_guesser_out_and_nobody_else(served, browser, station):
    name = f"intercom-{served.bound.port}"
    guesses = [asked(served, {"Cookie": f"{name}=guess-{n}"}, "GET", "/v1/state").status_code for n in range(20)]
    guesses += [
        asked(served, {"Authorization": f"Bearer guess-{n}"}, "GET", "/v1/state").status_code for n in range(20)
    ]
    assert guesses[0] == 401 and guesses[-1] == 429
    assert station.lockouts == [("127.0.0.1", 60.0)]
    assert asked(served, browser, "GET", "/v1/state").status_code == 200


@pytest.mark.usefixtures("guesses_at_once")
def test_a_right_token_between_guesses_clears_no_count(served, station):
    answers = []
    for number in range(20):
        answers.append(asked(served, {"Authorization": f"Bearer guess-{number}"}, "GET", "/v1/state").status_code)
        assert asked(served, {"Authorization": f"Bearer {TOKEN}"}, "GET", "/v1/state").status_code == 200
    assert answers[0] == 401 and answers[-1] == 429
    assert station.lockouts == [("127.0.0.1", 60.0)]


@pytest.mark.parametrize("parts", [1, 1000])
def test_a_body_that_is_too_long_is_refused(served, station, parts):
    body = b"x" * (idempotency.LONGEST_BODY + 1)
    step = -(-len(body) // parts)
    chunks = (body[at : at + step] for at in range(0, len(body), step))
    try:
        answer = asked(served, {"Authorization": f"Bearer {TOKEN}"}, content=body if parts == 1 else chunks)
    except httpx.TransportError:
        pass  # closed while the body was still being sent
    else:
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-long")
    assert station.requests == []


LENGTHS = {
    "both": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "both, the other way round": ("Transfer-Encoding: chunked", "Content-Length: 5"),
    "both, in capitals": ("CONTENT-LENGTH: 5", "TRANSFER-ENCODING: CHUNKED"),
    "both, by HTTP/1.0": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "two lengths": ("Content-Length: 5", "Content-Length: 50"),
    "two encodings": ("Transfer-Encoding: gzip, chunked",),
    "an encoding that is none": ("Transfer-Encoding: identity", "Content-Length: 5"),
    "a blank before the colon": ("Content-Length : 5", "Transfer-Encoding : chunked"),
}


@pytest.mark.parametrize("lengths", LENGTHS)
def test_a_request_whose_length_is_given_twice_is_refused_and_its_connection_closed(served, station, lengths):
    version = "1.0" if "1.0" in lengths else "1.1"
    lines = [
        f"POST /v1/doors/front/open HTTP/{version}",
        f"Host: 127.0.0.1:{served.bound.port}",
        f"Authorization: Bearer {TOKEN}",
        *LENGTHS[lengths],
    ]
    smuggled = "POST /v1/doors/front/open HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.bound.port), PATIENCE_S) as client:
        client.sendall("\r\n".join([*lines, "", "0\r\n\r\n" + smuggled]).encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert re.match(rb"HTTP/1.1 (400|501) ", answer)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert station.requests == []


@pytest.mark.parametrize(
    "slow",
    [
        b"",
        b"POST /v1/doors/front/open HTT",
        b"POST /v1/doors/front/open HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    ],
    ids=["silent", "half a line", "no body"],
)
def test_a_client_that_does_not_go_on_is_cut_off_and_others_are_served(served, browser, set_times, slow):
    set_times(http_request_s=2.0)
    with socket.create_connection(("127.0.0.1", served.bound.port), PATIENCE_S) as held:
        held.sendall(slow)
        assert asked(served, browser, "GET", "/v1/state").status_code == 200
        try:
            while held.recv(4096):
                pass
        except ConnectionError:
            pass


def test_a_connection_from_each_of_many_addresses_shuts_no_client_out(served, monkeypatch):
    """A machine has as many addresses as it likes, most of all by IPv6, and a page more than one connection."""
    monkeypatch.setattr(connections, "place", str)  # else all of 127.0.0.0/8 are one source
    where, most = ("127.0.0.1", served.bound.port), connections.MOST
    with contextlib.ExitStack() as stack:
        client, follower, other = (stack.enter_context(served.tcp()) for _ in range(3))
        assert client.get("/v1/state").status_code == 200
        stream = follower.stream("GET", "/v1/events", headers={"Accept": "text/event-stream"})
        answers = [stack.enter_context(stream)]
        for n in range(most + 10):
            source = f"127.0.{1 + n // 250}.{1 + n % 250}", 0
            stack.enter_context(socket.create_connection(where, PATIENCE_S, source))
        answers += [client.post("/v1/doors/front/lock"), other.post("/v1/doors/front/unlock")]
        assert [each.status_code for each in answers] == [200, 200, 200]


def test_the_list_in_the_documents_is_this_one():
    section = PAGE.read_text().partition("## Attacks on the HTTP interface")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(test_\w+)`", section))
    there = {name for name in globals() if name.startswith("test_a_")}
    assert listed == there
