"""When the sound of a call begins and ends, direction by direction."""

import pytest

from appliance.core import events, inputs
from appliance.core.model import CallId, Codec, MediaDirection
from tests.core.station import PCMA, Station, ready

SEND, RECEIVE = MediaDirection.SEND, MediaDirection.RECEIVE
OPUS = Codec("opus", 48000)
IN = CallId("c-in")


def told(station: Station) -> list[str]:
    """What was reported about the sound, and the answer."""
    names = {events.MediaStarted: "started", events.MediaEnded: "ended", events.CallConnected: "connected"}
    return [
        " ".join([names[type(event)], getattr(event, "direction", "")]).strip()
        for event in station.told
        if type(event) in names
    ]


def went(station: Station, *directions: MediaDirection, call: CallId | None = None) -> None:
    """The first packets."""
    for direction in directions:
        station.give(inputs.RtpStarted, call=call or station.call.id, direction=direction)


def dialled(**changes) -> Station:
    """The kitchen's phone answers an INVITE, and there is a codec."""
    station = ready(**changes)
    call = station.dialled()
    station.give(inputs.CallAnswered, call=call.id)
    station.give(inputs.CallConfirmed, call=call.id)
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False)
    return station


def test_each_direction_starts_with_its_first_packet_once():
    station = dialled()
    assert told(station) == ["connected"], "no packet has gone"
    went(station, SEND, SEND, RECEIVE, RECEIVE)
    assert told(station) == ["connected", "started send", "started receive"]
    assert station.last(events.MediaStarted) == events.MediaStarted(station.call.id, direction=RECEIVE, codec=PCMA)


def test_a_packet_before_the_ack_waits_for_it():
    station = ready()
    station.arrive(IN)
    station.ask(inputs.AnswerCall(IN))
    station.give(inputs.MediaStarted, call=IN, codec=PCMA, held=False)
    went(station, RECEIVE)
    station.give(inputs.CallAnswered, call=IN)
    went(station, SEND)
    assert told(station) == []
    station.give(inputs.CallConfirmed, call=IN)
    went(station, SEND, RECEIVE)
    assert told(station) == ["connected", "started send", "started receive"]


def test_early_media_has_its_own_beginning_before_that_of_the_answered_call():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False)
    went(station, RECEIVE)
    station.give(inputs.CallAnswered, call=call.id)
    station.give(inputs.CallConfirmed, call=call.id)
    went(station, SEND, RECEIVE)
    assert told(station) == ["started receive", "connected", "started send", "started receive"]


def test_another_codec_is_another_beginning_and_a_hold_is_none():
    station = dialled()
    went(station, SEND, RECEIVE)
    for held in (True, False):
        station.give(inputs.MediaStarted, call=station.call.id, codec=PCMA, held=held)
        went(station, SEND, RECEIVE)
    assert len(told(station)) == 3
    station.give(inputs.MediaStarted, call=station.call.id, codec=OPUS, held=False)
    went(station, SEND)
    assert told(station)[3:] == ["started send"]
    assert station.last(events.MediaStarted).codec == OPUS


@pytest.mark.parametrize("begun", [(), (SEND,), (SEND, RECEIVE)])
def test_sound_that_started_ends_once_before_the_last_event_of_its_call(begun):
    station = dialled()
    went(station, *begun)
    station.give(inputs.CallEnded, call=station.call.id, code=200, reason="OK", remote=True)
    types = station.types()
    assert types.count("media.ended") == bool(begun)
    if begun:
        assert types.index("media.ended") < types.index("call.ended")


def test_packets_of_a_call_without_a_codec_or_at_its_end_are_no_beginning():
    station = ready()
    station.dialled()
    went(station, SEND)
    station = dialled()
    station.ask(inputs.HangUpCall(station.call.id))
    went(station, SEND)
    assert "started send" not in told(station)
