"""Calls apart from the room: without speaker, microphone and foreground, beside the resident's talk."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import LinkDirection, Picture, PlaybackId, Tone
from appliance.core.orders import PrepareRecording, SendDigit
from appliance.core.panel import indications
from tests.core import sent
from tests.core.station import PCMA, ready


def apart(station, to="office"):
    """A client's call apart from the room, which was answered."""
    call = station.ask(inputs.Dial(to, apart=True)).call
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)
    return station.heard(call)


def media(station, call):
    return next(each for each in station.desired.sound.calls if each.call == call.id)


def shown(station, call):
    return next(c for c in sent.snapshot(station.state, 0.0)["calls"] if c["id"] == call.id)


def test_a_call_apart_changes_nothing_of_the_residents_talk():
    station = ready(max_calls=4)
    talk = station.talking()
    before = station.desired
    count = len(station.told)
    first, second = apart(station), apart(station, "sip:another.example")
    assert media(station, talk) == before.sound.calls[0]
    assert (station.desired.lamps, station.desired.sound.tone, station.state.calls.active.id) == (
        before.lamps,
        before.sound.tone,
        talk.id,
    )
    changed = {"call.active_changed", "call.switched", "call.held", "audio.microphone_changed", "lamp.changed"}
    assert not changed & {event.TYPE for event in station.told[count:]}
    for call in (first, second):
        sound = media(station, call)
        assert (sound.speaker, sound.microphone, sound.held) == (False, False, False)
        assert (shown(station, call)["media"], shown(station, call)["active"]) == ("none", False)
        assert shown(station, call)["summary"].endswith(", apart from the room")
    station.give(inputs.CallEnded, call=talk.id, code=200, reason="OK", remote=True)
    assert station.state.calls.active is None
    assert (station.desired.sound.tone, indications.situation(station.state)) == (None, Picture.IDLE)


@pytest.mark.parametrize("moment", ["dialing", "ringing", "early media", "failed"])
def test_a_call_apart_is_not_heard_before_its_answer_either(moment):
    station = ready()
    call = station.ask(inputs.Dial("office", apart=True)).call
    if moment in {"ringing", "early media"}:
        station.give(inputs.CallProgressed, call=call, code=183, early_media=moment == "early media")
    if moment == "failed":
        station.give(inputs.CallEnded, call=call, code=404, reason="Not Found", remote=True)
    assert (station.desired.sound.tone, indications.picture(station.state)) == (None, Picture.IDLE)
    assert not any(each.speaker for each in station.desired.sound.calls)


def test_an_incoming_call_that_is_answered_apart_stops_ringing_and_leaves_the_foreground_alone():
    station = ready()
    talk = station.talking()
    call = station.arrive()
    assert station.desired.sound.tone is Tone.WAITING
    assert station.ask(inputs.AnswerCall(call.id, apart=True)).error is None
    station.give(inputs.CallConfirmed, call=call.id)
    assert (station.desired.sound.tone, station.state.calls.active.id) == (None, talk.id)
    assert not media(station, talk).held
    assert not media(station, call).speaker


def test_sounds_recordings_digits_and_links_work_in_a_call_apart():
    station = ready(record=True)
    talk, call = station.talking(), apart(station)
    station.ask(inputs.StopRecording(call.id))
    assert station.ask(inputs.PlaySound(sound="chime", call=call.id, playback=PlaybackId("p-1"))).error is None
    assert station.ask(inputs.SendDigits(call.id, "1")).error is None
    assert station.orders(SendDigit)[-1].call == call.id
    assert station.ask(inputs.StartRecording(call.id)).error is None
    recording = station.orders(PrepareRecording)[-1].recording
    station.give(inputs.RecordingPrepared, call=call.id, recording=recording)
    station.give(inputs.RecordingBegun, call=call.id, recording=recording)
    assert Picture.RECORDING not in indications.pictures(station.state)
    assert station.ask(inputs.LinkSound(call.id, talk.id, LinkDirection.BOTH, 100.0)).error is None
    assert {(source, hearer) for source, hearer, _ in station.desired.sound.sent} == {
        (call.id, talk.id),
        (talk.id, call.id),
    }
    assert Picture.RECORDING in indications.pictures(station.state), "now the resident's talk may be in it"


def test_a_call_apart_comes_neither_to_the_foreground_nor_into_a_conference():
    station = ready()
    station.talking()
    call = apart(station)
    for wanted in (inputs.SwitchTo(call.id), inputs.Confer((call.id,), ())):
        error = station.ask(wanted).error
        assert (error.code, bool(error.resolution)) == ("conflict", True)
    station.press("hold")
    assert station.state.calls.get(call.id).media.held_local is False


def test_a_call_apart_is_held_and_resumed_without_the_room():
    station = ready()
    talk, call = station.talking(), apart(station)
    station.ask(inputs.HoldCall(call.id, held=True))
    assert media(station, call).held
    station.ask(inputs.HoldCall(call.id, held=False))
    assert not media(station, call).held
    assert not media(station, talk).held
    assert station.state.calls.active.id == talk.id


def test_early_media_that_a_client_does_not_want_is_ringing():
    station = ready()
    call = station.ask(inputs.Dial("office", early_media=False)).call
    station.give(inputs.CallProgressed, call=call, code=183, early_media=True)
    assert station.last(events.CallRinging).call == call
    assert (station.call.state, station.desired.sound.tone) == ("ringing", Tone.DIALING)
    assert not station.desired.sound.calls[0].speaker
