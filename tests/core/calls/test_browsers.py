"""Calls from browsers: who rings is answered at once, a tone announces all others, and silence ends them soon."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import AudioSettings, Cause, MixerLevel, RingResult, Target, Tone
from appliance.core.orders import Answer, HangUp, Refuse, Ring
from appliance.core.visitor_ring.ring import ELSEWHERE
from tests.core.station import KITCHEN, PCMA, Station, ready

ANNA = "http:anna"
OURS = {"uri": "sip:anna@browser.invalid", "source": "127.9.9.9:40000", "browser": ANNA}


def talks(station: Station, call: str = "c-in", **given: object) -> None:
    """Anna calls from her browser, and is connected."""
    station.arrive(call, **OURS | given)
    station.wait(1.1)
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)


def test_a_tone_at_the_door_announces_it_for_a_second():
    station = ready(callers="targets")
    call = station.arrive(**OURS)
    assert (station.orders(Ring), station.orders(Answer)) == ([Ring(call.id)], [])
    assert station.desired.sound.tone is Tone.AUTO_ANSWER
    station.wait(1.1)
    assert station.orders(Answer) == [Answer(call.id)]
    assert station.last(events.CallAnswering).who == station.call.led_by == ANNA
    assert not station.call.stranger


def test_nobody_listens_where_no_tone_can_announce_it():
    station = ready()
    station.give(inputs.PartFailed, part="audio", why="no card")
    station.arrive(**OURS)
    station.wait(10.0)
    assert station.orders(Answer) == []


BOARD = AudioSettings("plughw:CARD=board", "plughw:CARD=board")
LOUD = MixerLevel("board", element="Speaker", percent=70.0, muted=False)
QUIET = {"percent": replace(LOUD, percent=9.0), "muted": replace(LOUD, muted=True)}
CALLERS = {"a browser": OURS, "a target": {"uri": KITCHEN, "source": "127.0.0.2:5060", "answer_after_s": 0.0}}


def with_speaker(level: MixerLevel) -> Station:
    station = ready(audio=BOARD, targets=(Target("kitchen", KITCHEN, auto_answer=True),))
    return station.give(inputs.LevelsRead, speaker=level, microphone=None)


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
@pytest.mark.parametrize("level", [LOUD, *QUIET.values()], ids=["loud", *QUIET])
def test_nobody_listens_where_the_tone_would_be_silent(level, caller):
    station = with_speaker(level)
    call = station.arrive(**caller)
    station.wait(10.0)
    assert station.orders(Answer) == ([Answer(call.id)] if level is LOUD else [])


WHY = {"percent": "the volume of the speaker is below 10 %", "muted": "the speaker is muted", "card": "the sound card"}


@pytest.mark.parametrize(("fault", "why"), WHY.items(), ids=WHY)
def test_a_call_that_rings_on_for_it_says_what_is_silent(fault, why):
    station = with_speaker(QUIET.get(fault, LOUD))
    if fault == "card":
        station.give(inputs.PartFailed, part="audio", why="gone")
    station.arrive(**OURS)
    station.wait(10.0)
    assert why in station.last(events.NoticeReported).message


@pytest.mark.parametrize("change", [{"volume": 5.0}, {"speaker_muted": True}], ids=QUIET)
def test_a_level_that_a_client_has_just_set_counts_before_the_card_has_it(change):
    station = with_speaker(LOUD)
    assert station.ask(inputs.ChangeAudio(**change)).error is None
    station.arrive(**OURS)
    station.wait(10.0)
    assert station.orders(Answer) == []


@pytest.mark.parametrize("change", [{"volume": 50.0}, {"volume_db": -9.0}, {"speaker_muted": False}])
def test_while_the_tone_plays_no_client_changes_how_loud_it_is(change):
    """It would be silent for all but its last moment."""
    station = with_speaker(replace(LOUD, min_db=-40.0, max_db=0.0))
    station.arrive(**OURS)
    error = station.ask(inputs.ChangeAudio(**change)).error
    assert (error.code, error.message) == ("conflict", "The speaker cannot be changed now.")
    assert station.ask(inputs.ChangeAudio(gain=50.0)).error is None
    station.wait(1.1)
    assert station.ask(inputs.ChangeAudio(**change)).error is None


def test_it_answers_a_visitors_ring_at_once_and_phones_stop():
    station = ready()
    phone = station.dialled()
    call = station.arrive(**OURS)
    assert station.orders(Answer) == [Answer(call.id)]
    station.give(inputs.CallAnswered, call=call.id)
    assert station.orders(HangUp) == [HangUp(phone.id, ELSEWHERE)]
    ended = station.last(events.RingEnded)
    assert (ended.result, ended.call, ended.target, ended.by) == (RingResult.ANSWERED, call.id, "", ANNA)
    station.give(inputs.CallConfirmed, call=call.id)
    assert station.state.calls.active.id == call.id


def test_while_people_talk_it_is_refused():
    station = ready()
    talk = station.talking()
    call = station.arrive(**OURS)
    assert station.orders(Refuse) == [Refuse(call.id, 486)]
    assert station.state.calls.active.id == talk.id


def test_a_second_one_is_refused_too():
    station = ready()
    talks(station)
    assert station.arrive("c-2", **OURS).end.cause is Cause.BUSY


def test_beside_a_call_on_hold_or_one_that_waits_it_is_refused():
    station = ready()
    talk = station.talking()
    station.ask(inputs.HoldCall(talk.id, held=True))
    call = station.arrive(**OURS)
    assert station.orders(Refuse) == [Refuse(call.id, 486)]
    station = ready()
    station.arrive("c-1")
    assert station.arrive("c-2", **OURS).end.cause is Cause.BUSY


@pytest.mark.parametrize(("browser", "seconds"), [(ANNA, 1.0), ("", 30.0)])
def test_without_packets_it_ends_sooner_than_a_phones(browser, seconds):
    station = ready()
    if browser:
        talks(station)
    else:
        station.talking()
    station.give(inputs.RtpStopped, call=station.call.id)
    station.wait(seconds - 0.1)
    assert station.orders(HangUp) == []
    station.wait(0.2)
    assert station.call.end.cause is Cause.RTP_TIMEOUT


def test_no_limit_of_packets_is_made_longer():
    station = ready()
    station = ready(deadlines=type(station.state.settings.deadlines)(rtp_s=0.5))
    talks(station)
    station.give(inputs.RtpStopped, call=station.call.id)
    station.wait(0.6)
    assert station.call.end.cause is Cause.RTP_TIMEOUT
