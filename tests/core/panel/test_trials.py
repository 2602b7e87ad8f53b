"""Trials of lamps before anybody can be called; and what an unconfigured one says."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs, status_line
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    LampId,
    LampOutput,
    Pattern,
    Picture,
    Settings,
)
from appliance.core.panel import indications
from tests.core import sent
from tests.core.station import SETTINGS, ready

STATUS, CALL = LampId("status"), LampId("call")


def lamps(station):
    return {lamp: shine.pattern for lamp, shine in station.desired.lamps}


def try_lamp(station, lamp=STATUS, pattern=Pattern.FAST, seconds=3.0):
    return station.ask(inputs.TestLamp(lamp, pattern, seconds))


def test_a_lamp_shines_as_asked_for_so_long_and_then_as_the_panel_has_it():
    station = ready()
    assert try_lamp(station).error is None
    assert lamps(station) == {STATUS: Pattern.FAST, CALL: Pattern.OFF}
    assert station.last(events.LampChanged) == events.LampChanged(STATUS, Pattern.FAST, None, 100)
    station.wait(2.9)
    assert lamps(station)[STATUS] is Pattern.FAST
    station.wait(0.2)
    assert lamps(station)[STATUS] is Pattern.ON
    assert station.last(events.LampChanged) == events.LampChanged(STATUS, Pattern.ON, None, 100)
    assert station.desired.wake_at is None


def test_a_lamp_is_tried_in_a_colour_if_it_is_one():
    station = ready()
    assert station.ask(inputs.TestLamp(STATUS, Pattern.ON, 3.0, "Red")).error is None
    assert dict(station.desired.lamps)[STATUS] == LampOutput(Pattern.ON, "#ff0000")
    refused = station.ask(inputs.TestLamp(STATUS, Pattern.ON, 3.0, "#000000")).error
    assert refused.code == "parameter-invalid"
    assert refused.message == "#000000 is not a colour of a lamp."


def test_another_trial_of_a_lamp_takes_the_place_of_the_one_before_and_two_lamps_are_tried_at_once():
    station = ready()
    try_lamp(station, seconds=10.0)
    try_lamp(station, CALL, Pattern.SLOW, 20.0)
    try_lamp(station, pattern=Pattern.OFF, seconds=5.0)
    assert lamps(station) == {STATUS: Pattern.OFF, CALL: Pattern.SLOW}
    station.wait(6.0)
    assert lamps(station) == {STATUS: Pattern.ON, CALL: Pattern.SLOW}


@pytest.mark.parametrize(
    ("lamp", "seconds", "code"),
    [("cellar", 1.0, "lamp-not-found"), (STATUS, 0.0, "parameter-invalid"), (STATUS, 60.1, "parameter-invalid")],
)
def test_a_lamp_that_is_not_there_or_a_time_that_is_none_is_refused(lamp, seconds, code):
    station = ready()
    assert try_lamp(station, lamp, seconds=seconds).error.code == code
    assert station.state.panel.lamp_trials == ()


def test_where_there_is_no_lamp_that_is_said():
    assert "none" in str(try_lamp(ready(lamps=())).error)


def test_a_button_for_nothing_is_reported_and_does_nothing():
    station = ready(buttons=(ButtonSettings(ButtonId("light"), Action.NONE),))
    station.press("light")
    assert station.last(events.ButtonClicked).button == "light"
    assert not station.orders(object)
    assert "warning" not in station.types()


NOBODY = Settings("new")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (NOBODY, "not configured"),
        (replace(NOBODY, lamps=SETTINGS.lamps), "not configured: it has no target to call"),
        (replace(NOBODY, doors=SETTINGS.doors), "not configured: it has no target to call"),
        (replace(NOBODY, buttons=SETTINGS.buttons), "not configured: it has no target to call"),
        (replace(NOBODY, targets=SETTINGS.targets), "ready"),
        (replace(NOBODY, callers="anyone"), "ready"),
    ],
)
def test_a_station_that_lacks_its_configuration_says_so(settings, said):
    state = replace(ready().state, settings=settings)
    assert status_line.status(state) == said
    assert sent.snapshot(state, 0.0)["appliance"]["configured"] == (said == "ready")
    assert indications.picture(state) is Picture.IDLE


def test_what_does_not_work_is_said_beside_what_is_lacking():
    state = replace(
        ready().state, settings=NOBODY, appliance=replace(ready().state.appliance, failed=(("audio", "no card"),))
    )
    assert status_line.status(state) == "not configured; audio: no card"
