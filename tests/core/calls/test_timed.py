"""What time brings to a call: it answers itself where its target may ask for it, and lasts no longer than it may."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import By, CallId, CallState, Cause, Target, Tone
from appliance.core.orders import Answer, HangUp
from tests.core.station import KITCHEN, PCMA, Station, ready

HERE = CallId("c-in")
MAY = (Target("kitchen", KITCHEN, auto_answer=True), Target("office", "sip:office.example"))


def asked(station: Station, after: float | None = 0.0, uri: str = KITCHEN, call: CallId = HERE) -> Station:
    """A call comes that asks us to answer by ourselves."""
    return station.give(
        inputs.CallArrived,
        call=call,
        uri=uri,
        display_name="",
        source="127.0.0.2:5060",
        local_uri="",
        answer_after_s=after,
    )


@pytest.mark.parametrize(("after", "seconds"), [(0.0, 1.0), (5.0, 5.0)])
def test_it_is_answered_by_itself_after_a_tone_of_a_second_at_least(after, seconds):
    station = asked(ready(targets=MAY), after)
    assert station.desired.sound.tone is Tone.AUTO_ANSWER
    station.wait(seconds - 0.1)
    assert station.orders(Answer) == []
    station.wait(0.2)
    assert station.orders(Answer) == [Answer(HERE)]
    assert station.last(events.CallAnswering).who == "auto-answer"


@pytest.mark.parametrize("why_not", ["it does not ask", "it may not", "a stranger asks"])
def test_it_rings_as_any_other_call_where(why_not):
    station = ready(targets=() if why_not == "a stranger asks" else MAY, callers="anyone")
    match why_not:
        case "it does not ask":
            asked(station, None)
        case "it may not":
            asked(station, uri="sip:office.example")
        case _:
            asked(station)
    assert station.desired.sound.tone is Tone.RINGING
    station.wait(59.0)
    assert station.orders(Answer) == []


def test_it_rings_on_where_the_tone_cannot_be_heard():
    station = ready(targets=MAY)
    station.give(inputs.PartFailed, part="audio", why="no card")
    asked(station).wait(10.0)
    assert (station.orders(Answer), station.desired.sound.tone) == ([], Tone.RINGING)


def test_behind_another_call_it_waits_as_any_other():
    station = ready(targets=MAY)
    station.talking()
    asked(station).wait(10.0)
    assert (station.orders(Answer), station.desired.sound.tone) == ([], Tone.WAITING)
    assert "another call is in the foreground" in station.last(events.NoticeReported).message


def test_who_answers_first_is_not_answered_again():
    station = asked(ready(targets=MAY), 5.0)
    station.press("answer")
    station.wait(10.0)
    assert station.orders(Answer) == [Answer(HERE)]


def test_one_that_was_refused_is_not_answered():
    station = asked(ready(targets=MAY), 2.0)
    station.ask(inputs.RejectCall(HERE))
    station.wait(10.0)
    assert station.orders(Answer) == []


def test_a_call_that_lasts_too_long_is_announced_to_both_sides_and_ended():
    station = ready(max_call_s=60.0)
    call = station.talking()
    station.wait(49.0)
    assert "warning" not in station.types()
    station.wait(1.1)
    (media,) = station.desired.sound.calls
    assert (station.desired.sound.tone, media.tone) == (Tone.ENDING, True)
    assert station.last(events.WarningReported).code == "duration-limit"
    station.wait(9.0)
    assert station.types().count("warning") == 1
    station.give(inputs.Tick, 1.0)
    assert station.orders(HangUp) == [HangUp(call.id)]
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=False)
    told = station.last(events.CallEnded)
    assert (told.cause, told.by) == (Cause.DURATION_LIMIT, By.LOCAL)


def test_one_that_is_set_aside_is_ended_as_well_and_hears_no_tone():
    station = ready(max_call_s=60.0)
    first = station.talking()
    station.wait(30.0)
    second = station.ask(inputs.Dial("office")).call
    station.give(inputs.CallConfirmed, call=second)
    station.give(inputs.MediaStarted, call=second, codec=PCMA, held=False)
    station.wait(25.0)
    assert {media.call: media.tone for media in station.desired.sound.calls} == {first.id: False, second: False}
    assert station.desired.sound.tone is None
    station.wait(10.0)
    assert (
        station.state.calls.get(first.id) is None or station.state.calls.get(first.id).state is CallState.DISCONNECTING
    )
    assert station.state.calls.get(second).alive


def test_without_a_limit_people_talk_on():
    station = ready(max_call_s=0.0)
    station.talking()
    station.wait(1e6)
    assert station.call.state is CallState.CONNECTED
