"""Tones that clients order, and the events about these and the station's own."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs
from appliance.core.model import (
    AudioSettings,
    CallId,
    CountryTone,
    EarlySource,
    State,
    Tone,
    ToneEnd,
)
from tests.core import sent
from tests.core.station import SETTINGS, Station

GERMAN = CountryTone(Tone.BUSY, "de")


@pytest.fixture
def station():
    made = Station(State(replace(SETTINGS, audio=AudioSettings(country="de")), now=100.0))
    return made.give(inputs.SipReady, address="127.0.0.1:5060")


def tones(station):
    """All tone events so far, in short."""
    kinds = (events.ToneStarted, events.ToneStopped)
    return [
        (each.TYPE, each.tone, each.country, getattr(each, "reason", None), each.call)
        for each in station.told
        if isinstance(each, kinds)
    ]


def plays(station, call=None):
    sound = station.desired.sound
    return sound.plays if call is None else {media.call: media.plays for media in sound.calls}[call]


def test_a_visitor_hears_ringback_of_the_country_until_the_answer(station):
    station.talking()
    assert tones(station) == [
        ("tone.started", Tone.DIALING, "de", None, None),
        ("tone.stopped", Tone.DIALING, "de", ToneEnd.SITUATION, None),
    ]
    assert station.desired.sound.country == "de"


def test_a_tone_of_the_station_alone_names_no_country(station):
    station.arrive()
    assert tones(station) == [("tone.started", Tone.RINGING, "", None, None)]


def test_a_change_from_one_tone_to_another_is_reported_as_both(station):
    station.talking()
    station.arrive("c-2")
    station.give(inputs.CallEnded, call=CallId("c-2"), code=487, reason="", remote=True)
    assert tones(station)[2:] == [
        ("tone.started", Tone.WAITING, "de", None, None),
        ("tone.stopped", Tone.WAITING, "de", ToneEnd.SITUATION, None),
    ]


def test_a_client_plays_a_tone_to_a_far_end_for_a_time(station):
    call = station.talking().id
    del station.told[:]
    assert station.ask(inputs.PlayTone(Tone.BUSY, call, seconds=3.0)).error is None
    assert plays(station, call) == GERMAN
    assert plays(station) is None
    assert sent.snapshot(station.state, 0.0)["calls"][0]["tone"] == "busy"
    station.wait(2.9)
    assert plays(station, call) == GERMAN
    station.wait(0.1)
    assert plays(station, call) is None
    assert tones(station) == [
        ("tone.started", Tone.BUSY, "de", None, call),
        ("tone.stopped", Tone.BUSY, "de", ToneEnd.FINISHED, call),
    ]


def test_the_next_tone_replaces_the_one_that_plays_there_and_no_other(station):
    call = station.talking().id
    station.ask(inputs.PlayTone(Tone.WARNING))
    station.ask(inputs.PlayTone(Tone.BUSY, call))
    station.ask(inputs.PlayTone(Tone.RINGBACK, call, "us"))
    assert plays(station, call) == CountryTone(Tone.RINGBACK, "us")
    assert plays(station) == CountryTone(Tone.WARNING)
    assert sent.snapshot(station.state, 0.0)["audio"]["tone"] == "warning"
    assert tones(station)[-2:] == [
        ("tone.stopped", Tone.BUSY, "de", ToneEnd.REPLACED, call),
        ("tone.started", Tone.RINGBACK, "us", None, call),
    ]


def test_a_client_stops_a_tone_and_a_second_time_is_warned(station):
    station.ask(inputs.PlayTone(Tone.DOOR))
    assert station.ask(inputs.StopTone()).warning == ""
    assert plays(station) is None
    assert tones(station)[-1] == ("tone.stopped", Tone.DOOR, "", ToneEnd.STOPPED, None)
    assert station.ask(inputs.StopTone()).warning == "No tone is playing there."


def test_a_tone_ends_with_its_call(station):
    call = station.talking().id
    station.ask(inputs.PlayTone(Tone.DOOR))
    station.ask(inputs.PlayTone(Tone.BUSY, call))
    station.press("hangup")
    assert tones(station)[-1] == ("tone.stopped", Tone.BUSY, "de", ToneEnd.CALL_ENDED, call)
    assert plays(station) is not None, "the speaker has nothing to do with that call"
    station.wait(10)
    station.give(inputs.CallEnded, call=call, code=200, reason="OK", remote=False)
    assert station.ask(inputs.StopTone(call)).error.code == ErrorCode.CALL_NOT_FOUND


def test_a_caller_who_hears_the_station_before_the_answer_can_hear_a_tone_instead_of_the_bell(station):
    call = station.arrive().id
    assert station.ask(inputs.PlayTone(Tone.RINGBACK, call)).error.code == ErrorCode.CALL_WRONG_STATE
    station.ask(inputs.SendEarlyMedia(call, EarlySource.TONE))
    (media,) = station.desired.sound.calls
    assert (media.tone, media.plays) == (True, None)
    station.ask(inputs.PlayTone(Tone.RINGBACK, call))
    (media,) = station.desired.sound.calls
    assert (media.tone, media.plays) == (False, CountryTone(Tone.RINGBACK, "de"))


@pytest.mark.parametrize(
    "wanted",
    [
        inputs.PlayTone(Tone.HELD),
        inputs.PlayTone(Tone.BUSY, country="xx"),
        inputs.PlayTone(Tone.BUSY, seconds=0.0),
        inputs.PlayTone(Tone.BUSY, seconds=301.0),
        inputs.PlayTone(Tone.BUSY, seconds=float("nan")),
    ],
)
def test_a_tone_that_cannot_be_played_is_refused(station, wanted):
    assert station.ask(wanted).error.code == ErrorCode.PARAMETER_INVALID
    assert tones(station) == []


def test_nothing_is_played_on_a_speaker_that_does_not_exist_or_is_broken(station):
    station.give(inputs.PartFailed, part="audio", why="The card is gone", resolution="")
    refused = station.ask(inputs.PlayTone(Tone.DOOR)).error
    assert (refused.code, refused.cause) == (ErrorCode.AUDIO_UNAVAILABLE, "The card is gone")
    mute = Station(State(replace(SETTINGS, audio=AudioSettings(playback="null")), now=100.0))
    assert "audio.playback" in mute.ask(inputs.PlayTone(Tone.DOOR)).error.cause
