"""Changes of a call by either side: each is reported with its outcome, and each question to a client ends in time."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import CallId, CallState
from appliance.core.orders import AnswerUpdate, OfferCodecs
from tests.core.station import SETTINGS, Station, ready

HOLD = ("hold",)


def asked(**changes) -> tuple[Station, CallId]:
    """In a call whose far end wants to hold it, which waits for a client."""
    station = ready(**{"ask_updates": True, **changes})
    call = station.talking().id
    station.give(inputs.UpdateReceived, call=call, changes=HOLD, asked=True)
    return station, call


def updated(station: Station) -> list[tuple]:
    return [(e.result, e.changes, e.code) for e in station.told if isinstance(e, events.CallUpdated)]


def test_a_change_that_is_accepted_by_itself_is_reported():
    station = ready()
    call = station.talking().id
    station.give(inputs.UpdateReceived, call=call, changes=("hold", "codec"))
    station.give(inputs.UpdateAnswered, call=call, changes=("hold", "codec"), code=200, reason="OK")
    assert station.last(events.CallUpdateReceived) == events.CallUpdateReceived(call, ("hold", "codec"), asked=False)
    assert updated(station) == [("accepted", ("hold", "codec"), 200)]
    assert not station.desired.sound.calls[0].asks


@pytest.mark.parametrize(("accepted", "code"), [(True, 200), (False, 488)])
def test_a_client_decides(accepted, code):
    station, call = asked()
    assert station.desired.sound.calls[0].asks
    assert station.last(events.CallUpdateReceived).asked
    assert station.ask(inputs.DecideUpdate(call, accepted)).error is None
    assert station.orders(AnswerUpdate) == [AnswerUpdate(call, code)]
    assert station.ask(inputs.DecideUpdate(call, accepted)).error.code == "conflict"
    station.give(inputs.UpdateAnswered, call=call, changes=HOLD, code=code, reason="")
    assert updated(station) == [("accepted" if accepted else "rejected", HOLD, code)]


def test_no_one_decides_in_time_and_the_call_goes_on_as_it_was():
    station, call = asked()
    station.wait(SETTINGS.deadlines.update_s - 0.1)
    assert not station.orders(AnswerUpdate)
    station.wait(0.2)
    assert station.orders(AnswerUpdate) == [AnswerUpdate(call, 488)]
    assert station.call.state is CallState.CONNECTED
    assert station.ask(inputs.DecideUpdate(call, True)).error.code == "conflict"


def test_the_far_end_takes_its_wish_back():
    station, call = asked()
    station.give(inputs.UpdateAnswered, call=call, changes=HOLD, code=487, reason="Request Terminated")
    assert updated(station) == [("rejected", HOLD, 487)]
    assert station.ask(inputs.DecideUpdate(call, True)).error.code == "conflict"


def test_a_wish_ends_with_its_call():
    station, call = asked()
    station.ask(inputs.HangUpCall(call))
    assert station.ask(inputs.DecideUpdate(call, True)).error.code == "call-wrong-state"
    station.give(inputs.UpdateReceived, call=call, changes=HOLD, asked=True)
    station.wait(60.0)
    assert not station.orders(AnswerUpdate)


def test_a_call_may_ask_where_others_do_not():
    station = ready()
    call = station.talking().id
    assert station.ask(inputs.AskUpdates(call, wanted=True)).warning == ""
    assert station.desired.sound.calls[0].asks
    assert station.ask(inputs.AskUpdates(call, wanted=True)).warning == f"Call {call} has these settings already."
    station.ask(inputs.AskUpdates(call, wanted=False))
    assert not station.desired.sound.calls[0].asks


def test_we_ask_for_other_codecs():
    station = ready()
    call = station.talking().id
    assert station.ask(inputs.UpdateCall(call, ("PCMU",))).error is None
    assert station.orders(OfferCodecs) == [OfferCodecs(call, ("PCMU",))]
    station.give(inputs.UpdateSent, call=call, changes=("codec",))
    station.give(inputs.UpdateAnswered, call=call, changes=("codec",), code=488, reason="Not Acceptable Here")
    assert station.last(events.CallUpdating).changes == ("codec",)
    assert updated(station) == [("rejected", ("codec",), 488)]


@pytest.mark.parametrize(
    "action", [inputs.UpdateCall(CallId("c-in"), ("PCMU",)), inputs.DecideUpdate(CallId("c-in"), True)]
)
def test_a_call_that_is_not_connected_is_not_changed(action):
    station = ready()
    station.arrive()
    assert station.ask(action).error.code == "call-wrong-state"


def test_a_change_of_ours_that_is_refused_is_an_error_with_what_was_asked():
    station = ready()
    call = station.talking().id
    station.give(inputs.UpdateAnswered, call=call, changes=("codec",), code=488, reason="No", ours=True)
    assert updated(station) == [("rejected", ("codec",), 488)]
    error = station.last(events.ErrorReported)
    assert (error.code, error.operation, error.sip_code, error.call) == (
        "media-update-failed",
        "update-call",
        488,
        call,
    )
    assert (error.message, error.cause) == ("The far end refused our change of codec.", "It answered 488 No.")
