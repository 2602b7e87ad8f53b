"""A station behind a real Traefik, set up as the guide shows it. `make test-traefik` runs it."""

import contextlib

import httpx
import pytest

from appliance.api import app
from appliance.api.http import server
from appliance.core import inputs
from tests.api.conftest import PATIENCE_S, TOKEN, Served, hold, log_in, rings, run
from tests.support.peers.sipp import free_port
from tests.support.peers.web_proxies import traefik
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.traefik]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
GIVEN = {"timeout": PATIENCE_S, "trust_env": False, "verify": False}  # its certificate is of its own making


@pytest.fixture
def behind(station, loop, tmp_path):
    """The station, and the address of its page through Traefik."""
    port = free_port()
    names = [f"127.0.0.1:{port}"]
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, names=names)
    bound = run(loop, listening.start())
    with contextlib.ExitStack() as over:
        over.callback(lambda: run(loop, listening.stop()))
        over.enter_context(traefik(tmp_path / "proxy", f"127.0.0.1:{bound.port}", port))
        address = f"https://127.0.0.1:{port}/door/"

        def routes() -> bool:  # it listens before it has read its routes
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(address, **GIVEN).status_code == 200
            return False

        until(routes, "its route", PATIENCE_S)
        yield Served(station, bound, loop), address


def test_a_stream_of_events_begins_and_goes_on_at_once(behind):
    served, address = behind
    headers = HEADERS | {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    with httpx.stream("GET", f"{address}v1/events", headers=headers, **GIVEN) as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith("id: ")) == "id: 0"
        served.tell("custom", n="first")
        assert next(line for line in lines if line.startswith("event: ")) == "event: custom"


def test_the_page_logs_in_follows_the_events_and_gives_orders(page, station, behind):
    served, address = behind
    with page.any_certificate():
        log_in(page, f"{address}#token={TOKEN}")
        page.shows("#link-text", "live")
        hold(page, '[data-door="front"] button', lambda: station.requests)
        rings(station, served, "c-1")
        page.shows("#ring", "Kitchen")
        page.click('[data-key="c-1 answer"]')
        until(lambda: len(station.requests) > 1)
        assert [asked for asked, _ in station.requests] == [inputs.OpenDoor("front", None), inputs.AnswerCall("c-1")]
        page.open(f"{address}docs")
        page.shows("#operations", "/v1/calls")


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example.org"}, {"Origin": "http://127.0.0.1"}, {"Origin": "null"}]
)
def test_an_order_of_another_site_is_refused_through_it_too(station, behind, headers):
    _, address = behind
    assert httpx.post(f"{address}v1/doors/front/open", headers=HEADERS | headers, **GIVEN).status_code == 403
    assert station.requests == []
