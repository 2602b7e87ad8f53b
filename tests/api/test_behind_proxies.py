"""A station behind nginx and Caddy with their defaults: events come at once, the page works, also under a prefix."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from appliance.api import app
from appliance.api.http import server
from appliance.core import inputs
from tests.api.conftest import PATIENCE_S, TOKEN, Served, hold, log_in, rings, run
from tests.support.peers.sipp import free_port
from tests.support.peers.web_proxies import INGRESS, caddy, guided_caddy, guided_ingress, guided_nginx, nginx
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
OFFER = {"offer": "v=0"}


def behind_ingress(work, station, port, prefix):
    """Home Assistant's ingress, under the paths that it gives to an app."""
    assert prefix == INGRESS
    return guided_ingress(work, station, port)


PROXIES = {
    "nginx": nginx,
    "nginx that compresses": partial(nginx, gzip="on"),
    "nginx with a prefix": partial(nginx, prefix="/house/door/"),
    "caddy": caddy,
    "nginx of the guide": guided_nginx,
    "caddy of the guide": guided_caddy,
    "the guide's app for Home Assistant's ingress": partial(behind_ingress, prefix=INGRESS),
    "caddy with a prefix": partial(caddy, prefix="/house/door/"),
}


@contextlib.contextmanager
def serving(station, loop, **given):
    """The station, at a port of its own; given: what HttpServer gets about proxies."""
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, **given)
    bound = run(loop, listening.start())
    try:
        yield Served(station, bound, loop)
    finally:
        run(loop, listening.stop())


@contextlib.contextmanager
def proxied(station, loop, tmp_path, proxy, name="127.0.0.1", believed=()):
    """The station, and the address of its page through the proxy. believed: the addresses of proxies (http.proxies)."""
    port = free_port()
    names = [f"{name}:{port}"]
    with (
        serving(station, loop, names=names, proxies=believed) as served,
        proxy(tmp_path / "proxy", f"127.0.0.1:{served.bound.port}", port),
    ):
        prefix = getattr(proxy, "keywords", {}).get("prefix", "/")
        yield served, f"http://{name}:{port}{prefix}"


def through(address, token=TOKEN, come_from=None):
    """A client that comes through the proxy; come_from: its own address."""
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.HTTPTransport(local_address=come_from)
    return httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_S, transport=transport, trust_env=False)


@contextlib.contextmanager
def calling(client, **headers):
    """A browser's call, and the first line of its answer.

    Caddy may have read the request to its last byte, but not seen its end yet. An answer that begins in this moment, as
    no real station's does, ends empty there: then the call is placed once more.
    """
    with contextlib.ExitStack() as calls:

        def first():
            answer = calls.enter_context(client.stream("POST", "v1/calls/from-browser", json=OFFER, headers=headers))
            lines = calls.enter_context(contextlib.closing(answer.iter_lines()))  # without it the answer is closed
            return next(lines, "")

        yield json.loads(until(first, "an answer with a line"))


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_a_stream_of_events_begins_and_goes_on_through_a_proxy(station, loop, tmp_path, proxy):
    with proxied(station, loop, tmp_path, proxy) as (served, address):
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream", "Accept-Encoding": "gzip"}
        get = partial(httpx.stream, "GET", f"{address}v1/events", headers=headers, timeout=PATIENCE_S, trust_env=False)
        with get() as answer:
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("id: ")) == "id: 0"
            served.tell("custom", n="first")
            assert next(line for line in lines if line.startswith("event: ")) == "event: custom"


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_a_long_poll_and_a_browsers_call_go_through_a_proxy(station, loop, tmp_path, proxy):
    with proxied(station, loop, tmp_path, proxy) as (served, address), through(address) as client:
        with ThreadPoolExecutor(1) as others:
            poll = others.submit(client.get, "v1/events?since=0&wait=60")
            until(lambda: station.subscribers, "the poll")
            served.tell("custom", n="first")
            assert [each["type"] for each in poll.result().json()["events"]] == ["custom"]
        with calling(client) as begun:  # at once, though the answer lasts as long as the call
            hung_up = inputs.HangUpCall(begun["call"]), "http:token"
            assert hung_up not in station.requests
        until(lambda: hung_up in station.requests, "a hang-up")


@pytest.mark.parametrize("proxy", [guided_nginx, guided_caddy])
def test_who_guesses_tokens_through_a_proxy_shuts_nobody_out_whatever_address_it_names(station, loop, tmp_path, proxy):
    with proxied(station, loop, tmp_path, proxy) as (_, address), through(address, "wrong") as stranger:
        answers = [stranger.get("v1/state", headers={"X-Forwarded-For": f"192.0.2.{each}"}) for each in range(30)]
        assert {each.status_code for each in answers} == {401, 429}
        with through(address) as client:
            assert client.get("v1/state").status_code == 200


@pytest.mark.parametrize("proxy", [guided_nginx, guided_caddy])
def test_a_proxy_of_the_owner_shows_the_address_of_a_client_which_may_say_what_it_likes(station, loop, tmp_path, proxy):
    with (
        proxied(station, loop, tmp_path, proxy, believed=["127.0.0.1"]) as (_, address),
        through(address, come_from="127.0.0.77") as client,
        calling(client, **{"X-Forwarded-For": "192.0.2.9"}),
    ):
        pass
    assert {peer for _, peer, _ in station.offers} == {"127.0.0.77"}


