"""Several bells at one panel: each flat's ring is its own where lines are free; else the visitor hears busy."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    CallState,
    Entry,
    KeypadId,
    KeypadSettings,
    Picture,
    Plan,
    RingResult,
    RingStep,
    Target,
    Tone,
)
from appliance.core.orders import HangUp
from appliance.core.panel.indications import pictures, tone
from appliance.core.visitor_ring.ring import ELSEWHERE
from tests.core.station import SETTINGS, Station, ready
from tests.core.visitor_ring.test_plans import answers, calls, refuses, rings, rung

FLATS = ("one", "two", "three")
TARGETS = tuple(Target(name, f"sip:{name}@127.0.0.{n}") for n, name in enumerate(FLATS, start=2))
BELLS = tuple(ButtonSettings(ButtonId(name), Action.RING, target=name) for name in FLATS)


def house(**changes) -> Station:
    others = tuple(button for button in SETTINGS.buttons if button.id in {"hangup", "hold"})
    return ready(**{"targets": TARGETS, "buttons": (*BELLS, *others), "max_calls": 4, **changes})


def results(station: Station) -> list[tuple[str, str]]:
    return [(told.button, told.result) for told in station.told if isinstance(told, events.RingEnded)]


def in_front(station: Station) -> str:
    return station.state.calls.active.remote.target


def refused(station: Station) -> list[str]:
    return [told.code for told in station.told if isinstance(told, events.ErrorReported)]


def hears_busy(station: Station) -> bool:
    return tone(station.state) is Tone.ERROR and Picture.ERROR in pictures(station.state)


def test_a_second_bell_rings_while_the_first_still_rings_and_the_visitor_hears_the_newest():
    station = house()
    station.press("one")
    rings(station, "one")
    station.press("two")
    assert rung(station) == ["one", "two"]
    assert (in_front(station), station.types().count("ring.started")) == ("two", 2)
    assert tone(station.state) is Tone.DIALING
    refuses(station, "two")
    assert results(station) == [("two", RingResult.UNANSWERED)]
    assert in_front(station) == "one", "the older ring is heard again"


@pytest.mark.parametrize(("answered", "other"), [("one", "two"), ("two", "one")])
def test_the_first_that_answers_is_joined_and_the_other_s_phones_show_no_missed_call(answered, other):
    station = house()
    station.press("one")
    station.press("two")
    call = answers(station, answered)
    assert station.state.calls.active.id == call
    assert results(station) == [(answered, RingResult.ANSWERED), (other, RingResult.CANCELED)]
    (told,) = (order for order in station.orders(HangUp))
    assert (told.call != call, told.reason) == (True, ELSEWHERE)
    assert station.state.rings == ()


def test_of_two_that_answer_at_once_the_second_is_hung_up_with_the_reason():
    station = house()
    station.press("one")
    station.press("two")
    late = calls(station)["one"].id
    answers(station, "two")
    station.give(inputs.CallAnswered, call=late)
    assert in_front(station) == "two"
    assert not station.state.calls.get(late).alive


def test_a_second_press_of_a_bell_changes_nothing():
    station = house()
    for bell in ("one", "two", "one", "two"):
        station.press(bell)
    assert rung(station) == ["one", "two"]
    assert (refused(station), station.types().count("ring.started")) == ([], 2)
    answers(station, "two")
    station.press("two")
    assert (rung(station), refused(station)) == (["one", "two"], []), "the flat talks already"


@pytest.mark.parametrize("first", ["one", "incoming"])
def test_a_bell_rings_while_somebody_talks_and_its_answer_comes_to_the_front(first):
    station = house()
    if first == "one":
        station.press("one")
        talk = answers(station, "one")
    else:
        talk = station.arrive(uri="sip:three@127.0.0.4", source="127.0.0.4:5060").id
        station.ask(inputs.AnswerCall(talk))
        station.give(inputs.CallConfirmed, call=talk)
    station.press("two")
    assert rung(station)[-1] == "two"
    assert station.state.calls.active.id == talk, "who talks goes on talking"
    assert not station.state.calls.get(talk).media.held_local
    answers(station, "two")
    assert in_front(station) == "two"
    assert station.state.calls.get(talk).media.set_aside, "who talked waits"
    station.give(inputs.CallEnded, call=calls(station)["two"].id, code=200, reason="", remote=True)
    assert station.state.calls.active.id == talk
    assert not station.state.calls.get(talk).media.held_local


@pytest.mark.parametrize("held", [False, True])
def test_the_switch_button_leads_to_no_bell_that_rings_behind_a_talk_but_to_a_held_call(held):
    switch = next(button for button in SETTINGS.buttons if button.id == "switch")
    station = house(buttons=(*BELLS, switch))
    if held:
        station.press("three")
        other = answers(station, "three")
    station.press("one")
    talk = answers(station, "one")
    station.press("two")
    station.press("switch")
    assert in_front(station) == ("three" if held else "one")
    if held:
        assert station.state.calls.get(talk).media.set_aside
        assert not station.state.calls.get(other).media.held_local
    else:
        assert refused(station) == [ErrorCode.CALL_WRONG_STATE]


def test_a_plan_rings_on_behind_a_talk_that_was_there_before():
    plan = Plan("house", (RingStep(("two",), 10.0), RingStep(("three",), 10.0)))
    bell = ButtonSettings(ButtonId("house"), Action.RING, target="house")
    station = house(plans=(plan,), buttons=(*BELLS, bell))
    station.press("one")
    talk = answers(station, "one")
    station.press("house")
    station.wait(10.0)
    assert rung(station) == ["one", "two", "three"]
    assert station.state.calls.active.id == talk
    station.wait(10.0)
    assert results(station)[-1] == ("house", RingResult.UNANSWERED)
    assert station.state.calls.active.id == talk


def test_an_older_plan_rings_on_behind_the_newest_ring():
    plan = Plan("house", (RingStep(("one",), 10.0), RingStep(("three",), 10.0)))
    bell = ButtonSettings(ButtonId("house"), Action.RING, target="house")
    station = house(plans=(plan,), buttons=(*BELLS, bell))
    station.press("house")
    station.press("two")
    station.wait(10.0)
    assert (rung(station), in_front(station)) == (["one", "two", "three"], "two")


def test_without_a_free_line_the_visitor_hears_busy_and_an_event_says_why():
    station = house(max_calls=2)
    station.press("one")
    station.press("two")
    station.press("three")
    assert (rung(station), refused(station)) == (["one", "two"], [ErrorCode.TOO_MANY_CALLS])
    assert station.last(events.ErrorReported).operation == "button three: ring"
    assert hears_busy(station)
    station.wait(5.0)
    assert not hears_busy(station)
    assert tone(station.state) is Tone.DIALING


def test_a_bell_while_somebody_talks_on_the_only_line_is_busy_beside_the_call():
    station = house(max_calls=1)
    station.press("one")
    talk = answers(station, "one")
    station.press("two")
    assert (rung(station), refused(station)) == (["one"], [ErrorCode.TOO_MANY_CALLS])
    assert hears_busy(station)
    station.wait(5.0)
    assert not hears_busy(station)
    assert station.state.calls.active.id == talk


def test_a_bell_while_the_panel_is_in_a_conference_is_busy_and_an_event_says_what_to_end():
    station = house()
    station.press("one")
    assert station.ask(inputs.Confer((answers(station, "one"),), ())).error is None
    station.press("two")
    assert (rung(station), refused(station)) == (["one"], [ErrorCode.CALL_WRONG_STATE])
    assert station.last(events.ErrorReported).resolution == "Hold or end the conference first."
    assert hears_busy(station)


def test_a_flat_at_a_keypad_rings_beside_another_and_is_refused_aloud_without_a_line():
    pad = KeypadId("street")
    entries = tuple(Entry(str(n), name, Plan(f"flat {n}", (RingStep((name,)),))) for n, name in enumerate(FLATS, 1))
    station = house(keypads=(KeypadSettings(pad),), directory=entries, max_calls=2)
    for number in "123":
        for key in f"{number}#":
            station.give(inputs.KeypadKey, 0.2, keypad=pad, key=key)
    assert (rung(station), refused(station)) == (["one", "two"], [ErrorCode.TOO_MANY_CALLS])
    assert hears_busy(station)


def test_a_client_rings_a_second_flat_and_hears_of_one_that_rings_already():
    entries = tuple(Entry(str(n), name, Plan(f"flat {n}", (RingStep((name,)),))) for n, name in enumerate(FLATS, 1))
    station = house(directory=entries)
    assert [station.ask(inputs.RingFlat(flat)).warning for flat in "121"] == ["", "", "The station is in use already."]
    assert rung(station) == ["one", "two"]


def test_the_hangup_button_ends_all_rings():
    station = house()
    station.press("one")
    station.press("two")
    station.press("hangup")
    assert results(station) == [("one", RingResult.CANCELED), ("two", RingResult.CANCELED)]
    assert calls(station) == {}


def test_a_client_ends_one_ring_by_its_call_and_the_other_goes_on():
    station = house()
    station.press("one")
    station.press("two")
    station.ask(inputs.HangUpCall(calls(station)["one"].id))
    assert results(station) == [("one", RingResult.CANCELED)]
    assert set(calls(station)) == {"two"}


def test_nobody_answers_at_either_flat_and_the_error_is_shown_once_both_are_over():
    station = house()
    station.press("one")
    station.press("two")
    refuses(station, "one")
    assert tone(station.state) is Tone.DIALING
    refuses(station, "two")
    assert tone(station.state) is Tone.ERROR


def test_the_sip_process_dies_and_both_flats_are_rung_again():
    station = house()
    station.press("one")
    station.press("two")
    station.give(inputs.SipLost, why="killed")
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert sorted(calls(station)) == ["one", "two"]
    assert len(station.state.rings) == 2
    assert {call.state for call in calls(station).values()} == {CallState.DIALING}


def test_three_flats_ring_at_once_where_there_are_lines():
    station = house()
    for bell in FLATS:
        station.press(bell)
    assert (rung(station), station.state.count) == (list(FLATS), 3)
    answers(station, "two")
    assert set(calls(station)) == {"two"}


def test_an_incoming_call_waits_behind_two_rings_or_is_refused_for_them():
    station = house(max_calls=2)
    incoming = station.arrive(uri="sip:three@127.0.0.4", source="127.0.0.4:5060")
    station.press("one")
    station.press("two")
    assert rung(station) == ["one", "two"]
    assert not station.state.calls.get(incoming.id).alive


def test_a_visitor_hears_the_ring_after_a_talk_though_a_call_has_come_in_before():
    station = house()
    station.press("one")
    talk = answers(station, "one")
    station.arrive(uri="sip:three@127.0.0.4", source="127.0.0.4:5060")
    station.press("two")
    station.give(inputs.CallEnded, call=talk, code=200, reason="", remote=True)
    assert tone(station.state) is Tone.DIALING
    assert pictures(station.state)[0] is Picture.DIALING


def test_the_call_of_a_press_has_the_id_of_its_ring():
    station = house().press("one")
    ((call,), (ring,)) = station.state.calls.living, station.state.rings
    assert call.id.removeprefix("c-") == ring.id.removeprefix("v-")


def test_two_rings_that_begin_in_one_step_have_ids_of_their_own():
    station = house(buttons=tuple(replace(bell, action=Action.NONE, long_action=Action.RING) for bell in BELLS))
    for bell in FLATS:
        station.give(inputs.ButtonEdge, button=ButtonId(bell), active=True)
    station.give(inputs.Tick, 5.0)
    assert rung(station) == list(FLATS)
    assert len({ring.id for ring in station.state.rings}) == len({call.id for call in station.state.calls.living}) == 3
    first, *others = [ring.id for ring in station.state.rings]
    assert all(other > first for other in others)
