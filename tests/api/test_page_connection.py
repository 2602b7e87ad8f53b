"""The station's page without its station: no network, a station that is gone without a word, a question that fails."""

import asyncio
import threading
from contextlib import closing, contextmanager, suppress

import pytest

from appliance.api import app
from appliance.api.http import server
from appliance.base.errors import ErrorCode, IntercomError
from tests.api.browser import START_S
from tests.api.conftest import PATIENCE_S, TOKEN, Served, log_in, opened, rings, run
from tests.support.processes import hold_up
from tests.support.waiting import until

pytestmark = pytest.mark.far_end


def test_a_page_without_network_says_so_and_comes_back_by_itself(page, shared, station):
    opened(page, shared, station)
    with page.offline():
        page.shows("#link-text", "no connection")
        page.shows("#banner", "No connection to the station. The page shows it as it was on")
    page.shows("#link-text", "live")
    until(lambda: page.value("document.querySelector('#banner').hidden") is True, "no banner", START_S)


def lost_and_back(page, statement):
    """The network goes away and comes back; the page runs a statement meanwhile."""
    with page.offline():
        page.value(f"{statement}; 0")
        page.shows("#link-text", "no connection")
    page.shows("#link-text", "live")


def test_an_address_that_ends_in_the_middle_of_a_character_costs_no_connection(page, shared, station):
    opened(page, shared, station)
    lost_and_back(page, "location.hash = '#codes=%'")
    page.shows("#title", "Guests")


def test_a_part_that_cannot_be_drawn_costs_neither_the_connection_nor_other_parts(page, shared, station):
    opened(page, shared, station)
    lost_and_back(page, "document.querySelector('#ring').remove()")
    station.state["doors"][0]["name"] = "Garden"
    shared.tell("config.changed", changed=[])
    page.shows("#doors", "Garden")


# What the banner says, from one moment to the next.
TOLD = """{
  window.told = [];
  const banner = document.querySelector("#banner");
  const all = { attributes: true, childList: true, characterData: true, subtree: true };
  new MutationObserver(() => told.push(banner.innerText)).observe(banner, all);
}"""


@contextmanager
def stopped(shared):
    """The server stands still, as after SIGSTOP: its connections stay open, and nothing is answered."""
    go_on = threading.Event()
    shared.loop.call_soon_threadsafe(go_on.wait, PATIENCE_S)
    try:
        yield
    finally:
        go_on.set()


def test_a_station_that_hangs_is_noticed_and_takes_no_order_until_it_is_back(page, shared, station):
    opened(page, shared, station)
    buttons = "[...document.querySelectorAll('#doors button, #buttons button, #dnd')]"
    with stopped(shared):
        page.shows("#link-text", "no connection")
        assert page.value(f"{buttons}.map((each) => each.matches(':disabled'))") == [True] * 4
    page.shows("#link-text", "live")
    assert page.value(f"{buttons}.map((each) => each.matches(':disabled'))") == [False] * 4


# The device sleeps for an hour, in which browsers on Linux and macOS do not count performance.now() on.
ASLEEP = """{
  const [before, wall] = [performance.now(), Date.now];
  performance.now = () => before;
  Date.now = () => wall() + 3_600_000;
} 0"""


def test_a_page_on_a_device_that_was_asleep_shows_nothing_as_true_that_the_station_does_not_confirm(
    page, shared, station
):
    opened(page, shared, station)
    with stopped(shared):
        page.value(ASLEEP)
        page.shows("#link-text", "no connection")
    page.shows("#link-text", "live")


def watched(page):
    """Have the page note each state of its connection, and from when on."""
    changes = "new MutationObserver(() => window.seen.push(link.dataset.state)).observe(link, { attributes: true })"
    page.value(f"window.seen = []; {{ const link = document.querySelector('#link'); {changes}; }}")
    page.value("window.began = performance.now()")


def stays_live(page, ms):
    until(lambda: page.value(f"performance.now() - window.began > {ms}"), f"{ms} ms", START_S)
    assert page.value("window.seen.join()") == ""


def test_a_station_on_which_nothing_happens_looks_live_for_longer_than_a_silence_may_last(page, shared, station):
    opened(page, shared, station)
    watched(page)
    stays_live(page, 15_000)


def test_a_page_that_was_held_up_for_longer_reads_what_came_before_it_says_lost(page, shared, station):
    opened(page, shared, station)
    watched(page)
    hold_up(11.0, *page.processes())  # a script that computes for as long would take a processor, too
    stays_live(page, 12_500)


@pytest.mark.parametrize("order", ['[data-door="front"] button', "#dnd"])
def test_an_order_that_gets_no_answer_is_given_up(page, shared, station, order):
    with page.first("localStorage.setItem('intercomd.press', 'plain')"):
        opened(page, shared, station)
    page.value(TOLD)
    with stopped(shared):
        page.click(order)
        # Not for long, if the click came late: the page soon says that it has no connection.
        late = "the station did not answer in time. see whether your order took effect"
        until(lambda: late in page.value("told.join()").lower(), "that it was given up", START_S)
    station.state["appliance"]["station"] = "Back door"
    shared.tell("custom")
    page.value("localStorage.removeItem('intercomd.press')")
    page.shows("#station", "Back door")  # by now the station is done with what it read late
    assert station.requests == []


