"""Lockdown: it ends every pulse and refuses every opening, outlasts restarts, and is confirmed once it is on disc."""

import itertools

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.doors import pulses
from appliance.core.doors.requests import MOST_ORDERS
from appliance.core.model import (
    ButtonId,
    Denial,
    DoorState,
    OpenedBy,
    PersistentState,
    RequestId,
    SensorId,
    TamperBlock,
)
from appliance.core.model.clock import MINUTE_S
from appliance.core.orders import Reply
from tests.core.doors.test_doors import door_events, guard, typed
from tests.core.station import FRONT, GATE, Station, ready


def ask(station: Station, action: inputs.Action) -> RequestId:
    """A request that is replied to later."""
    request = RequestId(f"q{next(station.numbers)}")
    station.give(inputs.Requested, request=request, who="test", action=action)
    return request


def replies(station: Station, request: RequestId) -> list[Reply]:
    return [order for order in station.orders(Reply) if order.request == request]


def write(station: Station) -> Station:
    return station.give(inputs.KeptWritten, kept=station.desired.kept)


def locked_down(station: Station) -> Station:
    ask(station, inputs.LockDoor(FRONT))
    return write(station)


def test_a_lockdown_holds_at_once_and_is_confirmed_once_it_is_on_disc():
    station = ready()
    request = ask(station, inputs.LockDoor(FRONT))
    assert station.desired.kept.locked_down == (FRONT,)
    assert pulses.condition(station.state, FRONT) is DoorState.LOCKED_DOWN
    assert door_events(station) == ["locked_down"]
    assert replies(station, request) == []
    write(station)
    assert replies(station, request) == [Reply(request)]


def test_the_end_of_a_lockdown_is_confirmed_once_it_is_on_disc_and_opens_nothing():
    station = locked_down(ready())
    request = ask(station, inputs.UnlockDoor(FRONT))
    assert (replies(station, request), station.desired.relays) == ([], ())
    write(station)
    assert replies(station, request) == [Reply(request)]
    assert door_events(station) == ["locked_down", "lockdown_ended"]
    assert station.ask(inputs.OpenDoor(FRONT)).error is None


@pytest.mark.parametrize("action", [inputs.OpenDoor(FRONT), inputs.HoldDoor(FRONT)])
def test_a_lockdown_beats_clients(action):
    station = locked_down(ready())
    assert station.ask(action).error.code == "door-locked-down"
    assert (door_events(station), station.desired.relays) == (["locked_down", "denied"], ())
    assert station.last(events.DoorDenied).why == "the door is locked down"


@pytest.mark.parametrize(("button", "means"), [("exit", OpenedBy.BUTTON), ("out", OpenedBy.EXIT)])
def test_a_lockdown_beats_buttons_and_who_leaves(button, means):
    station = locked_down(ready())
    station.press(button)
    assert (station.last(events.DoorDenied).means, station.desired.relays) == (means, ())
    assert station.last(events.ErrorReported).code == "door-locked-down"


def test_a_lockdown_beats_digits():
    station = locked_down(ready())
    typed(station, station.talking().id, "12#")
    assert (station.last(events.DoorDenied).means, station.desired.relays) == (OpenedBy.DTMF, ())


@pytest.mark.parametrize("action", [inputs.OpenDoor(FRONT), inputs.HoldDoor(FRONT)])
def test_a_lockdown_ends_what_runs(action):
    station = ready()
    station.ask(action)
    guard(station, energised=True)
    ask(station, inputs.LockDoor(FRONT))
    (relay,) = station.desired.relays
    assert relay.until == int(station.state.now * 1e9)
    guard(station, energised=False)
    assert door_events(station) == ["unlocked", "locked_down", "locked"]


def test_other_doors_open():
    station = locked_down(ready())
    assert station.ask(inputs.OpenDoor(GATE)).error is None


def test_a_lockdown_that_holds_already_is_confirmed_with_a_warning_as_soon_as_it_is_on_disc():
    station = ready()
    first, second = ask(station, inputs.LockDoor(FRONT)), ask(station, inputs.LockDoor(FRONT))
    assert replies(station, second) == []
    write(station)
    assert replies(station, first) == [Reply(first)]
    assert replies(station, second) == [Reply(second, warning="Door front is locked down already.")]
    third = ask(station, inputs.UnlockDoor(GATE))
    assert replies(station, third) == [Reply(third, warning="Door gate is not locked down.")]


def test_a_door_that_is_not_there_cannot_be_locked_down():
    assert ready().ask(inputs.LockDoor("cellar")).error.code == "door-not-found"


def test_an_older_write_confirms_no_newer_lockdown():
    station = ready()
    ask(station, inputs.LockDoor(FRONT))
    older = station.desired.kept
    ask(station, inputs.UnlockDoor(FRONT))
    newer = ask(station, inputs.LockDoor(FRONT))
    station.give(inputs.KeptWritten, kept=older)
    assert replies(station, newer) == []
    write(station)
    assert replies(station, newer) == [Reply(newer)]


