"""Events of clients: reported with who reports them, for a call or for none, and so few that others stay."""

from appliance.core import events, inputs
from appliance.core.appliance.custom_events import AT_ONCE, EVERY_S
from appliance.core.model import CallId
from tests.core.station import ready

CALLED = inputs.ReportCustom("lift.called", (("floor", "3"),))


def reported(station):
    return [each for each in station.told if isinstance(each, events.CustomReported)]


def test_a_clients_event_has_its_name_its_details_and_who_reports_it():
    station = ready()
    assert station.ask(CALLED).error is None
    assert reported(station) == [events.CustomReported("lift.called", {"floor": "3"}, "test", None)]


def test_it_may_be_of_a_call_that_there_is():
    station = ready()
    call = station.arrive().id
    station.ask(inputs.ReportCustom("lift.called", call=call))
    assert reported(station) == [events.CustomReported("lift.called", {}, "test", call)]
    assert station.ask(inputs.ReportCustom("lift.called", call=CallId("c-none"))).error.code == "call-not-found"
    assert len(reported(station)) == 1


def test_too_many_at_once_are_refused_without_any_event_until_time_has_passed():
    station = ready()
    for _ in range(AT_ONCE):
        assert station.ask(CALLED).error is None
    before = len(station.told)
    assert station.ask(CALLED).error.code == "rate-limited"
    assert len(station.told) == before
    station.wait(EVERY_S)
    assert station.ask(CALLED).error is None
    assert station.ask(CALLED).error.code == "rate-limited"
    station.wait(AT_ONCE * EVERY_S)
    assert [station.ask(CALLED).error is None for _ in range(AT_ONCE + 1)] == [True] * AT_ONCE + [False]
