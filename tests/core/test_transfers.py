"""Transfers: each that is begun comes to one end, whatever the far ends do."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import CallId, CallState, Cause, Role
from appliance.core.orders import HangUp, Refer
from tests.core.station import KITCHEN, PCMA, Station, ready

OFFICE = "sip:office.example"


def begun() -> tuple[Station, CallId]:
    """The kitchen, with whom we talk, is to call the office."""
    station = ready()
    call = station.talking().id
    assert station.ask(inputs.TransferCall(call, "office")).error is None
    return station, call


def two() -> tuple[Station, CallId, CallId]:
    """We talk with the office, and the kitchen is set aside."""
    station = ready()
    first = station.talking().id
    second = station.ask(inputs.Dial("office")).call
    station.give(inputs.CallConfirmed, call=second)
    station.give(inputs.MediaStarted, call=second, codec=PCMA, held=False)
    return station, first, second


def progress(station: Station, call: CallId, code: int, reason: str = "Why") -> None:
    station.give(inputs.TransferProgressed, call=call, code=code, reason=reason)


def ended(station: Station, call: CallId, *, remote: bool = True) -> None:
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=remote)


def outcomes(station: Station) -> list:
    return [e for e in station.told if isinstance(e, events.CallTransferred | events.CallTransferFailed)]


# -- we pass a far end on --------------------------------------------------------------------------------------------


def test_a_far_end_is_passed_on_and_our_call_with_it_ends():
    station, call = begun()
    assert station.orders(Refer) == [Refer(call, OFFICE)]
    told = station.last(events.CallTransferring)
    assert (told.call, told.to, told.kind) == (call, OFFICE, "blind")
    for code in (100, 180):
        progress(station, call, code)
    assert (station.call.state, outcomes(station)) == (CallState.CONNECTED, [])
    progress(station, call, 200)
    assert outcomes(station) == [events.CallTransferred(call, to=OFFICE, role=Role.TRANSFEROR)]
    assert station.orders(HangUp) == [HangUp(call)]
    progress(station, call, 200)
    ended(station, call, remote=False)
    assert (station.last(events.CallEnded).cause, len(outcomes(station))) == (Cause.TRANSFERRED, 1)


@pytest.mark.parametrize("code", [0, 302, 404, 486, 603])
def test_where_it_comes_to_nothing_the_call_goes_on(code):
    station, call = begun()
    for late in (code, 200):
        progress(station, call, late)
    assert outcomes(station) == [events.CallTransferFailed(call, code=code, reason="Why", role=Role.TRANSFEROR)]
    assert station.call.state is CallState.CONNECTED
    assert station.ask(inputs.TransferCall(call, "office")).error is None


def test_an_outcome_that_nobody_tells_is_not_waited_for():
    station, _ = begun()
    station.wait(station.state.settings.deadlines.transfer_s)
    assert [(e.code, e.role) for e in outcomes(station)] == [(408, Role.TRANSFEROR)]
    assert station.call.state is CallState.CONNECTED


@pytest.mark.parametrize("remote", [True, False])
def test_a_call_that_ends_before_the_outcome_is_told_was_not_transferred(remote):
    station, call = begun()
    ended(station, call, remote=remote)
    assert outcomes(station) == [events.CallTransferFailed(call, 0, "The call is over", Role.TRANSFEROR)]
    assert station.last(events.CallEnded).cause is (Cause.HANGUP if remote else Cause.ERROR)


def test_a_call_is_transferred_once_at_a_time_and_only_while_people_talk():
    station, call = begun()
    assert station.ask(inputs.TransferCall(call, "office")).error.code == "conflict"
    assert len(station.orders(Refer)) == 1
    for wrong in ("nobody", ""):
        assert station.ask(inputs.TransferCall(call, wrong)).error.code == "number-invalid"
    assert station.ask(inputs.TransferCall(CallId("c-none"), "office")).error.code == "call-not-found"
    ringing = ready()
    assert ringing.ask(inputs.TransferCall(ringing.dialled().id, "office")).error.code == "call-wrong-state"


def test_two_far_ends_are_connected_and_both_of_our_calls_end():
    station, first, second = two()
    assert station.ask(inputs.ConnectCalls(first, second)).error is None
    assert station.orders(Refer) == [Refer(first, OFFICE, second)]
    assert station.last(events.CallTransferring).kind == "attended"
    progress(station, first, 200)
    assert station.orders(HangUp) == [HangUp(first), HangUp(second)]
    for call in (first, second):
        ended(station, call, remote=False)
        assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert station.state.calls == ()


def test_the_one_that_is_replaced_may_end_first():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    ended(station, second)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert station.call.id == first
    progress(station, first, 200)
    assert station.orders(HangUp) == [HangUp(first)]


def test_where_they_are_not_connected_both_calls_are_as_they_were():
    station, first, second = two()
    station.ask(inputs.ConnectCalls(first, second))
    progress(station, first, 603)
    assert [(call.id, call.held_local) for call in station.state.calls] == [(first, True), (second, False)]
    ended(station, second)
    assert station.last(events.CallEnded).cause is Cause.HANGUP


def test_a_call_beside_it_goes_on():
    station, call = begun()
    station.arrive("c-other")
    progress(station, call, 200)
    assert station.orders(HangUp) == [HangUp(call)]
    assert station.state.call(CallId("c-other")).alive


def test_two_calls_are_needed_to_connect_them():
    station, first, _ = two()
    assert station.ask(inputs.ConnectCalls(first, first)).error.code == "parameter-invalid"
    station.arrive("c-third", KITCHEN)
    for other, code in (("c-none", "call-not-found"), ("c-third", "call-wrong-state")):
        assert station.ask(inputs.ConnectCalls(first, CallId(other))).error.code == code
    assert station.orders(Refer) == []


def test_when_the_sip_process_is_lost_so_is_the_transfer():
    station, call = begun()
    station.give(inputs.SipLost, why="killed")
    assert [(e.call, e.code) for e in outcomes(station)] == [(call, 0)]
    assert station.state.transfers == ()