FAR = "203.0.113.7"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ([FAR], FAR),
        ([f"192.0.2.9, {FAR}"], FAR),
        (["192.0.2.9", FAR], FAR),
        ([f"192.0.2.9,{FAR} , 198.51.100.2"], FAR),  # through two proxies
        (["198.51.100.2"], "198.51.100.2"),  # the proxy itself asks
        (["2001:DB8::0:7"], "2001:db8::7"),
        ([f"::ffff:{FAR}"], FAR),
        ([], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([f"{FAR}, unknown"], "127.0.0.1"),
        ([f"{FAR}:4711"], "127.0.0.1"),
        ([f"{FAR}, a line\tof the log"], "127.0.0.1"),
        (["fe80::7%a line of the log"], "fe80::7"),
    ],
)
def test_the_last_address_that_is_no_proxys_is_the_clients(station, loop, said, address):
    assert _seen(station, loop, ["127.0.0.1", "198.51.100.2"], said) == [address]


@pytest.mark.parametrize("proxies", [[], ["192.0.2.1"]])
def test_nobody_else_is_believed_about_an_address(station, loop, proxies):
    assert _seen(station, loop, proxies, [FAR]) == ["127.0.0.1"]


def _seen(station, loop, proxies, said):
    """The addresses that ask for a call, where somebody at 127.0.0.1 says these X-Forwarded-For."""
    headers = [("X-Forwarded-For", each) for each in said]
    with (
        serving(station, loop, proxies=proxies) as served,
        served.tcp() as client,
        client.stream("POST", "/v1/calls/from-browser", json=OFFER, headers=headers) as answer,
    ):
        next(answer.iter_lines())
    return [peer for _, peer, _ in station.offers]


def test_wrong_tokens_are_counted_for_each_client_of_a_proxy_of_the_owner(station, loop):
    with serving(station, loop, proxies=["127.0.0.1"]) as served, served.tcp("wrong") as client:
        guesses = [client.get("/v1/state", headers={"X-Forwarded-For": FAR}).status_code for _ in range(30)]
        other = client.get("/v1/state", headers={"X-Forwarded-For": "192.0.2.9"}).status_code
        events = f"ws://127.0.0.1:{served.bound.port}/v1/events"
        with pytest.raises(InvalidStatus):
            connect(events, additional_headers={"X-Forwarded-For": "192.0.2.10"})
    assert (guesses[0], guesses[-1], other) == (401, 429, 401)
    assert [source for source, _ in station.lockouts] == [FAR]
    assert {source for _, source, _ in station.denials} == {FAR, "192.0.2.9", "192.0.2.10"}


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_the_page_logs_in_follows_the_events_and_gives_orders_through_a_proxy(page, station, loop, tmp_path, proxy):
    with proxied(station, loop, tmp_path, proxy) as (served, address):
        log_in(page, f"{address}#token={TOKEN}")
        page.shows("#link-text", "live")
        rings(station, served, "c-1")
        page.shows("#ring", "Kitchen")
        page.click('[data-key="c-1 answer"]')
        until(lambda: station.requests)
        assert station.requests == [(inputs.AnswerCall("c-1"), "http:token")]
        page.open(f"{address}docs")
        page.shows("#operations", "/v1/calls")


def test_home_assistant_shows_the_page_in_a_frame_and_another_site_does_not(page, station, loop, tmp_path):
    with proxied(station, loop, tmp_path, guided_ingress) as (served, address):
        page.open(address)
        log = "document.querySelector('iframe').contentDocument?.querySelector('#login')?.checkVisibility()"
        until(lambda: page.value(log), "the page in the frame", PATIENCE_S)
        with served.tcp() as client:
            assert "frame-ancestors 'self'" in client.get("/").headers["content-security-policy"]


def test_orders_work_by_plain_http_under_a_name_of_the_house(page, station, loop, tmp_path):
    with proxied(station, loop, tmp_path, nginx, "door.home.test") as (_, address):
        log_in(page, f"{address}#token={TOKEN}")
        page.shows("#link-text", "live")
        assert page.value("isSecureContext") is False
        hold(page, '[data-door="front"] button', lambda: station.requests)
        assert station.requests == [(inputs.OpenDoor("front", None), "http:token")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "door.example.org", "Origin": "https://door.example.org"},
        {"Host": "door.example.org", "Origin": "http://door.example.org"},
        {"Origin": "https://DOOR.example.org"},
        {"Origin": "https://ha.example.org:8123"},
        {"Host": "door.example.org"},
    ],
)
def test_a_name_of_a_proxy_is_one_of_the_station(station, loop, headers):
    assert _status(station, loop, headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.org"},
        {"Host": "door.example.org", "Origin": "https://evil.example.org"},
        {"Host": "door.example.org:81"},
        {"Origin": "https://door.example.org:8443"},
        {"Origin": "https://ha.example.org"},
        {"Origin": "ftp://door.example.org"},
        {"Origin": "https://door.example.org.evil.example"},
        {"Origin": "null"},
    ],
)
def test_no_other_name_is(station, loop, headers):
    assert _status(station, loop, headers) == 403


def _status(station, loop, headers):
    names = ["door.example.org", "ha.example.org:8123"]
    with serving(station, loop, names=names) as served, served.tcp() as client:
        return client.post("v1/doors/front/open", headers=headers).status_code
