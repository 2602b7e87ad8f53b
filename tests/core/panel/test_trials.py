"""Trials of the panel before anybody can be called: lamps, speaker, microphone; and what an unconfigured one says."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs, snapshot, status_line
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    LampId,
    LampOutput,
    Pattern,
    Picture,
    RequestId,
    Settings,
    Tone,
)
from appliance.core.orders import Reply
from appliance.core.panel import indications
from tests.core.station import SETTINGS, ready

STATUS, CALL = LampId("status"), LampId("call")
TEST = RequestId("trial")


def lamps(station):
    return {lamp: shine.pattern for lamp, shine in station.desired.lamps}


def try_lamp(station, lamp=STATUS, pattern=Pattern.FAST, seconds=3.0):
    return station.ask(inputs.TestLamp(lamp, pattern, seconds))


def try_sound(station, seconds=2.0):
    """Begin a trial of the sound; its replies so far."""
    station.give(inputs.Requested, request=TEST, who="test", action=inputs.TestSound(seconds))
    return replies(station)


def replies(station):
    return [order for order in station.orders(Reply) if order.request == TEST]


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


def test_silence_is_listened_to_then_a_tone_is_played_and_the_reply_reports_both_levels():
    station = ready()
    assert try_sound(station) == []
    assert station.desired.sound.measure
    assert station.desired.sound.tone is None
    for level in (-60.0, -55.0, -58.0):
        station.give(inputs.MicrophoneMeasured, 0.2, dbfs=level)
    station.wait(2.0)
    assert station.desired.sound.tone is Tone.TEST
    for level in (-40.0, -20.0, -22.0):
        station.give(inputs.MicrophoneMeasured, 0.2, dbfs=level)
    assert replies(station) == []
    station.wait(2.0)
    (reply,) = replies(station)
    assert (reply.error, reply.trial.quiet, reply.trial.loud) == (None, -55.0, -20.0)
    assert not station.desired.sound.measure
    assert station.desired.sound.tone is None
    station.give(inputs.MicrophoneMeasured, dbfs=0.0)  # came late
    assert station.state.panel.sound_trial is None


def test_a_microphone_without_sound_is_reported_by_no_level():
    station = ready()
    try_sound(station)
    station.wait(10.0)
    (reply,) = replies(station)
    assert (reply.trial.quiet, reply.trial.loud) == (None, None)


@pytest.mark.parametrize("seconds", [0.0, 5.1])
def test_a_tone_too_long_is_refused(seconds):
    (reply,) = try_sound(ready(), seconds)
    assert reply.error.code == "parameter-invalid"


def test_the_sound_is_not_tried_in_a_call_nor_twice_at_once_nor_without_its_process():
    station = ready()
    station.dialled()
    assert [reply.error.code for reply in try_sound(station)] == ["conflict"]
    station = ready()
    try_sound(station)
    assert [reply.error.code for reply in try_sound(station)] == ["conflict"]
    station = ready()
    station.give(inputs.PartFailed, part="audio", why="There is no card", resolution="Plug it in")
    (reply,) = try_sound(station)
    assert (reply.error.code, reply.error.cause) == ("audio-unavailable", "There is no card")
    station = ready()
    station.give(inputs.SipLost, why="gone")
    assert [reply.error.code for reply in try_sound(station)] == ["unavailable"]
    station = ready()
    station.give(inputs.StopRequested)
    assert [reply.error.code for reply in try_sound(station)] == ["unavailable"]


@pytest.mark.parametrize("kind", [inputs.SipLost, inputs.StopRequested])
def test_a_trial_of_the_sound_ends_with_the_process_that_has_it(kind):
    station = ready()
    try_sound(station)
    station.give(kind, 1.0, **({"why": "gone"} if kind is inputs.SipLost else {}))
    assert [reply.error.code for reply in replies(station)] == ["conflict"]


def test_a_call_comes_first_and_ends_a_trial_of_the_sound():
    station = ready()
    try_sound(station)
    call = station.arrive()
    assert call is not None
    assert [reply.error.code for reply in replies(station)] == ["conflict"]
    assert station.desired.sound.tone is Tone.RINGING
    assert not station.desired.sound.measure


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
    assert snapshot.snapshot(state, 0.0)["appliance"]["configured"] == (said == "ready")
    assert indications.picture(state) is Picture.IDLE


def test_what_does_not_work_is_said_beside_what_is_lacking():
    state = replace(
        ready().state, settings=NOBODY, appliance=replace(ready().state.appliance, failed=(("audio", "no card"),))
    )
    assert status_line.status(state) == "not configured; audio: no card"
