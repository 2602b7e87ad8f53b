"""Doors: one bounded pulse at a time; digits open only in a connected call, and only for whom they may."""

import pytest

from appliance.core import events, inputs
from appliance.core.doors import pulses
from appliance.core.model import CallId, CallState, CredentialBook, DoorSettings, DoorState, OpenedBy, Picture, Target
from appliance.core.panel.indications import picture
from tests.core.station import FRONT, GATE, KITCHEN, Station, ready


def asked(station: Station, seconds: float | None = None):
    reply = station.ask(inputs.OpenDoor(FRONT, seconds))
    assert reply.error is None
    return reply


def guard(station: Station, *, energised: bool, pulse: int | None = None, after: float = 0.0) -> Station:
    """The guard reports the newest pulse."""
    newest = dict(station.state.doors.pulses).get(FRONT)
    if pulse is None:
        pulse = newest.id if newest else 0
    return station.give(inputs.RelayChanged, after, door=FRONT, energised=energised, pulse=pulse)


def door_events(station: Station) -> list[str]:
    return [t.removeprefix("door.") for t in station.types() if t.startswith("door.")]


def test_a_pulse_is_desired_until_its_end_and_reported_when_the_guard_reports_it():
    station = ready()
    asked(station)
    (relay,) = station.desired.relays
    now = station.state.now
    assert (relay.door, relay.id, relay.until) == (FRONT, int(now * 1e9), int((now + 3.0) * 1e9))
    assert door_events(station) == []
    guard(station, energised=True, after=0.001)
    assert (station.last(events.DoorUnlocked).by, station.last(events.DoorUnlocked).seconds) == ("test", 2.999)
    assert picture(station.state) is Picture.DOOR_OPEN
    guard(station, energised=True)
    guard(station, energised=False, after=3.0)
    assert door_events(station) == ["unlocked", "locked"]
    assert (station.desired.relays, picture(station.state)) == ((), Picture.IDLE)
    guard(station, energised=False)
    assert door_events(station) == ["unlocked", "locked"]


def test_a_button_opens_its_door():
    station = ready()
    station.press("exit")
    guard(station, energised=True)
    unlocked = station.last(events.DoorUnlocked)
    assert (unlocked.by, unlocked.means) == ("button exit", OpenedBy.BUTTON)


def test_the_end_that_no_one_reports_is_taken_for_granted_a_second_later():
    station = ready()
    asked(station)
    guard(station, energised=True)
    station.wait(3.9)
    assert station.desired.relays
    station.wait(0.2)
    assert door_events(station) == ["unlocked", "locked"]


def test_a_pulse_that_the_guard_has_not_taken_by_its_end_is_denied():
    station = ready()
    asked(station)
    station.wait(3.9)
    assert door_events(station) == []
    station.wait(0.2)
    assert door_events(station) == ["denied"]
    denied = station.last(events.DoorDenied)
    assert (denied.by, denied.means) == ("test", OpenedBy.API)
    assert station.desired.relays == ()


OPENINGS = {
    "a client": asked,
    "a client, again": lambda station: (asked(station, 1.0), station.wait(0.5), asked(station)),
    "a hold": lambda station: station.ask(inputs.HoldDoor(FRONT, 3.0)),
    "a button": lambda station: station.press("exit"),
    "an exit button": lambda station: station.press("out"),
    "digits": lambda station: typed(station, station.talking().id, "12#"),
}


@pytest.mark.parametrize("by", OPENINGS)
def test_a_guard_that_takes_a_pulse_after_seconds_opens_the_door_for_the_rest_of_its_time(by):
    """The machine was busy: nobody is turned away, and the door is open for no longer than it would have been."""
    station = ready()
    OPENINGS[by](station)
    (relay,) = station.desired.relays
    station.wait(2.5 - (station.state.now - relay.id / 1e9))
    assert station.desired.relays == (relay,)
    assert door_events(station) == []
    guard(station, energised=True)
    assert door_events(station) == ["unlocked"]
    assert station.last(events.DoorUnlocked).seconds == pytest.approx(relay.until / 1e9 - station.state.now, abs=0.001)
    guard(station, energised=False, after=0.5)
    assert door_events(station) == ["unlocked", "locked"]


def test_a_hold_that_the_guard_does_not_take_is_denied_long_before_its_end():
    station = ready()
    station.ask(inputs.HoldDoor(FRONT, 600.0))
    station.wait(5.9)
    assert door_events(station) == []
    station.wait(0.2)
    assert door_events(station) == ["denied"]
    assert station.desired.relays == ()


