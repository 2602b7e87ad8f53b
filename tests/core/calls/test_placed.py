"""What a client may choose for a call that it places: its id, the time for the answer, and a recording."""

import pytest

from appliance.base.errors import ErrorCode
from appliance.core import inputs
from appliance.core.model import CallId, CallState, Cause, End, RecordedCalls
from appliance.core.orders import LogCall, Place, PrepareRecording
from tests.core.station import PCMA, Station, ready


def placed(station: Station, **chosen) -> Station:
    """A client calls the kitchen."""
    assert station.ask(inputs.Dial("kitchen", **chosen)).error is None
    return station


def progressed(station: Station, *, early: bool = False) -> Station:
    return station.give(inputs.CallProgressed, call=station.call.id, code=180, early_media=early)


def ended(station: Station) -> End:
    """The end of the only call, which the far end confirms."""
    station.give(inputs.CallEnded, call=station.call.id, code=487, reason="", remote=False)
    return station.orders(LogCall)[-1].call.end


def test_a_call_has_the_id_that_its_client_has_chosen():
    station = ready()
    assert station.ask(inputs.Dial("kitchen", call=CallId("porch-7"))).call == "porch-7"
    assert station.call.id == station.orders(Place)[0].call == "porch-7"


@pytest.mark.parametrize("wrong", ["", "c-1", "c-", "-a", "a_b", "a b", "ä", "a" * 64, "a\n"])
def test_an_id_that_is_none_is_refused(wrong):
    station = ready()
    assert station.ask(inputs.Dial("kitchen", call=CallId(wrong))).error.code is ErrorCode.PARAMETER_INVALID
    assert station.state.calls.living == ()


def test_two_calls_cannot_have_the_same_id():
    station = placed(ready(), call=CallId("porch-7"))
    assert station.ask(inputs.Dial("office", call=CallId("porch-7"))).error.code is ErrorCode.CONFLICT
    assert station.call.remote.target == "kitchen"


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("within", [5.0, 200.0])
def test_a_call_that_nobody_answers_in_the_clients_time_is_given_up(within, early):
    station = progressed(placed(ready(), answer_within_s=within).wait(2.0), early=early)
    station.wait(within - 2.1)
    assert station.call.alive
    station.wait(0.2)
    assert station.call.state is CallState.DISCONNECTING
    assert ended(station).cause is Cause.NO_ANSWER


def test_the_clients_time_counts_from_the_beginning_also_where_the_call_has_waited_for_the_sip_process():
    station = placed(ready().give(inputs.SipLost, why="killed"), answer_within_s=5.0).wait(2.0)
    station.give(inputs.SipReady, address="127.0.0.1:5060").wait(2.9)
    assert station.call.alive
    assert station.wait(0.2).call.state is CallState.DISCONNECTING


def test_the_clients_time_counts_as_well_while_there_is_no_answer_at_all():
    station = placed(ready(), answer_within_s=5.0).wait(5.1)
    assert station.call.state is CallState.DISCONNECTING


def test_but_without_any_response_the_configured_time_is_the_longest():
    station = placed(ready(), answer_within_s=200.0)
    station.wait(station.state.settings.deadlines.dialing_s + 0.1)
    assert station.call.state is CallState.DISCONNECTING


def test_the_clients_time_has_no_part_in_what_follows_the_answer():
    station = progressed(placed(ready(), answer_within_s=5.0))
    station.give(inputs.CallAnswered, call=station.call.id)
    station.give(inputs.CallConfirmed, call=station.call.id)
    assert station.wait(60.0).call.state is CallState.CONNECTED


def test_the_invite_has_the_clients_time():
    assert placed(ready(), answer_within_s=4.2).orders(Place)[0].expires_s == 5


@pytest.mark.parametrize("wrong", [0.0, 0.9, 600.1])
def test_a_time_that_is_none_is_refused(wrong):
    error = ready().ask(inputs.Dial("kitchen", answer_within_s=wrong)).error
    assert error.code is ErrorCode.PARAMETER_INVALID


def test_a_call_is_recorded_from_the_answer_on_if_its_client_wants_it():
    for wanted in (False, True):
        station = progressed(placed(ready(recorded_calls=RecordedCalls.NONE), record=wanted), early=True)
        assert station.orders(PrepareRecording) == []
        station.give(inputs.CallAnswered, call=station.call.id)
        station.give(inputs.CallConfirmed, call=station.call.id)
        station.give(inputs.MediaStarted, call=station.call.id, codec=PCMA, held=False)
        assert len(station.orders(PrepareRecording)) == wanted


def test_where_no_call_may_be_recorded_such_a_call_is_refused():
    assert ready(record=False).ask(inputs.Dial("kitchen", record=True)).error.code is ErrorCode.FORBIDDEN
