"""A finger, or a key, on a button of the page whose surroundings change before it is let go."""

import json

import pytest

from appliance.core import inputs
from tests.api import fake
from tests.api.browser import START_S
from tests.api.conftest import opened
from tests.support.waiting import until

pytestmark = pytest.mark.far_end

INCOMING = {"state": "incoming", "direction": "incoming", "connected_since": None}
# What a person presses while something changes beside it, and what that does.
PRESSED = {
    "c-1 hangup": ([fake.call()], [fake.call(recording="r-1")], [inputs.HangUpCall("c-1")]),
    "c-1 mute": ([fake.call()], [fake.call(), fake.call("c-2")], [inputs.MuteCall("c-1", muted=True)]),
    "c-1 answer": (
        [fake.call(**INCOMING)],
        [fake.call(**INCOMING), fake.call("c-2", **INCOMING)],
        [inputs.AnswerCall("c-1")],
    ),
}

DOOR = '[data-door="front"] button'
# The finger has been on the button that opens for long enough when the test says so.
HOLDS = """{
  const set = window.setTimeout;
  window.setTimeout = (act, after, ...more) => (after === 600 ? (window.held = act) && -1 : set(act, after, ...more));
}"""


def changed(page, shared, station):
    """The page has taken in what is new: it shows all of a state in one step."""
    station.state["appliance"]["station"] = "Changed"
    shared.tell("custom")
    name = "document.querySelector('#station').textContent"
    until(lambda: page.value(name) == "Changed", "the new state", START_S, log=lambda: page.value(name))


@pytest.mark.parametrize("key", PRESSED)
def test_a_button_beside_which_something_changes_keeps_the_finger(page, shared, station, key):
    before, after, wanted = PRESSED[key]
    station.state["calls"] = before
    opened(page, shared, station)
    selector = f"[data-key={json.dumps(key)}]"
    page.press(selector)
    station.state["calls"] = after
    changed(page, shared, station)
    page.release(selector)
    until(lambda: station.requests, f"what {key} does", START_S)
    assert [action for action, _ in station.requests] == wanted
    places = "document.querySelectorAll('#calls .call, #rings [data-ring]').length"
    until(lambda: page.value(places) == len(after), "what has changed", START_S)


def test_a_door_that_changes_while_its_button_is_held_opens(page, shared, station):
    with page.first(HOLDS):
        opened(page, shared, station)
        page.press(DOOR)
        station.state["doors"] = [fake.door("front", contact="open")]
        changed(page, shared, station)
        page.value("held()")
        until(lambda: station.requests, "the opening", START_S)
        page.release(DOOR)
        page.shows('[data-door="front"]', "Stands open")
    assert [action for action, _ in station.requests] == [inputs.OpenDoor("front", None)]