def test_a_pulse_that_the_guard_refuses_is_denied():
    station = ready()
    asked(station)
    guard(station, energised=False)
    assert door_events(station) == ["denied"]


def test_a_press_that_was_heard_of_late_opens_for_the_whole_pulse():
    station = ready()
    pressed = station.state.now
    station.give(inputs.ButtonEdge, button="exit", active=True, taken=pressed + 5.0)
    station.give(inputs.ButtonEdge, 0.1, button="exit", active=False, taken=pressed + 5.0)
    (pulse,) = station.desired.relays
    assert (pulse.id, pulse.until) == (int((pressed + 5.0) * 1e9), int((pressed + 8.0) * 1e9))
    station.give(inputs.Tick, 4.9)
    guard(station, energised=True)
    unlocked = station.last(events.DoorUnlocked)
    assert (door_events(station), unlocked.seconds) == (["unlocked"], 3.0)


def test_an_answer_that_was_read_late_counts():
    """The loop stood still after its order: what it reads then first is not what came first."""
    station = ready()
    asked(station)
    station.give(inputs.ButtonEdge, 2.0, button="light", active=True)
    guard(station, energised=True)
    station.wait(0.1)
    assert door_events(station) == ["unlocked"]


def test_a_second_request_prolongs_up_to_the_bound():
    station = ready()
    asked(station, 4.0)
    began = station.state.now
    guard(station, energised=True)
    untils = []
    for _ in range(4):
        station.wait(3.0)
        reply = asked(station, 4.0)
        guard(station, energised=True)
        untils.append((round(dict(station.state.doors.pulses)[FRONT].until - began, 3), bool(reply.warning)))
    assert untils == [(7.0, False), (10.0, False), (10.0, True), (16.0, False)]  # the last one is another pulse
    assert door_events(station) == ["unlocked", "unlocked", "unlocked", "locked", "unlocked"]


def test_a_request_that_would_end_sooner_changes_nothing():
    station = ready()
    asked(station, 5.0)
    pulse = station.state.doors.pulses
    assert asked(station, 1.0).warning == "Door front is open already, for longer than this."
    assert station.state.doors.pulses == pulse


def test_prolonging_in_the_same_instant_gives_a_newer_id():
    station = ready()
    asked(station, 1.0)
    first = station.desired.relays[0].id
    asked(station, 2.0)
    assert station.desired.relays[0].id == first + 1


def test_the_end_of_the_pulse_before_does_not_end_the_one_that_prolongs_it():
    station = ready()
    asked(station)
    first = station.desired.relays[0].id
    guard(station, energised=True)
    station.wait(2.9)
    asked(station)
    (second,) = station.desired.relays
    guard(station, energised=False, pulse=first, after=0.1)
    assert station.desired.relays == (second,)
    guard(station, energised=False, pulse=first)  # once is enough
    guard(station, energised=True, pulse=first)  # old news
    guard(station, energised=True)
    assert door_events(station) == ["unlocked", "locked", "unlocked"]


def test_a_prolongation_that_is_not_confirmed_is_denied_and_the_door_taken_for_locked():
    station = ready()
    asked(station)
    guard(station, energised=True)
    station.wait(1.0)
    asked(station)
    station.wait(4.0)
    assert door_events(station) == ["unlocked", "denied", "locked"]


def test_doors_do_not_mind_each_other():
    station = ready()
    asked(station)
    station.ask(inputs.OpenDoor(GATE))
    guard(station, energised=True)
    guard(station, energised=False)
    assert [relay.door for relay in station.desired.relays] == [GATE]


@pytest.mark.parametrize("taken", [False, True])
def test_a_guard_that_is_lost_in_a_pulse_desires_nothing_more(taken):
    station = ready()
    asked(station)
    if taken:
        guard(station, energised=True)
    station.give(inputs.GuardLost, why="killed")
    assert station.desired.relays == ()
    assert door_events(station) == (["unlocked"] if taken else ["denied"])
    assert station.last(events.ApplianceDegraded).part == "relay"
    station.give(inputs.GuardReady)
    assert door_events(station) == (["unlocked", "locked"] if taken else ["denied"])
    assert station.desired.relays == (), "a pulse is never energised a second time"
    assert station.last(events.ApplianceRecovered).part == "relay"


def test_a_new_guard_knows_nothing_of_a_pulse_that_was_not_confirmed():
    station = ready()
    asked(station)
    station.give(inputs.GuardReady)
    assert (door_events(station), station.desired.relays) == (["denied"], ())


