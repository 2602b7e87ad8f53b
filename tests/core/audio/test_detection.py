"""Detection: what is searched for in the sound of a far end, when, and what ends it."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import Answerer, CallId, DetectionKind, HeardTone
from tests.core.sent import call_view
from tests.core.station import PCMA, ready

BEEP, PROGRESS, MACHINE = DetectionKind
KINDS = (events.DetectionStarted, events.DetectionResult, events.DetectionStopped, events.DetectionFailed)


@pytest.fixture
def station():
    station = ready()
    station.talking()
    return station


def detect(station, *kinds, call=None):
    reply = station.ask(inputs.DetectSound(call or station.call.id, kinds))
    assert reply.error is None
    return reply.warning


def heard(station, tone):
    station.give(inputs.ToneHeard, call=station.call.id, tone=tone)


def told(station):
    """What was reported: the event's name without its first part, what it is about, and the result."""
    return [
        (each.TYPE.partition(".")[2], getattr(each, "kind", None), getattr(each, "result", getattr(each, "tone", None)))
        for each in station.told
        if isinstance(each, (*KINDS, events.ToneDetected))
    ]


def searched(station):
    (media,) = station.desired.sound.calls
    return media.detect


def shown(station):
    return call_view(station.state, station.call, 0.0, 0.0)["detect"]


def test_nothing_is_searched_for_and_nothing_is_reported_unless_a_client_asks(station):
    assert (searched(station), shown(station)) == ((), [])
    heard(station, HeardTone.BEEP)
    station.give(inputs.AnswererHeard, call=station.call.id, answerer=Answerer.PERSON)
    assert told(station) == []


def test_a_client_begins_and_ends_a_search(station):
    assert detect(station, PROGRESS, BEEP, BEEP) == ""
    assert (searched(station), shown(station)) == ((BEEP, PROGRESS), ["beep", "progress"])
    assert "already" in detect(station, BEEP, PROGRESS)
    assert detect(station, MACHINE, BEEP) == ""
    assert shown(station) == ["beep", "answering_machine"]
    assert detect(station) == ""
    assert "not searched" in detect(station)
    assert (searched(station), shown(station)) == ((), [])
    assert told(station) == [
        ("started", BEEP, None),
        ("started", PROGRESS, None),
        ("stopped", PROGRESS, None),
        ("started", MACHINE, None),
        ("stopped", BEEP, None),
        ("stopped", MACHINE, None),
    ]


def test_a_beep_completes_its_search_and_progress_tones_do_not(station):
    detect(station, BEEP, PROGRESS)
    for tone in (HeardTone.RINGBACK, HeardTone.BEEP, HeardTone.BEEP, HeardTone.BUSY):
        heard(station, tone)
    assert shown(station) == ["progress"]
    assert told(station)[2:] == [
        ("detected", None, HeardTone.RINGBACK),
        ("result", PROGRESS, HeardTone.RINGBACK),
        ("detected", None, HeardTone.BEEP),
        ("result", BEEP, HeardTone.BEEP),
        ("stopped", BEEP, None),
        ("detected", None, HeardTone.BUSY),
        ("result", PROGRESS, HeardTone.BUSY),
    ]


@pytest.mark.parametrize("answerer", Answerer)
def test_who_has_answered_is_reported_once(station, answerer):
    detect(station, MACHINE)
    heard(station, HeardTone.BEEP)
    for _ in range(2):
        station.give(inputs.AnswererHeard, call=station.call.id, answerer=answerer)
    assert told(station)[1:] == [("result", MACHINE, answerer), ("stopped", MACHINE, None)]
    assert searched(station) == ()


def test_before_the_answer_there_are_tones_but_no_answerer():
    station = ready()
    call = station.dialled().id
    detect(station, BEEP, PROGRESS, MACHINE)
    assert searched(station) == ()
    station.give(inputs.CallProgressed, call=call, code=183, early_media=True)
    assert searched(station) == (BEEP, PROGRESS)
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)
    assert searched(station) == (BEEP, PROGRESS, MACHINE)


def test_the_end_of_the_call_ends_its_searches(station):
    call = station.call.id
    detect(station, BEEP, MACHINE)
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=True)
    assert told(station)[2:] == [("stopped", BEEP, None), ("stopped", MACHINE, None)]
    assert station.state.audio.detections == ()


def test_a_search_that_is_not_possible_is_reported_with_the_remedy(station):
    detect(station, BEEP, PROGRESS, MACHINE)
    fault = {"why": "The pjsua2 that is installed cannot hear tones", "resolution": "Install another."}
    station.give(inputs.DetectionFailed, call=station.call.id, **fault)
    failed = station.last(events.DetectionFailed)
    assert failed == events.DetectionFailed(station.call.id, MACHINE, **fault)
    assert (failed.kind, failed.why) == ("answering_machine", fault["why"])
    assert [each[:2] for each in told(station)[3:]] == [("failed", BEEP), ("failed", PROGRESS), ("failed", MACHINE)]
    assert shown(station) == []
    assert detect(station, BEEP) == "", "it may be asked again"


def test_a_call_that_does_not_exist_is_not_searched(station):
    reply = station.ask(inputs.DetectSound(CallId("c-never"), (BEEP,)))
    assert reply.error is not None and reply.error.code == "call-not-found"
