"""A door that is opened while a visitor rings ends the ring for all; a talk, a rule and another door do not."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import (
    Cause,
    Clock,
    CredentialBook,
    Denial,
    DoorId,
    KeypadId,
    KeypadSettings,
    OpenedBy,
    Opening,
    RingResult,
    Rule,
    Target,
)
from appliance.core.orders import HangUp
from appliance.core.visitor_ring.ring import ELSEWHERE
from tests.core.access.test_right_codes import OWN, SECRET
from tests.core.sent import snapshot
from tests.core.station import FRONT, GATE, SETTINGS, Station
from tests.core.visitor_ring import test_two_bells as bells
from tests.core.visitor_ring.test_plans import TARGETS, answers, calls, house, rings


def ringing(**changes) -> Station:
    """The kitchen and the hall ring."""
    station = house(("kitchen", "hall", 30), **changes)
    station.press("ring")
    for name in ("kitchen", "hall"):
        rings(station, name)
    return station


def guard_opens(station: Station, door: DoorId = FRONT) -> None:
    """The guard takes the pulse, and energises the relay."""
    pulse = dict(station.state.doors.pulses)[door].id
    station.give(inputs.RelayChanged, door=door, energised=True, pulse=pulse)


def ends(station: Station) -> list[events.RingEnded]:
    return [told for told in station.told if isinstance(told, events.RingEnded)]


def by_client(station: Station) -> None:
    station.ask(inputs.OpenDoor(FRONT), who="http:tablet")


def by_hold(station: Station) -> None:
    station.ask(inputs.HoldDoor(FRONT, 60.0), who="dbus:1000")


def by_keypad(station: Station) -> None:
    for key in "1234#":
        station.give(inputs.KeypadKey, 0.1, keypad=KeypadId("gate"), key=key)


@pytest.mark.parametrize(
    ("act", "by", "means"),
    [
        (by_client, "http:tablet", OpenedBy.API),
        (by_hold, "dbus:1000", OpenedBy.API),
        (lambda station: station.press("exit"), "button exit", OpenedBy.BUTTON),
        (lambda station: station.press("out"), "button out", OpenedBy.EXIT),
        (by_keypad, f"code of {OWN.owner}, keypad gate", OpenedBy.KEYPAD),
    ],
    ids=["order", "hold", "button", "exit", "code"],
)
def test_everyone_who_opens_the_door_ends_the_ring_for_all(act, by, means):
    doors = tuple(replace(door, max_hold_s=600.0) for door in SETTINGS.doors)
    keypads = (KeypadSettings(KeypadId("gate"), doors=(FRONT,)),)
    station = ringing(doors=doors, keypads=keypads).give(inputs.BookRead, book=CredentialBook(SECRET, (OWN,)))
    phones = [call.id for call in calls(station).values()]
    act(station)
    assert ends(station) == [], "the relay has not opened yet"
    guard_opens(station)
    (told,) = ends(station)
    assert (told.result, told.call, told.target) == (RingResult.OPENED, None, "")
    assert (told.door, told.by, told.means) == (FRONT, by, means)
    assert station.orders(HangUp) == [HangUp(phone, ELSEWHERE) for phone in phones], "no phone shows a missed call"
    assert station.state.rings == ()
    for phone in phones:
        station.give(inputs.CallEnded, call=phone, code=487, reason="", remote=False)
    canceled = [told for told in station.told if isinstance(told, events.CallCanceled)]
    assert [(told.call, told.cause) for told in canceled] == [(phone, Cause.CANCELED) for phone in phones]
    assert station.state.panel.error_until is None
    station.wait(120.0)
    assert len(ends(station)) == 1


def test_a_call_that_was_answered_goes_on():
    station = ringing()
    kitchen = answers(station, "kitchen")
    by_client(station)
    guard_opens(station)
    assert station.state.calls.active.id == kitchen
    assert [told.result for told in ends(station)] == [RingResult.ANSWERED]


def test_an_opening_that_is_refused_ends_nothing():
    station = ringing()
    station.give(inputs.Requested, request="r", who="x", action=inputs.LockDoor(FRONT))
    station.press("exit")
    assert station.last(events.DoorDenied).why == Denial.LOCKED_DOWN
    station.give(inputs.Requested, request="r", who="x", action=inputs.UnlockDoor(FRONT))
    by_client(station)
    station.give(inputs.GuardLost, why="gone")
    assert station.last(events.DoorDenied).why == Denial.NOT_TAKEN
    assert (ends(station), len(calls(station))) == ([], 2)


def test_a_rule_that_lets_visitors_in_leaves_the_ring_to_the_residents():
    station = house(("kitchen", "hall", 30), rules=(Rule("practice", on="ring.started", door=FRONT),))
    station.press("ring")
    guard_opens(station)
    assert station.last(events.DoorUnlocked).means is OpenedBy.RULE
    assert (ends(station), len(calls(station))) == ([], 2)


def test_a_door_that_those_who_are_rung_may_not_open_is_another_door():
    station = ringing(targets=tuple(replace(target, doors=(FRONT,)) for target in TARGETS))
    station.ask(inputs.OpenDoor(GATE))
    guard_opens(station, GATE)
    assert ends(station) == []
    by_client(station)
    guard_opens(station)
    assert [told.door for told in ends(station)] == [FRONT]


def test_without_doors_of_their_own_every_door_is_that_of_the_visitor():
    station = ringing()
    station.ask(inputs.OpenDoor(GATE))
    guard_opens(station, GATE)
    assert [told.door for told in ends(station)] == [GATE]


def test_somebody_who_answered_but_has_not_confirmed_is_hung_up():
    station = ringing(targets=tuple(replace(target, confirm="1") for target in TARGETS))
    kitchen = answers(station, "kitchen")
    by_client(station)
    guard_opens(station)
    assert [told.result for told in ends(station)] == [RingResult.OPENED]
    assert HangUp(kitchen, ELSEWHERE) in station.orders(HangUp)


def test_while_people_talk_the_opening_is_for_their_visitor_and_another_ring_goes_on():
    station = bells.house()
    station.press("one")
    talk = answers(station, "one")
    station.press("two")
    rings(station, "two")
    by_client(station)
    guard_opens(station)
    assert bells.results(station) == [("one", RingResult.ANSWERED)]
    station.give(inputs.CallEnded, call=talk, code=0, reason="", remote=True)
    station.wait(5.0)
    by_client(station)
    guard_opens(station)
    assert bells.results(station)[1:] == [("two", RingResult.OPENED)]


def test_of_several_flats_all_rings_end():
    station = bells.house()
    station.press("one")
    station.press("two")
    by_client(station)
    guard_opens(station)
    assert bells.results(station) == [("one", RingResult.OPENED), ("two", RingResult.OPENED)]


def test_digits_of_a_resident_in_another_call_end_the_ring():
    friend = Target("friend", "sip:friend@127.0.0.9", doors=(FRONT,))
    doors = tuple(replace(door, digits="5" if door.id == FRONT else "") for door in SETTINGS.doors)
    station = house(("kitchen", "hall", 30), targets=(*TARGETS, friend), doors=doors, max_calls=3)
    call = station.ask(inputs.Dial("friend", apart=True)).call
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.press("ring")
    station.give(inputs.DigitReceived, call=call, digit="5", method="rfc4733", duration_ms=100)
    station.wait(1.0)
    guard_opens(station)
    assert [(told.by, told.means) for told in ends(station)] == [("digits of friend", OpenedBy.DTMF)]


def view_of(station: Station) -> dict:
    return snapshot(station.state, 1_000_000.0)["doors"][0]["last_opening"]


def test_the_state_says_who_opened_a_door_last():
    station = house(("kitchen", "hall", 30))
    assert view_of(station) is None
    by_client(station)
    guard_opens(station)
    assert view_of(station) == {"time": None, "by": "http:tablet", "means": "api", "held": False}
    station.give(inputs.ClockReported, clock=Clock(1_700_000_000.0 - station.state.now, 0.0, trusted=True))
    station.wait(30.0)
    station.press("out")
    guard_opens(station)
    seen = view_of(station)
    assert (seen["by"], seen["means"], seen["time"][:19]) == ("button out", "exit", "2023-11-14T22:13:50")


def test_what_the_audit_remembers_yields_to_a_newer_opening():
    past = tuple(
        Opening(door, 1_600_000_000.0, "http:tablet", OpenedBy.API, held=True) for door in (FRONT, GATE, "old")
    )
    station = house(("kitchen", "hall", 30))
    station.press("exit")
    guard_opens(station)
    station.give(inputs.OpeningsRead, openings=past)
    front, gate = snapshot(station.state, 0.0)["doors"]
    assert front["last_opening"]["by"] == "button exit"
    assert gate["last_opening"] == {
        "time": "2020-09-13T12:26:40.000000Z",
        "by": "http:tablet",
        "means": "api",
        "held": True,
    }
    assert len(station.state.doors.openings) == 2
