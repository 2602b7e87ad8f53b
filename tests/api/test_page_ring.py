"""What rings, on the station's page: who comes first, what may be pressed, and what it says about the door."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.core import inputs
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import hold, opened, rings
from tests.support.waiting import until

pytestmark = pytest.mark.far_end


def test_a_further_ring_holds_back_its_own_buttons_only_and_visitors_come_first(page, shared, station):
    opened(page, shared, station)
    rings(station, shared, "c-1")
    page.shows("#ring", "Kitchen")
    until(lambda: page.value("document.querySelector('[data-held]') === null"), "buttons that work", START_S)
    page.value("""
        new MutationObserver((_, each) => {
          each.disconnect();
          for (const call of ["c-2", "c-1"]) document.querySelector(`[data-key="${call} answer"]`).click();
        }).observe(document.querySelector("#rings"), { childList: true });
    """)
    rings(station, shared, "c-1", "c-2")
    until(lambda: station.requests)
    page.click('[data-key="c-2 answer"]')
    until(lambda: len(station.requests) == 2)
    assert [action for action, _ in station.requests] == [inputs.AnswerCall("c-1"), inputs.AnswerCall("c-2")]
    station.state["calls"].append(fake.call("c-3", state="ringing", connected_since=None, ring="v-1"))
    shared.tell("ring.started", ring="v-1", button="kitchen", to="Kitchen")
    page.shows("#ring", "Somebody is at the door.")
    order = "[...document.querySelectorAll('#rings article')].map((each) => each.dataset.ring)"
    assert page.value(order) == ["v-1", "c-1", "c-2"]


def test_a_call_that_somebody_else_took_is_noted_and_a_call_of_our_own_ring_is_not(page, shared, station):
    station.state["calls"] = []
    opened(page, shared, station)
    ended = {"cause": "answered_elsewhere", "direction": "incoming", "from": "sip:front@192.0.2.1"}
    shared.tell("call.canceled", call="c-8", **ended)
    page.shows("[data-note=answered]", "sip:front@192.0.2.1: seen to elsewhere")
    shared.tell("call.failed", call="c-9", **{**ended, "direction": "outgoing", "from": "sip:here@192.0.2.2"})
    station.state["appliance"]["station"] = "Back door"
    shared.tell("custom")
    page.shows("#station", "Back door")
    assert "front" in page.value("document.querySelector('[data-note=answered]').innerText")


def test_a_ring_says_how_long_it_lasts(page, shared, station):
    began = datetime.now(UTC) - timedelta(seconds=65)
    station.state["calls"] = [
        fake.call(
            call,
            state="incoming",
            direction="incoming",
            connected_since=None,
            created=created.isoformat().replace("+00:00", "Z"),
        )
        for call, created in (("c-1", began), ("c-2", began + timedelta(seconds=50)))
    ]
    opened(page, shared, station)
    page.shows("#ring-title", "It rings · 1:")
    before = page.value("document.querySelector('#ring-time').textContent")
    until(lambda: page.value("document.querySelector('#ring-time').textContent") != before, "a second", START_S)
    station.state["calls"] = []
    shared.tell("call.ended", call="c-1")
    until(lambda: page.value("document.querySelector('#ring-time').textContent") == "", "the end", START_S)


def test_nothing_moves_where_somebody_wants_that_and_a_hold_still_opens(page, shared, station):
    moves = """(() => {
      const hold = document.querySelector("#rings .hold");
      hold.classList.add("holding");
      const style = (each, part) => getComputedStyle(each, part);
      const found = [style(document.querySelector("#rings .s-waves")).animationName,
        style(document.querySelector(".s-door")).transitionDuration, style(hold, "::before").transitionDuration];
      hold.classList.remove("holding");
      return found;
    })()"""
    opened(page, shared, station)
    rings(station, shared, "c-1")
    page.shows("#ring .who", "Kitchen")
    assert page.value(moves) == ["wave", "0.4s", "0.6s"]
    with page.still():
        found = lambda: page.value(moves)  # noqa: E731
        until(lambda: found() == ["none", "0s", "0s"], "stillness", START_S, log=found)
        hold(page, "#rings .hold", lambda: station.requests)
    assert [type(action) for action, _ in station.requests] == [inputs.OpenDoor]


def test_a_ring_or_the_end_of_its_call_closes_the_transfer(page, shared, station):
    ringing = fake.call("c-2", state="incoming", direction="incoming", connected_since=None)
    station.state["calls"] = [fake.call("c-1")]
    opened(page, shared, station)
    with page.screen(1280, 800):
        for calls in ([fake.call("c-1"), ringing], [ringing]):
            page.click('[data-key="c-1 transfer"]')
            page.shows("#transfer", "Transfer Kitchen")
            station.state["calls"] = calls
            shared.tell("call.state_changed", call="c-1")
            until(lambda: page.value("document.querySelector('#transfer').open") is False, "no dialog", START_S)


def test_do_not_disturb_says_whom_it_silences(page, shared, station):
    opened(page, shared, station)
    page.shows("#quiet", "no call rings here, not even from another door station. Visitors at this station still ring.")
    station.state["panel"]["buttons"], station.state["directory"] = [], []
    shared.tell("config.changed", applied="panel", needs_restart="")
    text = "document.querySelector('#quiet').innerText"
    until(lambda: "Visitors" not in page.value(text), "an indoor station", START_S, log=lambda: page.value(text))


def test_an_indoor_station_says_when_the_visitors_door_can_be_opened(page, shared, station):
    station.state["doors"] = []
    station.state["panel"]["buttons"].append(fake.button("door", "door"))
    opened(page, shared, station)
    rings(station, shared, "c-1")
    page.shows("#ring", "You can open the visitor's door once you have answered. The station")
    station.state["calls"] = [fake.call("c-1", direction="incoming")]
    shared.tell("call.connected", call="c-1")
    page.shows("#calls", "connected")
    hold(page, '[data-key="c-1 door"]', lambda: station.requests)
    assert [action.button for action, _ in station.requests] == ["door"]
