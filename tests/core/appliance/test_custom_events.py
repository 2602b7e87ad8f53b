"""Events of clients: reported with who reports them, for a call or for none, and so few that others stay."""

import pytest

from appliance.base.errors import IntercomError
from appliance.core import events, inputs
from appliance.core.appliance import custom_events
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


@pytest.mark.parametrize("details", [{}, {"floor": "3"}, {f"n{number}": "x" * 256 for number in range(16)}])
def test_an_event_that_others_can_read_is_possible(details):
    custom_events.check("lift.called", details)
    custom_events.check("LiftCalled_2", details)


@pytest.mark.parametrize(
    ("name", "details", "why"),
    [
        ("Lift called", {}, "'Lift called' is no name of an event."),
        ("-lift", {}, "'-lift' is no name of an event."),
        ("lift", {f"n{number}": "" for number in range(17)}, "17 details are too many."),
        ("lift", {"": "3"}, "The detail '' is not possible."),
        ("lift", {"floor": "3\n4"}, "The detail 'floor' is not possible."),
        ("lift", {"floor": "3" * 257}, "The detail 'floor' is not possible."),
    ],
)
def test_an_event_that_others_could_not_read_is_refused(name, details, why):
    with pytest.raises(IntercomError) as refused:
        custom_events.check(name, details)
    assert (refused.value.code, refused.value.message) == ("parameter-invalid", why)
