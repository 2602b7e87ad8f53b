"""The ringer, which a client may silence: calls still come, and only their bell is not heard."""

import pytest

from appliance.core import events, inputs, snapshot
from appliance.core.model import Picture, Tone
from appliance.core.panel import indications
from tests.core.station import KITCHEN, ready


def changes(station):
    return [(event.seconds, event.by) for event in station.told if isinstance(event, events.AudioRingerChanged)]


def ringer(station):
    return snapshot.snapshot(station.state, 0.0).audio.ringer_silent_until


def test_a_call_rings_on_lamps_alone_until_a_client_lets_the_ringer_ring_again():
    station = ready()
    assert station.ask(inputs.SilenceRinger(1)).error is None
    station.arrive(uri=KITCHEN)
    assert (indications.tone(station.state), indications.picture(station.state)) == (None, Picture.RINGING)
    assert ringer(station) == "1970-01-01T00:02:40.000000Z"
    station.wait(59.0)
    assert changes(station) == [(60.0, "test")]
    station.ask(inputs.SilenceRinger(0))
    assert (indications.tone(station.state), ringer(station)) == (Tone.RINGING, None)
    assert changes(station) == [(60.0, "test"), (None, "test")]


def test_silence_ends_by_itself_and_an_end_without_a_begin_changes_nothing():
    station = ready()
    assert station.ask(inputs.SilenceRinger(0)).warning == "The bell of incoming calls is not silenced."
    assert changes(station) == []
    assert station.ask(inputs.SilenceRinger(30)).warning == ""
    station.ask(inputs.SilenceRinger(1))
    station.wait(61.0)
    assert changes(station) == [(1800.0, "test"), (60.0, "test"), (None, "")]


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_tone_for_a_call_by_the_station_is_heard_all_the_same(minutes):
    station = ready()
    station.ask(inputs.SilenceRinger(minutes))
    station.dialled()
    assert indications.tone(station.state) is Tone.DIALING
