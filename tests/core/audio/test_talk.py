"""Push-to-talk: in a call the visitor hears, and speaks on order; never both at once."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import inputs
from appliance.core.audio import self_test
from appliance.core.model import (
    Action,
    AudioSettings,
    ButtonId,
    ButtonSettings,
    CallId,
    DigitMethod,
    SoundMeasured,
    SoundMode,
    SoundResult,
)
from tests.core import sent
from tests.core.station import KITCHEN, ready

HEARS, SPEAKS = (False, True), (True, False)  # the visitor: microphone, speaker
AUDIO = AudioSettings(mode=SoundMode.PUSH_TO_TALK)
BUTTONS = (
    ButtonSettings(ButtonId("ring"), Action.RING, target="kitchen"),
    ButtonSettings(ButtonId("talk"), Action.TALK, stuck_s=20.0),
    ButtonSettings(ButtonId("bell"), Action.RING, long_action=Action.TALK, target="kitchen"),
    ButtonSettings(ButtonId("switch"), Action.SWITCH),
    ButtonSettings(ButtonId("hangup"), Action.HANGUP),
)


@pytest.fixture
def station():
    """A station with push-to-talk."""
    return ready(audio=AUDIO, buttons=BUTTONS)


def flows(station):
    """Which ways the panel's sound flows in the only call."""
    (media,) = station.desired.sound.calls
    return media.microphone, media.speaker


def edge(station, button, *, active):
    return station.give(inputs.ButtonEdge, 0.1, button=ButtonId(button), active=active).wait(0.1)


def star(station, call, method=DigitMethod.RFC4733, digit="*"):
    return station.give(inputs.DigitReceived, call=call, digit=digit, method=method, duration_ms=100)


def heard(station):
    return [event.active for event in station.told if event.TYPE == "audio.microphone_changed"]


def test_a_visitor_hears_and_speaks_while_the_button_is_down(station):
    station.talking()
    assert (flows(station), heard(station)) == (HEARS, [])
    edge(station, "talk", active=True)
    assert (flows(station), heard(station)) == (SPEAKS, [True])
    edge(station, "talk", active=False)
    assert (flows(station), heard(station)) == (HEARS, [True, False])


def test_a_digit_by_a_method_that_a_client_does_not_want_lets_nobody_speak(station):
    call = station.talking().id
    station.ask(inputs.SetDigitMethods(call, (DigitMethod.INFO,)))
    star(station, call)
    assert flows(station) == HEARS
    star(station, call, DigitMethod.INFO)
    assert flows(station) == SPEAKS


def test_a_long_press_of_the_bell_is_enough(station):
    station.talking()
    edge(station, "bell", active=True).wait(2.0)
    assert flows(station) == SPEAKS
    edge(station, "bell", active=False)
    assert flows(station) == HEARS


def test_a_button_whose_line_is_lost_or_that_is_stuck_does_not_keep_the_microphone_open(station):
    station.talking()
    edge(station, "talk", active=True)
    station.give(inputs.ButtonEdge, button=ButtonId("talk"), active=False, lost=True)
    assert flows(station) == HEARS
    edge(station, "talk", active=True).wait(20.0)
    assert flows(station) == HEARS


def test_another_button_ends_nothing(station):
    station.talking()
    edge(station, "talk", active=True)
    station.press("switch")
    assert flows(station) == SPEAKS


def test_a_client_orders_it_for_a_time(station):
    station.talking()
    assert station.ask(inputs.Talk(5.0)).error is None
    station.wait(4.9)
    assert flows(station) == SPEAKS
    station.wait(0.1)
    assert flows(station) == HEARS
    station.ask(inputs.Talk(300.0))
    assert station.ask(inputs.StopTalk()).warning == ""
    assert flows(station) == HEARS
    assert station.ask(inputs.StopTalk()).warning == "The visitor hears already."


def test_the_caller_presses_the_star_to_hear_and_again_to_speak(station):
    call = station.talking().id
    for wanted in (SPEAKS, HEARS, SPEAKS):
        assert flows(star(station, call)) == wanted
    station.wait(60.0)
    assert flows(station) == HEARS
    assert flows(star(station, call, digit="1")) == HEARS


def test_the_caller_does_not_interrupt_a_visitor_whose_button_is_down(station):
    call = station.talking().id
    edge(station, "talk", active=True)
    assert flows(star(station, call)) == SPEAKS


def test_a_star_in_the_sound_is_not_believed(station):
    assert flows(star(station, station.talking().id, DigitMethod.INBAND)) == HEARS


def test_a_star_of_a_call_in_the_background_or_that_rings_does_nothing(station):
    station.talking()
    assert station.arrive("c-2")
    assert station.state.audio.talk is None
    assert star(station, CallId("c-2")).state.audio.talk is None
    station.press("hangup")
    assert star(station, CallId("c-2")).state.audio.talk is None


def test_it_ends_with_the_call(station):
    station.talking()
    station.ask(inputs.Talk(300.0))
    station.press("hangup")
    assert station.state.audio.talk is None


def test_it_ends_when_another_call_comes_to_the_foreground(station):
    call = station.talking()
    station.ask(inputs.Talk(300.0))
    station.arrive("c-2", uri=KITCHEN)
    station.press("switch")
    assert station.state.calls.active.id != call.id
    assert station.state.audio.talk is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, 300.1, float("nan")])
def test_a_wrong_duration_is_refused(station, seconds):
    station.talking()
    assert station.ask(inputs.Talk(seconds)).error.code == ErrorCode.PARAMETER_INVALID


@pytest.mark.parametrize("order", [inputs.Talk(), inputs.StopTalk()])
def test_without_a_call_or_the_mode_it_is_refused(station, order):
    assert station.ask(order).error.code == ErrorCode.CALL_WRONG_STATE
    station.dialled()
    assert station.ask(order).error.code == ErrorCode.CALL_WRONG_STATE
    both = ready(buttons=BUTTONS)
    call = both.talking().id
    assert both.ask(order).error.code == ErrorCode.CONFLICT
    assert flows(star(both, call)) == (True, True)
    assert sent.snapshot(both.state, 0.0)["audio"]["mode"] == "full_duplex"
    edge(both, "talk", active=True)
    assert [event.operation for event in both.told if event.TYPE == "error"][-1] == "button talk: talk"


def test_a_loud_echo_does_no_harm_where_one_side_speaks_at_a_time():
    loud = SoundMeasured(48000, quiet_dbfs=-60.0, tone_dbfs=-20.0, echo_db=-3.0, echo_delay_ms=20.0)
    found = self_test.judge(ready().state, loud)
    assert found.result is SoundResult.LOUD_ECHO
    assert 'set audio.mode to "half_duplex" or "push_to_talk"' in found.advice
    for mode in (SoundMode.HALF_DUPLEX, SoundMode.PUSH_TO_TALK):
        assert self_test.judge(ready(audio=replace(AUDIO, mode=mode)).state, loud).result is SoundResult.WORKS
