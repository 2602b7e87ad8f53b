"""A line that is closed when it is claimed: a state and no press, whatever its button does, until it was open."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import Action, Rule
from appliance.core.panel.buttons import part_name
from tests.core import sent
from tests.core.panel.test_gestures import ALL, BOTH, DOUBLE, LEFT, LONG, PLAIN, RIGHT, acted, edges, give, panel, seen
from tests.core.station import FRONT, SETTINGS, Station, ready

GESTURES = {
    PLAIN: "click",
    LONG: "long press",
    DOUBLE: "double click",
    ALL: "all of them",
    LEFT: "chord",
    RIGHT: "long chord",
}


def closed(station: Station, button: str) -> Station:
    return station.give(inputs.ButtonEdge, button=button, active=True, first=True)


@pytest.mark.parametrize("button", GESTURES, ids=GESTURES.get)
def test_no_gesture_of_a_button_acts_that_is_down_from_the_first(button):
    station = panel()
    closed(station, button)
    assert seen(station) == [("stuck", 0.0)], "shown at once"
    assert part_name(station.state.settings.button(button)) in dict(station.state.appliance.failed)
    (shown,) = (each for each in sent.snapshot(station.state, 0.0)["panel"]["buttons"] if each["id"] == button)
    assert shown["stuck"]
    station.wait(100.0)
    give(station, button, 200.0, False)
    station.wait(10.0)
    assert seen(station) == [("stuck", 0.0), ("released", 200.0)]
    assert acted(station) == []
    assert station.state.appliance.failed == ()
    edges(station, button, 300.0, 300.2).wait(10.0)
    assert acted(station) == [f"button {button}: hangup" if button is not RIGHT else "button right: answer"]


def test_a_chord_needs_two_presses():
    station = closed(panel(), LEFT)
    edges(station, RIGHT, 1.0, 1.2).wait(10.0)
    assert BOTH not in [told.chord for told in station.told if isinstance(told, events.ButtonChord)]
    assert acted(station) == ["button right: answer"]


@pytest.mark.parametrize(
    "action", [Action.RING, Action.DOOR, Action.EXIT, Action.TALK, Action.ANSWER, Action.AUDIO_TEST, Action.VOLUME_UP]
)
@pytest.mark.parametrize("place", ["action", "long_action", "double_action"])
def test_no_action_comes_of_a_line_that_is_closed_at_the_start(action, place):
    every = {"action": Action.NONE} | {place: action}
    button = replace(SETTINGS.buttons[0], id="jammed", target="kitchen", door=FRONT, **every)
    station = ready(buttons=(button,))
    before = station.state
    closed(station, "jammed").wait(30.0)
    give(station, "jammed", 40.0, False)
    station.wait(30.0)
    assert station.ordered == []
    assert (station.state.calls, station.state.doors, station.state.audio) == (before.calls, before.doors, before.audio)


def test_no_rule_comes_of_it():
    rules = tuple(Rule(on, on, FRONT) for on in ("button.clicked", "button.held", "button.double_clicked"))
    station = closed(ready(rules=rules), "exit").wait(30.0)
    give(station, "exit", 40.0, False)
    assert station.wait(30.0).state.doors.pulses == ()


def test_the_exit_button_opens_after_its_line_was_open():
    station = closed(ready(), "out").wait(5.0)
    assert station.state.doors.pulses == ()
    station.give(inputs.ButtonEdge, button="out", active=False)
    station.wait(1.0).press("out")
    assert [door for door, _ in station.state.doors.pulses] == [FRONT]


def test_a_line_that_returns_closed_is_stuck_as_well():
    station = panel()
    give(station, PLAIN, 1.0, True)
    give(station, PLAIN, 2.0, False, lost=True)
    closed(station, PLAIN).wait(10.0)
    assert seen(station) == [("pressed", 1.0), ("released", 2.0), ("stuck", 2.0)]
    assert acted(station) == ["button plain: hangup"], "only by the press before"


def test_a_client_s_press_ends_where_its_line_is_found_closed():
    station = panel()
    station.ask(inputs.PressButton(PLAIN, seconds=5.0))
    closed(station, PLAIN).wait(20.0)
    assert seen(station) == [("pressed", 0.0), ("released", 0.0), ("stuck", 0.0)]
    give(station, PLAIN, 30.0, False)
    station.wait(10.0)
    assert acted(station) == ["button plain: hangup"]


def test_a_line_that_is_open_at_first_or_known_already_changes_nothing():
    station = panel()
    station.give(inputs.ButtonEdge, button=PLAIN, active=False, first=True)
    assert (seen(station), station.state.panel.presses) == ([], ())
    give(station, PLAIN, 1.0, True)
    before = station.state.panel
    closed(station, PLAIN)
    assert station.state.panel == before