def test_without_a_guard_nothing_opens():
    station = ready()
    station.give(inputs.GuardLost, why="killed")
    reply = station.ask(inputs.OpenDoor(FRONT))
    assert reply.error.code == "unavailable"
    assert door_events(station) == ["denied"]
    station.press("exit")
    assert station.last(events.ErrorReported).code == "unavailable"
    assert picture(station.state) is Picture.ERROR


def typed(station: Station, call: CallId, digits: str, apart: float = 1.0) -> Station:
    for digit in digits:
        station.give(inputs.DigitReceived, apart, call=call, digit=digit, method="rfc4733", duration_ms=100)
    return station


def test_a_targets_digits_open_its_door():
    station = ready()
    call = station.talking()
    typed(station, call.id, "99*12#")
    assert [relay.door for relay in station.desired.relays] == [FRONT]
    guard(station, energised=True)
    unlocked = station.last(events.DoorUnlocked)
    assert (unlocked.by, unlocked.means) == ("digits of kitchen", OpenedBy.DTMF)
    assert station.call.digits.received == ""


@pytest.mark.parametrize(
    ("digits", "apart", "opened"),
    [
        pytest.param("12#", 4.9, True, id="slow"),
        pytest.param("12#", 5.0, False, id="too far apart"),
        pytest.param("1#12#", 0.1, True, id="after a wrong one that was closed"),
        pytest.param("3*12#", 0.1, True, id="after a slip that was taken back"),
        pytest.param("12*12#", 0.1, True, id="begun anew"),
        pytest.param("*12#", 0.1, True, id="with a star in front"),
        pytest.param("##12#", 0.1, True, id="after nothing"),
        pytest.param("99912#", 0.1, True, id="after a wrong one that was as long as it may be"),
        pytest.param("912#", 0.1, False, id="as the end of others"),
        pytest.param("12", 0.1, False, id="not all"),
        pytest.param("#12", 0.1, False, id="in another order"),
    ],
)
def test_digits_open_the_door_when_they_are_its_own(digits, apart, opened):
    station = ready().give(inputs.BookRead, book=CredentialBook("5a" * 32))
    typed(station, station.talking().id, digits, apart)
    assert bool(station.state.doors.pulses) is opened


def test_digits_do_not_count_twice():
    station = ready()
    call = station.talking()
    typed(station, call.id, "12#")
    guard(station, energised=True)
    guard(station, energised=False)
    typed(station, call.id, "#")
    assert station.desired.relays == ()


def test_digits_of_a_door_that_the_target_may_not_open_are_denied():
    station = ready()
    typed(station, station.talking().id, "7")
    assert (station.last(events.DoorDenied).door, station.desired.relays) == (GATE, ())


def test_digits_before_the_call_is_connected_are_reported_and_do_nothing():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    assert station.call.state is CallState.EARLY_MEDIA
    typed(station, call.id, "12#")
    assert station.types().count("dtmf.received") == 3
    station.give(inputs.CallConfirmed, call=call.id)
    assert (station.call.digits.received, door_events(station)) == ("", [])


def test_digits_without_a_guard_are_denied_once():
    station = ready()
    call = station.talking()
    station.give(inputs.GuardLost, why="killed")
    typed(station, call.id, "12#")
    assert door_events(station) == ["denied"]


def test_one_digit_may_open_two_doors():
    both = (DoorSettings(FRONT, digits="5"), DoorSettings(GATE, digits="5"))
    station = ready(doors=both, targets=(Target("kitchen", KITCHEN, doors=(FRONT, GATE)),))
    typed(station, station.talking().id, "5")
    assert [relay.door for relay in station.desired.relays] == [FRONT, GATE]


def test_digits_are_masked_where_a_door_has_some_and_reported_where_none_has():
    station = ready()
    typed(station, station.talking().id, "4")
    told = station.last(events.DtmfReceived)
    assert (told.digit, told.masked, told.method, told.duration_ms) == (None, True, "rfc4733", 100)
    station = ready(doors=(DoorSettings(FRONT),)).give(inputs.BookRead, book=CredentialBook("5a" * 32))
    typed(station, station.talking().id, "4")
    told = station.last(events.DtmfReceived)
    assert (told.digit, told.masked) == ("4", False)


@pytest.mark.parametrize("ending", [False, True])
def test_digits_that_we_send_are_never_reported(ending):
    station = ready()
    call = station.talking()
    station.ask(inputs.SendDigits(call.id, "42"))
    if ending:
        station.ask(inputs.HangUpCall(call.id))
    station.give(inputs.DigitSent, call=call.id, digit="4")
    told = station.last(events.DtmfSent)
    assert (told.digit, told.masked) == (None, True)