def test_a_login_that_gets_no_answer_says_so(page, shared):
    page.open(shared.bound.url)
    page.type("#login-token", TOKEN)
    with stopped(shared):
        page.key("Enter")
        page.shows("#login-why", "connecting")
        page.shows("#login-why", "The station did not answer in time.")


def test_an_event_that_a_part_cannot_take_costs_neither_the_new_state_nor_the_part(page, shared, station):
    shared.tell("custom")  # which the page may hear before its list of events has come
    broken = "Element.prototype.prepend = (prepend => function (...all) { %s return prepend.apply(this, all); })"
    lists = "if (this.id === 'events') throw new TypeError();"
    with page.first(f"{broken % lists}(Element.prototype.prepend)"):
        opened(page, shared, station)
        station.state["doors"][0]["name"] = "Garden"
        shared.tell("ring.ended", result="opened")  # as of another version: it does not say by whom
        page.shows("#doors", "Garden")


def test_a_ring_is_shown_even_if_the_first_question_for_it_fails(page, shared, station, monkeypatch):
    opened(page, shared, station)
    failures = [IntercomError(ErrorCode.UNAVAILABLE, "Busy.")]
    snapshot = station.snapshot

    def fails_once():
        if failures:
            raise failures.pop()
        return snapshot()

    monkeypatch.setattr(station, "snapshot", fails_once)
    rings(station, shared, "c-1")
    page.shows("#ring", "Kitchen")
    assert not failures


def test_a_session_that_a_wrong_clock_ended_counts_again_once_the_clock_is_set(page, shared, station, monkeypatch):
    opened(page, shared, station)
    quick = "window.setTimeout = ((wait) => (act, ms) => wait(act, ms === 60_000 ? 1000 : ms))(setTimeout)"
    with page.first(quick):
        with monkeypatch.context() as clock:
            clock.setattr(station.sessions, "valid", lambda _: False)
            page.value("localStorage.setItem('session', Date.now() + 86_400_000)")  # the station is a day behind
            page.reload()
            page.shows("#link-text", "logged out")
        page.shows("#link-text", "live")


SOCKET, STREAM, POLL = b"upgrade: websocket", b"text/event-stream", b"/v1/events?wait="


@contextmanager
def swallowing(station, loop, swallowed):
    """A station behind a proxy that never answers requests with these words, nor closes their connections.

    Yields the station, its address there, and what was not answered.
    """
    port, lost, tasks = 0, [], []

    async def answers(behind, writer):
        with suppress(ConnectionError):
            while chunk := await behind.read(65_536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def serve(reader, writer):
        behind, before = await asyncio.open_connection("127.0.0.1", port)
        answering = asyncio.ensure_future(answers(behind, writer))
        tasks.extend((answering, asyncio.current_task()))
        with closing(writer), closing(before), suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                if any(each in chunk.lower() for each in swallowed):
                    answering.cancel()
                    lost.append(chunk)
                    await reader.read()  # until the browser closes it
                    break
                before.write(chunk)
                await before.drain()

    async def close():
        proxy.close()
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    proxy = run(loop, asyncio.start_server(serve, "127.0.0.1", 0))
    address = "127.0.0.1:{1}".format(*proxy.sockets[0].getsockname())
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, names=[address])
    bound = run(loop, listening.start())
    port = bound.port
    try:
        yield Served(station, bound, loop), f"http://{address}/", lost
    finally:
        run(loop, close())
        run(loop, listening.stop())


def test_events_come_the_other_way_where_nothing_answers_the_one(page, station, loop):
    swallowed = [SOCKET]
    with swallowing(station, loop, swallowed) as (served, address, _):
        log_in(page, f"{address}#token={TOKEN}")
        page.shows("#link-text", "live")
        swallowed[:] = [STREAM]
        page.value("dispatchEvent(new Event('online')); 0")
        until(lambda: not station.subscribers, "the end of the stream", START_S)
        until(lambda: station.subscribers, "the WebSocket", START_S)
        page.shows("#link-text", "live")
        rings(station, served, "c-1")
        page.shows("#ring", "Kitchen")


QUICK = "window.setTimeout = ((wait) => (act, ms) => wait(act, ms === 30_000 ? 1000 : ms))(setTimeout)"


def test_the_display_at_the_door_asks_again_where_nothing_answers(page, station, loop):
    swallowed = [POLL]
    with swallowing(station, loop, swallowed) as (served, address, lost), page.first(QUICK):
        page.open(f"{address}display#token={TOKEN}")
        page.shows("#directory", "Miller")
        until(lambda: lost, "a question for events", START_S)
        swallowed.clear()
        station.state["directory"] = [{"flat": "12", "name": "Lee", "targets": ["Kitchen"]}]
        served.tell("config.changed", changed=[])
        page.shows("#directory", "Lee")
