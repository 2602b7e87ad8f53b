"""Plans: who is rung at once and one after another, until somebody answers; and that nobody is rung for nothing."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import (
    Account,
    AccountId,
    AccountSettings,
    AccountState,
    CallState,
    Cause,
    Contact,
    ContactState,
    Picture,
    Plan,
    RingResult,
    RingStep,
    Target,
    Tone,
    TransferPolicy,
)
from appliance.core.orders import HangUp, Place, PrepareRecording
from appliance.core.panel.indications import picture
from appliance.core.status_line import status
from appliance.core.visitor_ring.ring import ELSEWHERE
from tests.core.station import PCMA, SETTINGS, ready

OFFICE = AccountId("office")
TARGETS = (
    Target("kitchen", "sip:kitchen@127.0.0.2"),
    Target("hall", "sip:hall@127.0.0.3"),
    Target("mobile", "sip:302@pbx.example", account=OFFICE, confirm="1"),
)
BUTTONS = tuple(replace(button, target="house") if button.id == "ring" else button for button in SETTINGS.buttons)


def house(*steps, cycles=1, **changes):
    """A station whose button rings these steps: names, then seconds."""
    plan = Plan("house", tuple(RingStep(tuple(names), seconds) for *names, seconds in steps), cycles)
    return ready(**{"plans": (plan,), "targets": TARGETS, "buttons": BUTTONS, "max_calls": 2, **changes})


def rung(station):
    """Whom it has called so far, in order."""
    return [order.uri.partition("@")[0].removeprefix("sip:") for order in station.orders(Place)]


def calls(station):
    """The living calls by target."""
    return {call.remote.target: call for call in station.state.calls.living if call.alive}


def rings(station, name):
    """180 of a target."""
    station.give(inputs.CallProgressed, call=calls(station)[name].id, code=180, early_media=False)


def answers(station, name):
    """200 of a target, its ACK and its sound."""
    call = calls(station)[name].id
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)
    return call


def refuses(station, name, code=486):
    """A final response of a target."""
    call = calls(station)[name].id
    station.give(inputs.CallEnded, call=call, code=code, reason="", remote=True)


def sends_on(station, name, *contacts):
    """302 of a target, which names other addresses."""
    call = calls(station)[name].id
    station.give(inputs.CallEnded, call=call, code=302, reason="Moved", remote=True, contacts=contacts)


def let_go(station):
    """The far ends confirm what we ended."""
    for call in [call for call in station.state.calls.living if not call.alive]:
        station.give(inputs.CallEnded, call=call.id, code=487, reason="", remote=False)


def confirms(station, mobile, method="rfc4733"):
    """Who has picked up the mobile presses the digit that is asked for, and that is the answer of the ring."""
    station.give(inputs.DigitReceived, call=mobile, digit="1", method=method, duration_ms=100)
    assert ended(station) == (RingResult.ANSWERED, "mobile")


def ended(station):
    """How the ring ended, and who answered."""
    told = station.last(events.RingEnded)
    return told.result, told.target


def test_the_first_to_answer_stops_the_others_who_need_not_come():
    station = house(("kitchen", "hall", 30))
    station.press("ring")
    started = station.last(events.RingStarted)
    assert (started.button, started.to, {call.ring for call in station.state.calls.living}) == (
        "ring",
        "house",
        {started.ring},
    )
    assert rung(station) == ["kitchen", "hall"]
    assert not station.state.full  # one visitor, one call
    rings(station, "kitchen")
    rings(station, "hall")
    hall = calls(station)["hall"].id
    kitchen = answers(station, "kitchen")
    assert station.orders(HangUp) == [HangUp(hall, ELSEWHERE)]
    assert ended(station) == (RingResult.ANSWERED, "kitchen")
    assert station.last(events.RingEnded).call == kitchen
    assert station.state.rings == ()
    (media,) = station.desired.sound.calls
    assert (media.call, media.microphone, media.speaker) == (kitchen, True, True)
    let_go(station)
    told = station.last(events.CallCanceled)
    assert (told.call, told.cause) == (hall, Cause.ANSWERED_ELSEWHERE)
    assert picture(station.state) is Picture.IN_CALL


@pytest.mark.parametrize("place", ["kitchen", "mobile"])
@pytest.mark.parametrize("policy", [TransferPolicy.FOLLOW, TransferPolicy.ASK])
def test_a_phone_that_picks_the_ring_up_in_place_of_another_has_answered_it(policy, place):
    station = house(("kitchen", "mobile", 30), transfer_policy=policy)
    station.press("ring")
    rings(station, place)
    old = calls(station)[place].id
    (other,) = (call.id for call in calls(station).values() if call.id != old)
    new = station.arrive(call="c-new", uri="sip:hall@127.0.0.3", source="127.0.0.3:5060", replaces=old).id
    if policy is TransferPolicy.ASK:
        assert station.ask(inputs.AnswerCall(new)).error is None
    station.give(inputs.CallAnswered, call=new)
    assert ended(station) == (RingResult.ANSWERED, "hall")
    assert station.orders(HangUp) == [HangUp(old), HangUp(other, ELSEWHERE)]
    station.give(inputs.CallConfirmed, call=new)
    assert station.state.calls.active.id == new
    assert station.state.calls.active.talks


def test_of_two_who_answer_at_once_the_second_is_hung_up():
    station = house(("kitchen", "hall", 30))
    station.press("ring")
    hall = calls(station)["hall"].id
    kitchen = answers(station, "kitchen")
    station.give(inputs.CallAnswered, call=hall)
    station.give(inputs.CallConfirmed, call=hall)
    assert station.orders(HangUp)[-1] == HangUp(hall)
    assert [media.call for media in station.desired.sound.calls] == [kitchen]


def test_steps_follow_each_other_in_their_own_time_and_all_of_them_again():
    station = house(("kitchen", 20), ("hall", 10), cycles=2)
    station.press("ring")
    rings(station, "kitchen")
    station.wait(19.5)
    assert rung(station) == ["kitchen"]
    station.wait(0.5)
    assert rung(station) == ["kitchen", "hall"]
    station.wait(10.0)
    assert list(calls(station)) == []
    assert (picture(station.state), station.desired.sound.tone) == (Picture.DIALING, Tone.DIALING)  # the pause
    station.wait(2.0)
    assert rung(station) == ["kitchen", "hall", "kitchen"]
    station.wait(30.0)
    assert ended(station) == (RingResult.UNANSWERED, "")
    assert picture(station.state) is Picture.ERROR
    let_go(station)
    assert station.last(events.CallFailed).cause is Cause.NO_ANSWER
    assert rung(station) == ["kitchen", "hall", "kitchen", "hall"]


def test_who_answers_late_in_a_step_is_not_lost():
    station = house(("kitchen", 20), ("hall", 10))
    station.press("ring")
    station.wait(19.0)
    station.give(inputs.CallAnswered, call=calls(station)["kitchen"].id)
    station.wait(5.0)
    assert rung(station) == ["kitchen"]
    assert ended(station) == (RingResult.ANSWERED, "kitchen")


def test_a_step_in_which_all_refuse_brings_the_next_at_once_and_no_error_meanwhile():
    station = house(("kitchen", "hall", 30), ("mobile", 30))
    station.press("ring")
    refuses(station, "kitchen")
    assert rung(station) == ["kitchen", "hall"]
    refuses(station, "hall", 404)
    assert rung(station) == ["kitchen", "hall", "302"]
    assert picture(station.state) is Picture.DIALING
    assert station.state.panel.error_until is None
    refuses(station, "mobile", 480)
    assert ended(station) == (RingResult.UNANSWERED, "")
    assert picture(station.state) is Picture.ERROR


def test_who_refuses_at_once_is_called_as_often_as_the_plan_says_with_pauses():
    station = house(("kitchen", 30), cycles=3)
    station.press("ring")
    for number in (1, 2, 3):
        assert len(rung(station)) == number
        refuses(station, "kitchen")
        assert not calls(station)
        station.wait(2.0)
    assert ended(station) == (RingResult.UNANSWERED, "")


@pytest.mark.parametrize(
    "away",
    [
        {"begun": (Account(OFFICE, AccountState.FAILED, failures=1),)},
        {"begun": (Account(OFFICE, AccountState.REGISTERING, failures=3),)},
        {"contacts": (Contact("mobile", ContactState.UNAVAILABLE),)},
    ],
    ids=["account failed", "account tries again", "watched and away"],
)
def test_a_step_whose_targets_are_known_to_be_away_soon_brings_the_next(away):
    station = house(("mobile", 30), ("kitchen", 30), accounts=(AccountSettings(OFFICE, "1", "pbx.example", "pbx"),))
    station.state = replace(station.state, accounts=replace(station.state.accounts, **away))
    station.press("ring")
    assert rung(station) == ["302"]  # it may be there all the same
    station.wait(4.0)
    assert rung(station) == ["302", "kitchen"]


def test_the_last_step_has_its_time_whatever_is_known():
    station = house(("mobile", 30))
    station.state = replace(
        station.state, accounts=replace(station.state.accounts, contacts=(Contact("mobile", ContactState.UNAVAILABLE),))
    )
    station.press("ring")
    station.wait(29.0)
    assert list(calls(station)) == ["mobile"]


def test_a_machine_that_answers_is_no_answer_where_a_digit_is_asked():
    station = house(("mobile", 20), ("kitchen", 20))
    station.press("ring")
    mobile = answers(station, "mobile")
    (media,) = station.desired.sound.calls
    assert (media.microphone, media.speaker, media.confirm, media.recording) == (False, False, True, None)
    assert (picture(station.state), station.desired.sound.tone) == (Picture.DIALING, Tone.DIALING)
    assert "mobile has answered and must confirm" in status(station.state)
    assert station.orders(PrepareRecording) == []
    station.give(inputs.DigitReceived, call=mobile, digit="2", method="rfc4733", duration_ms=100)
    station.give(inputs.RtpStopped, call=mobile)
    station.wait(15.0)
    assert station.orders(HangUp) == [HangUp(mobile)]
    assert rung(station) == ["302", "kitchen"]
    let_go(station)
    assert station.last(events.CallEnded).cause is Cause.NO_ANSWER


def test_a_machine_that_a_phone_sends_the_ring_to_is_no_answer_either():
    station = house(("kitchen", 20))
    station.press("ring")
    sends_on(station, "kitchen", "sip:302@127.0.0.9", "sip:302@pbx.example")
    assert rung(station) == ["kitchen", "302"]
    mobile = answers(station, "mobile")
    assert station.state.rings
    confirms(station, mobile)


def test_a_phone_that_a_mobile_sends_the_ring_to_is_asked_for_no_digit():
    station = house(("mobile", 20))
    station.press("ring")
    sends_on(station, "mobile", "sip:hall@127.0.0.3")
    answers(station, "hall")
    assert ended(station) == (RingResult.ANSWERED, "hall")


def test_a_number_that_is_no_target_confirms_by_the_digit_of_who_sends_the_ring_there():
    office = AccountSettings(OFFICE, "201", "pbx.example", "pbx.example")
    station = house(("mobile", 20), accounts=(office,))
    station.press("ring")
    sends_on(station, "mobile", "sip:399@pbx.example")
    assert rung(station) == ["302", "399"]
    answers(station, "")
    assert station.state.rings


def test_who_presses_the_digit_is_put_through_and_the_others_stop():
    station = house(("mobile", "kitchen", 20))
    station.press("ring")
    mobile = answers(station, "mobile")
    rings(station, "kitchen")
    assert set(calls(station)) == {"mobile", "kitchen"}
    confirms(station, mobile)
    assert set(calls(station)) == {"mobile"}
    (media,) = station.desired.sound.calls
    assert (media.call, media.microphone, media.speaker, media.confirm) == (mobile, True, True, False)
    assert [order.call for order in station.orders(PrepareRecording)] == [mobile]
    station.wait(60.0)
    assert station.call.state is CallState.CONNECTED


def test_who_has_still_to_confirm_is_waited_for_when_the_last_step_is_over():
    station = house(("mobile", "kitchen", 10), ("mobile", 10))
    station.press("ring")
    station.wait(6.0)
    mobile = answers(station, "mobile")
    station.wait(5.0)  # the second step: he is called already
    assert rung(station) == ["302", "kitchen"]
    station.wait(9.0)
    assert station.state.rings
    confirms(station, mobile, "info")


def test_a_phone_that_never_confirms_in_the_last_step_leaves_no_one():
    station = house(("mobile", 10))
    station.press("ring")
    station.wait(6.0)
    answers(station, "mobile")
    station.wait(15.0)
    assert ended(station) == (RingResult.UNANSWERED, "")


def test_the_visitor_hangs_up_and_no_one_rings_on():
    station = house(("kitchen", "hall", 20), ("mobile", 20), cycles=2)
    station.press("ring")
    station.press("hangup")
    assert not calls(station)
    assert ended(station) == (RingResult.CANCELED, "")
    station.wait(60.0)
    assert rung(station) == ["kitchen", "hall"]
    let_go(station)
    assert station.last(events.CallCanceled).cause is Cause.CANCELED


def test_a_client_ends_one_of_the_calls_or_with_the_last_the_ring():
    station = house(("kitchen", "hall", 20), ("mobile", 20))
    station.press("ring")
    station.ask(inputs.HangUpCall(calls(station)["hall"].id))
    assert set(calls(station)) == {"kitchen"}
    assert station.state.rings
    station.ask(inputs.HangUpCall(calls(station)["kitchen"].id))
    assert ended(station) == (RingResult.CANCELED, "")
    assert rung(station) == ["kitchen", "hall"]


def test_a_second_press_leaves_the_ring_alone_in_its_pause_too():
    station = house(("kitchen", 20), cycles=2)
    station.press("ring")
    refuses(station, "kitchen")
    station.press("ring")
    assert station.types().count("ring.started") == 1


def test_who_talks_to_somebody_else_meanwhile_is_not_rung_for_further():
    station = house(("kitchen", 20), ("hall", 20))
    station.press("ring")
    incoming = station.arrive(uri="sip:hall@127.0.0.3", source="127.0.0.3:5060")
    station.ask(inputs.AnswerCall(incoming.id))
    station.give(inputs.CallConfirmed, call=incoming.id)
    station.wait(20.0)
    assert ended(station) == (RingResult.CANCELED, "")
    assert rung(station) == ["kitchen"]


def test_a_new_ring_while_a_talk_is_held_is_of_its_own():
    station = house(("kitchen", 20))
    station.press("ring")
    answers(station, "kitchen")
    station.press("hold")
    station.press("ring")
    assert station.types().count("ring.ended") == 1
    assert len(station.state.calls.living) == 2


def test_the_sip_process_dies_and_all_who_rang_are_rung_again_once():
    station = house(("kitchen", "hall", 20), ("mobile", 20))
    station.press("ring")
    rings(station, "kitchen")
    ring = station.state.rings[0].id
    station.give(inputs.SipLost, why="died")
    assert {call.ring for call in station.state.calls.living} == {ring}
    assert set(calls(station)) == {"kitchen", "hall"}
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert rung(station) == ["kitchen", "hall", "kitchen", "hall"]
    station.give(inputs.SipLost, why="died")  # the second time they are given up, and the next are tried
    assert set(calls(station)) == {"mobile"}


def test_the_sip_process_dies_and_who_has_still_to_confirm_is_rung_again_once():
    station = house(("mobile", 20))
    station.press("ring")
    answers(station, "mobile")
    station.give(inputs.SipLost, why="died")
    assert station.last(events.CallEnded).cause is Cause.ERROR
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert rung(station) == ["302", "302"]
    mobile = answers(station, "mobile")
    assert station.state.rings
    confirms(station, mobile)


def test_a_press_without_network_tries_again_until_there_is_one():
    station = house(("kitchen", 20))
    station.give(inputs.NetworkChanged, addresses=())
    station.press("ring")
    for _ in range(5):
        refuses(station, "kitchen", 503)
        assert picture(station.state) is Picture.DIALING
        station.wait(2.0)
    station.give(inputs.NetworkChanged, addresses=("192.0.2.7",))
    assert len(rung(station)) == 6
    answers(station, "kitchen")
    assert ended(station) == (RingResult.ANSWERED, "kitchen")


def test_a_press_without_network_is_given_up_in_the_end():
    station = house(("kitchen", 20))
    station.give(inputs.NetworkChanged, addresses=())
    station.press("ring")
    for _ in range(17):
        if station.state.rings:
            refuses(station, "kitchen", 503)
            station.wait(2.0)
    assert ended(station) == (RingResult.UNANSWERED, "")


def test_the_daemon_stops_and_so_does_the_ring():
    station = house(("kitchen", 20), cycles=5)
    station.press("ring")
    station.give(inputs.StopRequested)
    assert station.state.rings == ()
    let_go(station)
    assert station.state.calls.living == ()


def test_a_target_that_the_configuration_has_lost_meanwhile_is_passed_over():
    station = house(("kitchen", 20), ("hall", 20), ("mobile", 20))
    station.press("ring")
    fewer = replace(station.state.settings, targets=(TARGETS[0], TARGETS[2]))
    station.give(inputs.ConfigChanged, settings=fewer, applied="target.hall", needs_restart="")
    refuses(station, "kitchen")
    assert rung(station) == ["kitchen", "302"]