def test_a_disc_that_fails_is_an_error_for_the_client_and_the_lockdown_holds():
    station = ready()
    request = ask(station, inputs.LockDoor(FRONT))
    station.give(inputs.KeptFailed, why="It is full.", resolution="Delete files.")
    (reply,) = replies(station, request)
    assert (reply.error.code, reply.error.cause) == ("unavailable", "It is full.")
    assert station.last(events.ApplianceDegraded).part == "kept"
    assert pulses.condition(station.state, FRONT) is DoorState.LOCKED_DOWN
    write(station)
    assert station.last(events.ApplianceRecovered).part == "kept"
    assert len(replies(station, request)) == 1


def test_a_disc_that_takes_too_long_is_an_error_for_the_client():
    station = ready()
    request = ask(station, inputs.LockDoor(FRONT))
    station.wait(2.0)
    second = ask(station, inputs.LockDoor(GATE))
    station.wait(3.5)
    (reply,) = replies(station, request)
    assert (reply.error.code, replies(station, second)) == ("unavailable", [])
    write(station)
    assert replies(station, second) == [Reply(second)]


def test_what_was_kept_holds_from_the_first_input_on():
    station = Station()
    block = TamperBlock(SensorId("gone"), 150.0)
    kept = PersistentState(7, locked_down=(FRONT,), blocks=(block,))
    station.give(inputs.Started, version="1", kept=kept)
    station.give(inputs.GuardReady)
    assert station.desired.kept == kept == station.state.appliance.on_disc
    assert station.ask(inputs.OpenDoor(FRONT)).error.code == "door-locked-down"
    assert station.ask(inputs.OpenDoor(GATE)).error.code == "door-blocked"
    station.wait(60.0)
    assert station.desired.kept == replace(kept, change=8, blocks=())


def test_a_file_that_cannot_be_read_locks_every_door_down():
    station = Station()
    station.give(inputs.Started, version="1", kept_fault="/var/lib/kept.json: damaged.")
    assert station.state.doors.locked_down == (FRONT, GATE)
    assert station.desired.kept != station.state.appliance.on_disc
    warning = station.last(events.WarningReported)
    assert warning.code == "kept-state-damaged"
    assert "/var/lib/kept.json: damaged." in warning.message
    assert door_events(station) == ["locked_down", "locked_down"]
    assert station.last(events.DoorLockedDown).by == "a damaged file"


OFTEN = {
    "pulses": [inputs.OpenDoor(FRONT, 1.0)],
    "holds": [inputs.HoldDoor(FRONT, 9.0), inputs.ReleaseDoor(FRONT)],
    "lockdowns": [inputs.LockDoor(FRONT), inputs.UnlockDoor(FRONT)],
    "presses": [inputs.PressButton(ButtonId("exit"))],
    "refusals": [inputs.OpenDoor(GATE)],
}


@pytest.mark.parametrize("way", OFTEN)
def test_a_client_pushes_no_opening_out_of_the_audit(way):
    """At most two rows for each order that may be, one more for all that are refused, and one for a last lockdown."""
    station = ready()
    station.state = replace(station.state, doors=replace(station.state.doors, locked_down=(GATE,)))
    for each in itertools.islice(itertools.cycle(OFTEN[way]), 4 * MOST_ORDERS):
        ask(station, each)
        guard(station, energised=True)
        guard(station, energised=False)
        station.wait(0.1)
    written = [event for event in station.told if event.TYPE.startswith("door.")]
    assert MOST_ORDERS < len(written) <= 2 * MOST_ORDERS + 2
    assert [e.by for e in written if isinstance(e, events.DoorDenied) and e.why is Denial.TOO_OFTEN] == ["test"]
    assert {reply.error.code for reply in station.orders(Reply) if reply.error} >= {"rate-limited"}
    assert not [e for e in station.told if isinstance(e, events.ErrorReported) and e.code == "rate-limited"]


def test_a_client_that_orders_too_often_keeps_nobody_else_out_and_can_still_lock():
    station = ready()
    for _ in range(MOST_ORDERS):
        assert station.ask(inputs.HoldDoor(FRONT)).error is None
    assert station.ask(inputs.OpenDoor(FRONT)).error.code == "rate-limited"
    assert station.ask(inputs.OpenDoor(FRONT), who="http:porter").error is None
    assert station.ask(inputs.ReleaseDoor(FRONT)).error is None
    ask(station, inputs.LockDoor(FRONT))
    assert FRONT in station.state.doors.locked_down


def test_a_client_that_ordered_too_often_may_again_after_a_minute():
    station = ready()
    for _ in range(MOST_ORDERS + 1):
        station.ask(inputs.OpenDoor(FRONT))
    station.wait(MINUTE_S)
    assert station.ask(inputs.OpenDoor(FRONT), who="http:porter").error is None
    assert [who for who, _ in station.state.doors.orders] == ["http:porter"], "the others are forgotten"
    assert station.ask(inputs.OpenDoor(FRONT)).error is None
