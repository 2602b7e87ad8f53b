"""A ring or a call that waits for what a receiver of webhooks decides: it is decided, goes on, or rings in the end."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import CallState, Picture, RingResult, Tone
from appliance.core.orders import Place, Refuse, Ring
from appliance.core.panel.indications import picture
from tests.core.station import KITCHEN, SETTINGS, ready

WAIT_S = 1.5


def rung():
    """A station whose visitor has pressed, and the ring that waits."""
    station = ready(ring_answer_s=WAIT_S)
    station.press("ring")
    (ring,) = station.state.rings
    return station, ring


def called(**more):
    """A station that an accepted caller calls, and whose call waits."""
    station = ready(call_answer_s=WAIT_S)
    station.arrive(**more)
    return station


def test_a_ring_is_seen_and_heard_at_once_and_calls_nobody_until_the_answer_or_its_time():
    station, ring = rung()
    assert station.last(events.RingStarted).ring == ring.id
    assert picture(station.state) is Picture.DIALING
    assert station.desired.sound.tone is Tone.DIALING
    assert station.orders(Place) == []
    station.wait(WAIT_S)
    assert [order.uri for order in station.orders(Place)] == [KITCHEN]


@pytest.mark.parametrize("silent", [False, True], ids=["the bell rings", "the bell is silent"])
def test_a_press_while_a_call_comes_in_is_seen_and_heard_at_once(silent):
    station = ready(ring_answer_s=WAIT_S)
    if silent:
        station.ask(inputs.SilenceRinger(5))
    call = station.arrive()
    station.press("ring")
    assert picture(station.state) is Picture.DIALING
    assert station.desired.sound.tone is Tone.DIALING
    station.press("hangup")
    assert picture(station.state) is Picture.RINGING
    assert station.desired.sound.tone is (None if silent else Tone.RINGING)
    assert station.call.id == call.id


def test_who_is_about_to_be_heard_is_announced_though_a_visitor_rings():
    target, *others = SETTINGS.targets
    station = ready(ring_answer_s=WAIT_S, targets=(replace(target, auto_answer=True), *others))
    station.arrive(answer_after_s=1.2)
    station.press("ring")
    assert station.desired.sound.tone is Tone.AUTO_ANSWER


def test_a_receiver_names_whom_the_ring_rings():
    station, ring = rung()
    assert station.ask(inputs.RouteRing(ring.id, ("office",), 20.0)).error is None
    (call,) = station.state.calls.living
    assert call.remote.target == "office"
    station.wait(20.0)
    assert station.last(events.RingEnded).result is RingResult.UNANSWERED
    assert len(station.orders(Place)) == 1


def test_without_targets_the_plan_begins_at_once():
    station, ring = rung()
    assert station.ask(inputs.RouteRing(ring.id)).error is None
    assert [order.uri for order in station.orders(Place)] == [KITCHEN]


def test_a_late_answer_a_repeated_one_and_one_for_another_ring_change_nothing():
    station, ring = rung()
    assert station.ask(inputs.RouteRing("v-other", ("office",))).error.code == "conflict"
    assert station.ask(inputs.RouteRing(ring.id, ("nobody",))).error.code == "number-invalid"
    station.wait(WAIT_S)
    late = station.ask(inputs.RouteRing(ring.id, ("office",))).error
    assert (late.code, late.message) == ("conflict", f"The ring {ring.id} does not wait for an answer.")
    assert [order.uri for order in station.orders(Place)] == [KITCHEN]


def test_a_receiver_refuses_a_ring():
    station, ring = rung()
    assert station.ask(inputs.EndRing(ring.id)).error is None
    assert station.last(events.RingEnded).result is RingResult.CANCELED
    station.wait(WAIT_S)
    assert station.orders(Place) == []
    assert station.ask(inputs.EndRing(ring.id)).error.code == "conflict"


def test_the_visitor_ends_a_ring_that_waits():
    station, _ = rung()
    station.press("hangup")
    assert station.state.rings == ()
    station.wait(WAIT_S)
    assert station.orders(Place) == []


def test_a_call_is_silent_until_the_answer_or_its_time_and_then_rings():
    station = called()
    assert station.call.state is CallState.INCOMING
    assert station.orders(Ring) == []
    assert station.desired.sound.tone is None
    station.wait(WAIT_S)
    assert station.orders(Ring) == [Ring(station.call.id)]
    assert station.desired.sound.tone is Tone.RINGING
    assert station.types().count("call.ringing") == 1


def test_a_receiver_lets_a_call_ring_at_once():
    station = called()
    assert station.ask(inputs.RingCall(station.call.id)).warning == ""
    station.wait(WAIT_S)
    assert station.orders(Ring) == [Ring(station.call.id)]


def test_who_talks_hears_of_a_call_only_when_it_rings_too():
    station = ready(call_answer_s=WAIT_S)
    talk = station.talking()
    station.arrive(uri="sip:office.example", shown="office")
    assert station.state.calls.active.id == talk.id
    assert station.desired.sound.tone is None
    station.wait(WAIT_S)
    assert station.desired.sound.tone is Tone.WAITING


def test_a_receiver_refuses_a_call_before_anybody_hears_it():
    station = called()
    station.ask(inputs.RejectCall(station.call.id, 603))
    assert [order.code for order in station.orders(Refuse)] == [603]
    assert "call.ringing" not in station.types()


def test_a_receiver_forwards_a_call_to_known_addresses_and_in_no_circle():
    station = called(diverted=("sip:office@127.0.0.3",))
    call = station.call
    for to in ("nobody", "kitchen"):  # unknown, and the caller itself
        assert station.ask(inputs.ForwardCall(call.id, to)).error.code == "number-invalid"
    station = called()
    assert station.ask(inputs.ForwardCall(station.call.id, "office")).error is None
    assert [(order.code, order.contact) for order in station.orders(Refuse)] == [(302, "sip:office.example")]


def test_an_automatic_answer_counts_from_when_the_call_rings():
    station = ready(call_answer_s=WAIT_S)
    target, *others = station.state.settings.targets
    settings = replace(station.state.settings, targets=(replace(target, auto_answer=True), *others))
    station.give(inputs.ConfigChanged, settings=settings, applied="", needs_restart="")
    station.arrive(answer_after_s=2.0)
    station.wait(1.0)
    station.ask(inputs.RingCall(station.call.id))
    assert station.desired.sound.tone is Tone.AUTO_ANSWER
    station.wait(1.9)
    assert not station.call.answered_by_us
    station.wait(0.2)
    assert station.call.answered_by_us


def test_a_person_answers_a_call_that_waits():
    station = called()
    station.press("answer")
    assert station.call.answered_by_us
    station.wait(WAIT_S)
    assert station.orders(Ring) == []


def test_nobody_is_asked_about_a_stranger_or_by_a_station_that_is_not_to_be_disturbed():
    station = called(uri="sip:stranger@198.51.100.9", source="198.51.100.9:5060")
    assert [order.code for order in station.orders(Refuse)] == [403]
    assert station.last(events.CallIncoming).answer_s is None
    station = ready(call_answer_s=WAIT_S)
    station.ask(inputs.ChangeRuntime(do_not_disturb=True))
    station.arrive()
    assert station.last(events.CallIncoming).answer_s is None
    assert called().last(events.CallIncoming).answer_s == WAIT_S
