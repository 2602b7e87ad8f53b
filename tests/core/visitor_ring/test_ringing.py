"""A visitor's press: heard and seen at once, placed as soon as it can be, and not lost with the SIP process."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    CallState,
    Cause,
    LampId,
    LampOutput,
    Pattern,
    Picture,
    Tone,
)
from appliance.core.orders import HangUp, Place, Refuse
from appliance.core.panel.indications import picture
from tests.core.station import KITCHEN, LONGEST, Station, ready


def test_a_press_rings_with_lamp_and_tone_before_any_network():
    station = Station()  # no SIP process yet
    station.give(inputs.ButtonEdge, button=ButtonId("ring"), active=True)
    assert (LampId("call"), LampOutput(Pattern.SLOW)) in station.desired.lamps
    assert station.desired.sound.tone is Tone.DIALING
    assert station.orders(Place) == []
    assert station.last(events.CallDialing).button == "ring"
    assert station.last(events.LampChanged).pattern is Pattern.SLOW


def test_a_press_places_a_call_to_the_buttons_target():
    station = ready()
    call = station.dialled()
    assert station.orders(Place) == [Place(call.id, KITCHEN, expires_s=LONGEST)]
    assert (call.remote.target, call.number, call.button) == ("kitchen", "kitchen", "ring")


def test_a_second_press_while_dialing_places_no_second_call():
    station = ready()
    call = station.dialled()
    station.press("ring")
    assert station.orders(Place) == [Place(call.id, KITCHEN, expires_s=LONGEST)]
    assert station.types().count("button.clicked") == 2


def test_a_press_in_a_call_leaves_it_alone():
    station = ready()
    call = station.talking()
    station.press("ring")
    assert station.call == call


def test_a_press_before_sip_is_ready_is_placed_when_it_is():
    station = Station()
    call = station.dialled()
    station.wait(20.0)
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert station.orders(Place) == [Place(call.id, KITCHEN, expires_s=LONGEST)]
    assert station.call.deadline == station.state.now + 32
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert len(station.orders(Place)) == 1


def test_a_call_that_we_cancel_since_no_one_answers_says_so_and_not_what_our_cancel_brought():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=180, early_media=False).wait(61.0)
    station.give(inputs.CallEnded, call=call.id, code=487, reason="Request Terminated", remote=False)
    ended = station.last(events.CallFailed)
    assert (ended.cause, ended.code, ended.reason) == (Cause.NO_ANSWER, 408, "No answer")


def test_a_slow_start_of_sip_is_a_warning_that_names_what_it_waits_for():
    station = Station().give(inputs.SipSlow, after_s=5.0, waits_for="listing the ALSA PCMs")
    assert station.last(events.WarningReported) == events.WarningReported(
        "sip-not-ready", "SIP is not ready 5 s after its start. It waits for: listing the ALSA PCMs."
    )


def test_a_ring_that_is_lost_with_the_sip_process_is_placed_again_once_only():
    station = ready()
    first = station.dialled()
    station.give(inputs.CallProgressed, call=first.id, code=180, early_media=False)
    station.give(inputs.SipLost, why="died")
    second = station.call
    assert second.id != first.id
    assert (second.placing.done, second.placing.again, second.button) == (False, True, "ring")
    assert station.last(events.CallFailed).cause is Cause.ERROR
    assert picture(station.state) is Picture.DIALING
    station.give(inputs.SipLost, why="died")  # while it waits: nothing of it is lost
    assert station.call == second
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert [order.call for order in station.orders(Place)] == [first.id, second.id]
    station.give(inputs.SipLost, why="died")
    assert station.state.calls.living == ()


@pytest.mark.parametrize("why_not", ["a client's call", "answered", "given up", "the daemon stops"])
def test_it_is_not_placed_again_where_no_one_waits_for_it(why_not):
    station = ready()
    match why_not:
        case "a client's call":
            station.ask(inputs.Dial("kitchen"))
        case "answered":
            station.talking()
        case "given up":
            station.ask(inputs.HangUpCall(station.dialled().id))
        case "the daemon stops":
            station.dialled()
            station.give(inputs.StopRequested)
    station.give(inputs.SipLost, why="died")
    assert station.state.calls.living == ()


def test_a_press_displaces_a_call_from_outside_that_no_one_has_answered_where_only_one_may_be():
    station = ready(max_calls=1)
    incoming = station.arrive()
    station.press("ring")
    assert station.orders(Refuse) == [Refuse(incoming.id, 486)]
    assert [order.uri for order in station.orders(Place)] == [KITCHEN]
    assert station.state.calls.active.button == "ring"
    station.give(inputs.CallEnded, call=incoming.id, code=486, reason="", remote=False)
    told = station.last(events.CallRejected)
    assert (told.call, told.cause, told.missed) == (incoming.id, Cause.BUSY, True)


def test_a_press_does_not_displace_a_call_that_is_being_answered():
    station = ready()
    incoming = station.arrive()
    station.press("answer")
    station.press("ring")
    assert station.call.id == incoming.id
    assert station.orders(Place) == []


def test_a_press_while_the_last_call_is_ending_rings_again():
    station = ready()
    call = station.dialled()
    station.press("hangup")
    station.press("ring")
    assert [c.state for c in station.state.calls.living] == [CallState.DISCONNECTING, CallState.DIALING]
    assert station.orders(HangUp) == [HangUp(call.id)]


@pytest.mark.parametrize("code", [404, 486, 503, 603])
def test_a_target_that_fails_shows_the_error_for_3_s_and_then_idle(code):
    station = ready()
    call = station.dialled()
    station.give(inputs.CallEnded, call=call.id, code=code, reason="", remote=True)
    assert (picture(station.state), station.desired.sound.tone) == (Picture.ERROR, Tone.ERROR)
    station.wait(2.9)
    assert picture(station.state) is Picture.ERROR
    station.wait(0.1)
    assert (picture(station.state), station.desired.sound.tone) == (Picture.IDLE, None)


def test_a_new_press_ends_the_error():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallEnded, call=call.id, code=404, reason="", remote=True)
    station.press("ring")
    assert picture(station.state) is Picture.DIALING
    assert station.state.panel.error_until is None


def test_a_button_whose_target_is_unknown_rings_no_one():
    station = ready(buttons=(ButtonSettings(ButtonId("ring"), Action.RING, target="nobody"),))
    station.press("ring")
    assert station.state.calls.living == ()


@pytest.mark.parametrize("button", ["answer", "hangup", "hold", "switch", "far"])
def test_a_button_that_needs_a_call_shows_an_error_without_one(button):
    station = ready()
    station.press(button)
    assert station.last(events.ErrorReported).code == "call-wrong-state"
    assert picture(station.state) is Picture.ERROR


def test_the_buttons_answer_hold_resume_and_hang_up():
    station = ready()
    call = station.arrive()
    station.press("answer")
    assert station.last(events.CallAnswering).who == "button answer"
    station.give(inputs.CallConfirmed, call=call.id)
    station.press("hold")
    assert (station.call.media.hold, picture(station.state), station.desired.sound.tone) == (
        "local",
        Picture.HELD,
        Tone.HELD,
    )
    station.press("hold")
    assert station.call.media.hold == "none"
    station.press("far")
    assert station.last(events.DtmfSending).count == 1
    station.press("hangup")
    assert station.orders(HangUp) == [HangUp(call.id)]
    station.press("ring")
    station.press("hold")
    assert station.last(events.ErrorReported).code == "call-wrong-state"


def test_a_long_press_does_its_own_action():
    station = ready()
    station.talking()
    station.press("answer", seconds=1.5)
    assert station.call.state is CallState.DISCONNECTING
    assert "button.held" in station.types()