def held(station: Station, seconds: float | None = None):
    return station.ask(inputs.HoldDoor(FRONT, seconds))


def test_a_door_is_held_open_for_as_long_as_was_asked_and_warns_before_the_end():
    station = ready()
    assert held(station, 300.0).error is None
    guard(station, energised=True)
    unlocked = station.last(events.DoorUnlocked)
    assert (unlocked.by, unlocked.means, unlocked.held, unlocked.seconds) == ("test", OpenedBy.API, True, 300.0)
    assert pulses.condition(station.state, FRONT) is DoorState.HELD
    (relay,) = station.desired.relays
    assert (relay.hold, relay.until - relay.id) == (True, 300 * 10**9)
    station.wait(239.0)
    assert door_events(station) == ["unlocked"]
    station.wait(1.5)
    assert station.last(events.DoorHoldEnding).seconds == 60.0
    guard(station, energised=False, after=60.0)
    assert door_events(station) == ["unlocked", "hold_ending", "locked"]
    assert pulses.condition(station.state, FRONT) is DoorState.LOCKED


def test_a_short_hold_warns_in_its_middle():
    station = ready()
    held(station, 20.0)
    guard(station, energised=True)
    station.wait(10.5)
    assert station.last(events.DoorHoldEnding).seconds == 10.0


def test_no_chain_of_holds_and_pulses_is_longer_than_the_longest_hold():
    station = ready()
    began = station.state.now
    untils = []
    for _ in range(4):
        held(station, 400.0)
        guard(station, energised=True)
        asked(station)
        untils.append(dict(station.state.doors.pulses)[FRONT].until - began)
        station.wait(149.0)
    assert untils == [400.0, 549.0, 600.0, 600.0]


def test_a_hold_that_is_prolonged_warns_again():
    station = ready()
    held(station, 100.0)
    guard(station, energised=True)
    station.wait(50.0)
    held(station, 300.0)
    guard(station, energised=True)
    station.wait(245.0)
    assert door_events(station) == ["unlocked", "hold_ending", "unlocked", "hold_ending"]


def test_a_pulse_in_a_hold_changes_nothing():
    station = ready()
    held(station)
    guard(station, energised=True)
    assert asked(station).warning == "Door front is open already, for longer than this."
    assert pulses.condition(station.state, FRONT) is DoorState.HELD


def test_a_hold_is_released_by_the_guards_word():
    station = ready()
    held(station)
    guard(station, energised=True)
    station.wait(5.0)
    assert station.ask(inputs.ReleaseDoor(FRONT)).warning == ""
    (relay,) = station.desired.relays
    assert relay.until == int(station.state.now * 1e9)
    assert door_events(station) == ["unlocked"]
    guard(station, energised=False)
    assert door_events(station) == ["unlocked", "locked"]
    assert station.ask(inputs.ReleaseDoor(FRONT)).warning == "Door front is not held open."


def test_a_door_that_was_released_opens_again():
    station = ready()
    held(station)
    guard(station, energised=True)
    station.wait(100.0)
    station.ask(inputs.ReleaseDoor(FRONT))
    assert asked(station).warning == ""
    (relay,) = station.desired.relays
    assert relay.until == int((station.state.now + 3.0) * 1e9)


def test_a_pulse_is_not_released():
    station = ready()
    asked(station)
    assert station.ask(inputs.ReleaseDoor(FRONT)).warning == "Door front is not held open."


@pytest.mark.parametrize("seconds", [0.0, -1.0, 600.1])
def test_a_hold_that_is_too_long_is_refused(seconds):
    error = held(ready(), seconds).error
    assert (error.code, error.cause) == ("parameter-invalid", "Its longest hold is 600.0 s.")


@pytest.mark.parametrize("seconds", [None, 1.0])
def test_a_door_is_not_held_unless_its_configuration_says_so(seconds):
    station = ready()
    error = station.ask(inputs.HoldDoor(GATE, seconds)).error
    assert (error.code, error.cause) == ("parameter-invalid", "Its configuration allows no holds.")
    assert "door.gate.max_hold_s" in error.resolution


def test_a_hold_ends_with_its_guard():
    station = ready()
    held(station)
    guard(station, energised=True)
    station.give(inputs.GuardLost, why="killed")
    station.give(inputs.GuardReady)
    assert (door_events(station), station.desired.relays) == (["unlocked", "locked"], ())


def test_who_leaves_opens_by_exit():
    station = ready()
    station.press("out")
    guard(station, energised=True)
    unlocked = station.last(events.DoorUnlocked)
    assert (unlocked.by, unlocked.means) == ("button out", OpenedBy.EXIT)
