"""Calls that are silent one way: which cause is reported, when, and when it is over."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.audio.silence import SILENT_S
from appliance.core.model import NULL, AudioSettings, MixerLevel, PacketUse, Quality, SoundMode
from tests.core.station import PCMA, Station, ready

LEVEL = MixerLevel(card="panel", percent=40.0, muted=False)
COUNTED = Quality(received=50, lost=0, jitter_ms=1.0)
SEND, RECEIVE = "send", "receive"


def talking(**audio) -> Station:
    station = ready(audio=AudioSettings(**audio))
    station.give(inputs.LevelsRead, speaker=LEVEL, microphone=LEVEL)
    station.talking()
    return station


def counted(station: Station, sent: float = 0.0, received: float = 0.0) -> list[tuple[str, ...]]:
    """What a count of this silence adds to the reports."""
    before = len(station.told)
    silent = {"sent_silent_s": sent, "received_silent_s": received}
    station.give(inputs.MediaCounted, call=station.call.id, quality=COUNTED, **silent)
    return told(station, before)


def told(station: Station, since: int = 0) -> list[tuple[str, ...]]:
    """The reports of silence, and of its end."""
    kinds = (events.MediaSilent, events.MediaResumed)
    return [(e.TYPE.removeprefix("media."), e.direction, e.why) for e in station.told[since:] if isinstance(e, kinds)]


@pytest.mark.parametrize("way", [SEND, RECEIVE])
def test_digital_silence_is_reported_once_and_its_end(way):
    station = talking()
    name = {SEND: "sent", RECEIVE: "received"}[way]
    assert counted(station, **{name: SILENT_S - 0.1}) == []
    assert counted(station, **{name: SILENT_S}) == [("silent", way, "digital_silence")]
    assert counted(station, **{name: SILENT_S + 1}) == []
    assert counted(station) == [("resumed", way, "digital_silence")]
    assert counted(station) == []


def test_a_call_that_a_client_mutes_is_silent_for_its_far_end():
    station = talking()
    station.ask(inputs.MuteCall(station.call.id, muted=True))
    assert counted(station) == [("silent", SEND, "muted")]
    assert counted(station, sent=SILENT_S) == []
    station.ask(inputs.MuteCall(station.call.id, muted=False))
    assert counted(station, sent=SILENT_S) == [("silent", SEND, "digital_silence")], "another cause"
    assert counted(station) == [("resumed", SEND, "digital_silence")]


def test_a_microphone_that_is_muted_at_its_card_is_that_of_the_foreground():
    station = talking()
    station.give(inputs.LevelsRead, speaker=LEVEL, microphone=replace(LEVEL, muted=True))
    assert counted(station) == [("silent", SEND, "muted")]
    station.give(inputs.LevelsRead, speaker=LEVEL, microphone=LEVEL)
    assert counted(station) == [("resumed", SEND, "muted")]


@pytest.mark.parametrize(
    "audio", [{"capture": NULL}, *({"mode": mode} for mode in SoundMode if mode is not SoundMode.FULL_DUPLEX)]
)
def test_nobody_waits_for_the_sound_of_a_microphone_that_is_closed_or_missing(audio):
    station = talking(**audio)
    assert counted(station, sent=SILENT_S) == []
    assert counted(station, received=SILENT_S) == [("silent", RECEIVE, "digital_silence")]


def test_packets_that_stop_are_silence_until_they_arrive_again():
    station = talking()
    counted(station, received=SILENT_S)
    station.give(inputs.RtpStopped, call=station.call.id)
    assert told(station)[-1] == ("silent", RECEIVE, "no_packets")
    assert counted(station) == [], "the counters say nothing about sound that does not come"
    station.give(inputs.RtpResumed, call=station.call.id)
    assert told(station)[-1] == ("resumed", RECEIVE, "no_packets")
    assert counted(station) == []


def test_before_the_answer_and_after_a_hold_nothing_is_silent():
    station = ready()
    station.dialled()
    assert counted(station, SILENT_S, SILENT_S) == []
    station = talking()
    assert len(counted(station, SILENT_S, SILENT_S)) == 2
    for held in (True, False):
        station.ask(inputs.HoldCall(station.call.id, held=held))
    assert told(station)[2:] == []
    assert len(counted(station, SILENT_S, SILENT_S)) == 2, "it is judged anew"


def use(**counts: int) -> PacketUse:
    return PacketUse(**{"frames": 100, **counts})


def judged(station: Station, *uses: PacketUse) -> list[tuple[str, ...]]:
    """What counts of these uses, one after another, add to the reports."""
    before = len(station.told)
    for each in uses:
        station.give(inputs.MediaCounted, call=station.call.id, quality=COUNTED, use=each)
    return told(station, before)


@pytest.mark.parametrize("why", ["other_codec", "unreadable", "undecrypted"])
def test_packets_that_cannot_be_played_are_named_after_two_counts_until_one_is_heard(why):
    station = talking()
    assert judged(station, use(), use(**{why: 50})) == []
    assert judged(station, use(**{why: 100})) == [("silent", RECEIVE, why)]
    assert judged(station, use(**{why: 150})) == []
    assert judged(station, use(frames=150, **{why: 150})) == [("resumed", RECEIVE, why)]


def test_single_packets_that_cannot_be_played_are_no_silence():
    station = talking()
    assert judged(station, *(use(unreadable=n) for n in range(10))) == []
    assert judged(station, *(use(frames=100 + 2 * n, unreadable=50 * n) for n in range(1, 10))) == []


def test_counters_that_begin_again_are_no_silence():
    station = talking()
    assert judged(station, use(other_codec=500), use(frames=0), use(frames=0), use(frames=50)) == []


def test_packets_that_are_not_decrypted_are_the_cause_although_none_is_counted():
    station = talking()
    judged(station, use(), use(undecrypted=50))
    station.give(inputs.RtpStopped, call=station.call.id)
    assert told(station) == [("silent", RECEIVE, "no_packets")]
    assert judged(station, use(undecrypted=100)) == [("silent", RECEIVE, "undecrypted")]
    station.give(inputs.RtpStopped, call=station.call.id)
    assert judged(station, use(undecrypted=150)) == []


def test_a_far_end_that_only_listens_by_agreement_is_named_until_it_sends_again():
    station = talking()
    agreed = {"call": station.call.id, "codec": PCMA, "held": False}
    before = len(station.told)
    station.give(inputs.MediaStarted, **agreed, receives=False)
    assert told(station, before) == [("silent", RECEIVE, "not_sent")]
    assert counted(station, received=SILENT_S) == []
    before = len(station.told)
    station.give(inputs.MediaStarted, **agreed)
    assert told(station, before) == [("resumed", RECEIVE, "not_sent")]
