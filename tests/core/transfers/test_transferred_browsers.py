"""Transfers of a browser: it cannot call anybody, so the station calls, and the browser's call ends at the answer."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import CallId, CallState, Cause, TransferRole
from appliance.core.orders import HangUp, NotifyTransfer, Place, Refer
from tests.core.calls.test_browsers import ANNA, talks
from tests.core.station import LONGEST, PCMA, Station, ready

OFFICE = "sip:office.example"


def with_anna() -> tuple[Station, CallId]:
    """Anna talks from her browser."""
    station = ready()
    talks(station)
    return station, station.call.id


def passed_on() -> tuple[Station, CallId, CallId]:
    """The office is called in her place."""
    station, anna = with_anna()
    assert station.ask(inputs.TransferCall(anna, "office")).error is None
    return station, anna, station.orders(Place)[-1].call


def outcomes(station: Station) -> list:
    return [e for e in station.told if isinstance(e, events.CallTransferred | events.CallTransferFailed)]


def test_the_station_calls_and_her_call_ends_at_the_answer():
    station, anna, office = passed_on()
    assert station.orders(Place)[-1] == Place(office, OFFICE, (), expires_s=LONGEST)
    told = station.last(events.CallTransferring)
    assert (told.call, told.to, told.kind) == (anna, OFFICE, "blind")
    assert station.state.calls.get(anna).media.held_local
    assert station.state.calls.get(office).led_by == ANNA
    station.give(inputs.CallProgressed, call=office, code=180, early_media=False)
    station.give(inputs.CallConfirmed, call=office)
    assert outcomes(station) == [events.CallTransferred(anna, to=OFFICE, role=TransferRole.TRANSFEREE)]
    assert station.orders(HangUp) == [HangUp(anna)]
    station.give(inputs.CallEnded, call=anna, code=200, reason="OK", remote=False)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert (station.call.id, station.call.state, station.state.transfers) == (office, CallState.CONNECTED, ())
    assert (station.orders(Refer), station.orders(NotifyTransfer)) == ([], [])


@pytest.mark.parametrize("code", [486, 404, 0])
def test_where_nobody_answers_she_talks_on(code):
    station, anna, office = passed_on()
    station.give(inputs.CallEnded, call=office, code=code, reason="Why", remote=bool(code))
    assert [(e.call, e.reason) for e in outcomes(station)] == [(anna, "Why")]
    assert (station.call.id, station.call.media.held_local) == (anna, False)
    assert station.orders(NotifyTransfer) == []
    assert station.ask(inputs.TransferCall(anna, "office")).error is None


def test_an_answer_that_does_not_come_is_not_waited_for():
    station, anna, office = passed_on()
    station.wait(station.state.settings.deadlines.transfer_s)
    assert station.orders(HangUp) == [HangUp(office)]
    station.give(inputs.CallEnded, call=office, code=487, reason="", remote=False)
    assert (station.call.id, station.call.media.held_local) == (anna, False)


def test_the_page_may_close_while_the_office_rings():
    station, anna, office = passed_on()
    station.ask(inputs.HangUpCall(anna), ANNA)
    station.give(inputs.CallEnded, call=anna, code=200, reason="OK", remote=False)
    station.give(inputs.CallConfirmed, call=office)
    assert [type(e) for e in outcomes(station)] == [events.CallTransferred]
    assert station.state.calls.active.id == office


def test_a_call_is_passed_on_once_at_a_time_and_within_the_lines():
    station, anna, _ = passed_on()
    assert station.ask(inputs.TransferCall(anna, "office")).error.code == "conflict"
    station = ready(max_calls=1)
    talks(station)
    assert station.ask(inputs.TransferCall(station.call.id, "office")).error.code == "too-many-calls"
    assert station.ask(inputs.TransferCall(station.call.id, "nobody")).error.code == "number-invalid"
    assert station.orders(Place) == []


def and_the_office() -> tuple[Station, CallId, CallId]:
    """Anna has called the office beside her own call, which is set aside."""
    station, anna = with_anna()
    office = station.ask(inputs.Dial("office")).call
    station.give(inputs.CallConfirmed, call=office)
    station.give(inputs.MediaStarted, call=office, codec=PCMA, held=False)
    return station, anna, office


@pytest.mark.parametrize("leaves", ["anna", "office"])
def test_between_two_calls_the_other_one_takes_the_place_at_the_panel(leaves):
    station, anna, office = and_the_office()
    gone, stays = (anna, office) if leaves == "anna" else (office, anna)
    assert station.ask(inputs.ConnectCalls(gone, stays)).error is None
    assert (station.orders(Refer), station.orders(HangUp)) == ([], [HangUp(gone)])
    assert station.last(events.CallTransferring).kind == "attended"
    assert station.last(events.CallTransferred).call == gone
    station.give(inputs.CallEnded, call=gone, code=200, reason="OK", remote=False)
    assert station.last(events.CallEnded).cause is Cause.TRANSFERRED
    assert (station.call.id, station.call.media.held_local) == (stays, False)


def test_a_browser_on_hold_that_goes_silent_is_noticed():
    station, anna = with_anna()
    station.ask(inputs.HoldCall(anna, held=True))
    station.give(inputs.RtpStopped, call=anna)
    station.ask(inputs.HoldCall(anna, held=False))
    station.ask(inputs.HoldCall(anna, held=True))  # no way to stay without sound
    station.wait(1.1)
    assert station.call.end.cause is Cause.RTP_TIMEOUT
