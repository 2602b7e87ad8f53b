"""Several calls: one is in front and has the speaker and the microphone; the others are held, or wait."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import ButtonId, By, CallId, CallState, Cause, Picture, RequestId, Tone
from appliance.core.orders import Answer, HangUp, Place, Refuse, Ring
from appliance.core.panel.indications import picture
from appliance.core.status_line import status
from tests.core.sent import call_view, snapshot
from tests.core.station import KITCHEN, PCMA, Station, ready

OFFICE = CallId("c-office")


def talked(station: Station, call: CallId) -> CallId:
    """The call is confirmed and has sound."""
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)
    station.heard(call)
    return call


def waiting(**changes) -> tuple[Station, CallId]:
    """In a call with the kitchen, and another call has come."""
    station = ready(**changes)
    first = station.talking()
    station.arrive(OFFICE)
    return station, first.id


def both() -> tuple[Station, CallId]:
    """The second was answered: the kitchen is set aside."""
    station, first = waiting()
    assert station.ask(inputs.AnswerCall(OFFICE)).error is None
    talked(station, OFFICE)
    return station, first


def heard(station: Station) -> dict[str, tuple[bool, bool, bool]]:
    """Of each call: microphone, speaker, held."""
    return {media.call: (media.microphone, media.speaker, media.held) for media in station.desired.sound.calls}


def end(station: Station, call: CallId, *, remote: bool = True) -> None:
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=remote)


def since(station: Station, count: int) -> list[str]:
    return [event.TYPE for event in station.told[count:] if event.TYPE != "lamp.changed"]


TALKING, ASIDE, SILENT = (True, True, False), (False, False, True), (False, False, False)


def test_a_second_call_waits_with_a_tone_while_people_talk_on():
    station, first = waiting()
    assert station.orders(Ring) == [Ring(OFFICE)]
    assert station.orders(Refuse) == []
    assert heard(station) == {first: TALKING, OFFICE: SILENT}
    assert station.desired.sound.tone is Tone.WAITING
    assert picture(station.state) is Picture.IN_CALL
    assert status(station.state) == "in a call with kitchen, 1 more"
    end(station, OFFICE)
    assert station.desired.sound.tone is None
    assert station.last(events.CallCanceled).missed


def test_answering_it_holds_the_other_and_each_step_is_reported():
    station, first = waiting()
    count = len(station.told)
    station.ask(inputs.AnswerCall(OFFICE))
    assert station.orders(Answer) == [Answer(OFFICE)]
    assert heard(station) == {first: ASIDE, OFFICE: SILENT}
    talked(station, OFFICE)
    assert heard(station) == {first: ASIDE, OFFICE: TALKING}
    assert since(station, count) == [
        "call.active_changed",
        "call.answering",
        "call.held",
        "call.switched",
        "tone.stopped",
        "audio.microphone_changed",
        "call.connected",
        "call.state_changed",
        "call.active_changed",
        "audio.microphone_changed",
        "media.started",
        "media.started",
    ]
    told = station.last(events.CallSwitched)
    assert (told.call, told.from_, told.to) == (OFFICE, first, OFFICE)
    assert (station.last(events.CallHeld).call, station.last(events.CallHeld).by) == (first, By.LOCAL)
    assert {call.recording for call in station.state.calls.living} != {None}
    assert len({call.recording for call in station.state.calls.living}) == 2


@pytest.mark.parametrize("remote", [False, True])
def test_when_it_ends_the_one_that_was_set_aside_goes_on(remote):
    station, first = both()
    if not remote:
        station.ask(inputs.HangUpCall(OFFICE))
        assert heard(station) == {first: TALKING}
    end(station, OFFICE, remote=remote)
    assert heard(station) == {first: TALKING}
    assert station.last(events.CallResumed).call == first
    assert (station.last(events.CallSwitched).from_, station.last(events.CallSwitched).to) == (OFFICE, first)


def test_when_the_one_that_was_set_aside_ends_nothing_changes_for_the_other():
    station, first = both()
    count = len(station.told)
    end(station, first)
    assert heard(station) == {OFFICE: TALKING}
    assert since(station, count) == ["media.ended", "call.state_changed", "call.ended"]


def test_what_was_held_on_purpose_stays_held_when_it_comes_to_the_front_by_itself():
    station = ready()
    first = station.talking().id
    station.ask(inputs.HoldCall(first, held=True))
    second = station.ask(inputs.Dial("office")).call
    talked(station, second)
    end(station, second)
    assert heard(station) == {first: ASIDE}
    assert (station.state.calls.active.id, station.desired.sound.tone) == (first, Tone.HELD)
    assert station.ask(inputs.HoldCall(first, held=False)).warning == ""
    assert heard(station) == {first: TALKING}


def test_one_that_was_set_aside_can_be_held_on_purpose():
    station, first = both()
    assert "already" in station.ask(inputs.HoldCall(first, held=True)).warning
    end(station, OFFICE)
    assert heard(station) == {first: ASIDE}


@pytest.mark.parametrize("action", [inputs.SwitchTo, lambda call: inputs.HoldCall(call, held=False)])
def test_a_client_switches_to_and_fro(action):
    station, first = both()
    for to, other in ((first, OFFICE), (OFFICE, first)):
        assert station.ask(action(to)).warning == ""
        assert heard(station) == {to: TALKING, other: ASIDE}
        assert station.last(events.CallSwitched).to == to
        assert "already" in station.ask(inputs.SwitchTo(to)).warning
    shown = snapshot(station.state, 0.0)["calls"]
    assert [(call["id"], call["active"], call["hold"]) for call in shown] == [
        (first, False, "local"),
        (OFFICE, True, "none"),
    ]


def test_our_call_that_rings_behind_another_can_be_switched_to():
    station = ready()
    visitor = station.dialled().id
    station.arrive(OFFICE)
    station.ask(inputs.AnswerCall(OFFICE))
    talked(station, OFFICE)
    station.ask(inputs.SwitchTo(visitor))
    assert heard(station) == {visitor: SILENT, OFFICE: ASIDE}
    assert station.desired.sound.tone is Tone.DIALING


def test_the_call_in_front_that_is_held_is_taken_back_by_switching_to_it():
    station = ready()
    call = station.talking().id
    station.ask(inputs.HoldCall(call, held=True))
    assert station.ask(inputs.SwitchTo(call)).warning == ""
    assert heard(station) == {call: TALKING}


def test_a_call_that_no_one_has_answered_cannot_be_switched_to():
    station, _ = waiting()
    error = station.ask(inputs.SwitchTo(OFFICE)).error
    assert (error.code, error.cause) == ("call-wrong-state", "It is incoming.")


def test_the_switch_button_answers_the_call_that_waits_and_then_switches_to_and_fro():
    station, first = waiting()
    station.press("switch")
    assert station.last(events.CallAnswering).who == "button switch"
    talked(station, OFFICE)
    station.press("switch")
    assert heard(station) == {first: TALKING, OFFICE: ASIDE}
    station.press("switch")
    assert heard(station) == {first: ASIDE, OFFICE: TALKING}


def test_the_switch_button_goes_through_all_calls():
    station, first = both()
    third = station.ask(inputs.Dial("office")).call
    talked(station, third)
    seen = []
    for _ in range(4):
        station.press("switch")
        seen.append(station.state.calls.active.id)
    assert seen == [first, OFFICE, third, first]


def test_the_answer_button_takes_the_call_that_waits():
    station, first = waiting()
    station.press("answer")
    assert station.orders(Answer) == [Answer(OFFICE)]
    assert station.state.calls.get(first).media.set_aside


def test_the_hang_up_button_ends_the_call_in_front_and_the_one_that_waits_rings():
    station, first = waiting()
    station.press("hangup")
    assert station.orders(HangUp) == [HangUp(first)]
    assert (station.desired.sound.tone, picture(station.state)) == (Tone.RINGING, Picture.RINGING)
    assert station.last(events.CallSwitched).to == OFFICE


def test_of_two_that_ring_the_older_is_in_front():
    station = ready()
    station.arrive("c-1")
    station.arrive("c-2")
    station.arrive("c-3")
    assert station.state.calls.active.id == "c-1"
    assert station.desired.sound.tone is Tone.RINGING
    end(station, CallId("c-1"))
    assert station.state.calls.active.id == "c-2"
    station.press("answer")
    assert station.orders(Answer) == [Answer("c-2")]


def test_dialling_sets_the_other_aside_and_a_failure_takes_it_back():
    station = ready()
    first = station.talking().id
    second = station.ask(inputs.Dial("office")).call
    assert heard(station) == {first: ASIDE, second: SILENT}
    assert station.desired.sound.tone is Tone.DIALING
    station.give(inputs.CallEnded, call=second, code=486, reason="Busy Here", remote=True)
    assert heard(station) == {first: TALKING}
    assert station.last(events.CallRejected).cause is Cause.BUSY


def test_our_call_that_is_answered_behind_another_is_set_aside_at_once():
    station = ready()
    visitor = station.dialled().id
    station.arrive(OFFICE)
    station.ask(inputs.AnswerCall(OFFICE))
    talked(station, OFFICE)
    station.give(inputs.CallProgressed, call=visitor, code=183, early_media=True)
    assert heard(station) == {visitor: SILENT, OFFICE: TALKING}
    talked(station, visitor)
    assert heard(station) == {visitor: ASIDE, OFFICE: TALKING}


def test_a_far_end_that_will_not_be_held_is_not_heard_while_it_is_set_aside():
    station, first = both()
    station.give(inputs.HoldFailed, call=first, code=488, reason="no", held=False)
    assert station.last(events.ErrorReported).code == "media-update-failed"
    assert heard(station) == {first: ASIDE, OFFICE: TALKING}
    end(station, OFFICE)
    assert heard(station) == {first: TALKING}


def test_more_than_may_be_are_refused_as_busy_and_not_placed():
    station, _ = waiting(max_calls=2)
    station.arrive("c-third")
    assert station.orders(Refuse) == [Refuse("c-third", 486)]
    error = station.ask(inputs.Dial("office")).error
    assert (error.code, error.cause) == ("too-many-calls", "The limit is 2 calls.")
    assert len(station.orders(Place)) == 1


def test_a_visitor_goes_before_a_call_that_no_one_has_answered_and_that_waits():
    station = ready()
    incoming = station.arrive()
    station.press("ring")
    visitor = station.state.calls.active
    assert (visitor.button, station.orders(Refuse), station.desired.sound.tone) == ("ring", [], Tone.DIALING)
    talked(station, visitor.id)
    assert station.desired.sound.tone is Tone.WAITING
    end(station, visitor.id)
    assert (station.state.calls.active.id, station.desired.sound.tone) == (incoming.id, Tone.RINGING)


def test_a_visitor_goes_before_a_call_that_is_on_hold_here():
    station = ready()
    held = station.talking().id
    station.press("hold")
    station.press("ring")
    visitor = station.state.calls.active.id
    assert visitor != held
    talked(station, visitor)
    assert heard(station) == {held: ASIDE, visitor: TALKING}


@pytest.mark.parametrize("ringing", [False, True])
def test_a_press_beyond_what_may_be_takes_the_place_of_a_call_that_waits_or_shows_an_error(ringing):
    station = ready(max_calls=2)
    first = station.talking().id
    station.press("hold")
    if ringing:
        station.arrive(OFFICE)
    else:
        second = station.ask(inputs.Dial("office")).call
        talked(station, second)
        station.press("hold")
    station.press("ring")
    if ringing:
        assert station.orders(Refuse) == [Refuse(OFFICE, 486)]
        assert station.state.calls.active.button == "ring"
        return
    assert station.last(events.ErrorReported).code == "too-many-calls"
    assert {call.id for call in station.state.calls.living} == {first, second}


def test_a_ring_behind_a_talk_goes_on_and_is_placed_again_when_the_sip_process_dies():
    station = ready()
    station.dialled()
    station.arrive(OFFICE)
    station.press("answer")
    talked(station, OFFICE)
    station.press("hold")
    station.press("ring")
    assert len(station.orders(Place)) == 1
    station.give(inputs.SipLost, why="died")
    assert [call.placing.again for call in station.state.calls.living] == [True]
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert [order.uri for order in station.orders(Place)] == [KITCHEN] * 2


def test_stopping_ends_all_and_none_is_taken_back():
    station, first = both()
    count = len(station.told)
    station.give(inputs.StopRequested)
    assert {call.state for call in station.state.calls.living} == {CallState.DISCONNECTING}
    assert "call.resumed" not in since(station, count)
    assert {order.call for order in station.orders(HangUp)} == {first, OFFICE}


def test_mute_is_of_one_call_and_stays_its_own():
    station, first = both()
    station.ask(inputs.MuteCall(OFFICE, muted=True))
    station.ask(inputs.SwitchTo(first))
    assert heard(station)[first] == TALKING
    station.ask(inputs.SwitchTo(OFFICE))
    assert heard(station)[OFFICE] == (False, True, False)
    station.give(inputs.Requested, request=RequestId("q"), who="test", action=inputs.PressButton(ButtonId("hangup")))
    assert heard(station) == {first: TALKING}
    assert call_view(station.state, station.state.calls.get(first), 0.0, 0.0)["active"]


def test_the_hold_button_takes_a_call_that_waits_and_changes_back():
    station = ready()
    first = station.talking().id
    station.arrive("c-2")
    station.press("hold")
    station.give(inputs.CallConfirmed, call="c-2")
    assert station.state.calls.active.id == "c-2"
    assert station.state.calls.get(first).media.set_aside
    station.press("hold")
    assert station.state.calls.active.id == first
