"""The call log: each call is written when it begins, connects and ends; strangers who are turned away are not."""

import pytest

from appliance.core import inputs
from appliance.core.model import Call, CallState, Cause
from appliance.core.orders import LogCall
from appliance.core.wall_clock import iso
from tests.core.sent import logged_call
from tests.core.station import Station, ready


def logged(station: Station) -> list[LogCall]:
    return station.orders(LogCall)


def end(station: Station, call: Call, code: int = 200, *, remote: bool = True) -> None:
    station.give(inputs.CallEnded, call=call.id, code=code, reason="OK", remote=remote)


def test_a_call_is_written_when_it_begins_connects_and_ends():
    station = ready()
    call = station.talking()
    first, second = logged(station)
    assert (first.call.state, first.ended, first.call.times.connected_since) == (CallState.DIALING, None, None)
    assert (second.call.times.connected_since, second.ended) == (call.times.connected_since, None)
    station.wait(5.0)
    end(station, call)
    last = logged(station)[-1]
    assert last.ended == station.state.now
    assert last.call.id == call.id
    assert last.call.end.cause is Cause.HANGUP
    assert last.call.media.codec == call.media.codec
    assert len(logged(station)) == 3


def test_nothing_else_is_written_in_between():
    station = ready()
    call = station.talking()
    before = len(logged(station))
    station.ask(inputs.HoldCall(call.id, held=True))
    station.give(inputs.DigitReceived, call=call.id, digit="1", method="info", duration_ms=100)
    station.wait(10.0)
    assert len(logged(station)) == before


def test_a_call_that_no_one_took_is_missed_from_the_first_moment_on():
    station = ready()
    call = station.arrive()
    end(station, call, 487)
    assert [order.missed for order in logged(station)] == [True, True]


def test_a_call_that_was_answered_is_not_missed_even_if_it_is_cut_off():
    station = ready()
    call = station.arrive()
    station.ask(inputs.AnswerCall(call.id))
    station.give(inputs.CallConfirmed, call=call.id)
    assert [order.missed for order in logged(station)] == [True, False]


def test_a_call_that_is_refused_as_busy_is_in_the_log():
    station = ready()
    station.talking()
    second = station.arrive()
    end(station, second, 486, remote=False)
    assert [order.ended is None for order in logged(station) if order.call.id == second.id] == [True, False]
    assert logged(station)[-1].missed


def test_a_call_of_the_log_is_reported_with_the_times_of_its_beginning_and_end():
    station = ready()
    call = station.talking()
    station.wait(5.0)
    end(station, call)
    begun, _, over = (logged_call(o.call, o.ended, 1000.0, missed=o.missed) for o in logged(station))
    assert (begun["ended"], begun["end"]["reason"], begun["duration_s"]) == (None, "The station went off", 0.0)
    assert over["created"] == begun["created"] == iso(call.created, 1000.0)
    assert over["ended"] == iso(station.state.now, 1000.0)
    assert over["duration_s"] == 5.0
    assert (over["end"]["cause"], over["missed"], over["remote"]["target"]) == ("hangup", False, "kitchen")


@pytest.mark.parametrize("answered", [False, True])
def test_a_stranger_who_is_turned_away_is_not_in_the_log(answered):
    station = ready()
    stranger = station.arrive(uri="sip:who@example.org", source="192.0.2.9:5060")
    if answered:
        end(station, stranger, 403, remote=False)
    else:
        station.wait(60.0)
    assert station.state.calls.living == ()
    assert logged(station) == []
