"""Counts of events, whatever comes."""

from appliance.core.model import Cause, Direction
from appliance.runtime.counts import Counts, Histogram


def envelope(kind, call=None, **data):
    return {"type": kind, "call": call, "data": data}


def test_an_unknown_door_makes_no_new_key():
    counts = Counts(["front"])
    keys = set(counts.doors)
    for door in ("front", "cellar", '"} 1'):
        counts.take(envelope("door.unlocked", door=door))
        counts.take(envelope("door.denied", door=door))
    assert set(counts.doors) == keys
    assert counts.doors == {("front", "opened"): 1, ("front", "denied"): 1}


def test_a_call_counts_once_with_its_direction_and_its_setup_time():
    counts = Counts([])
    counts.take(envelope("call.incoming", "c-1", by="x"))
    for call, direction in (("c-1", "incoming"), ("c-2", "outgoing")):
        counts.take(envelope("call.connected", call, after_s=3.0))
        counts.take(envelope("call.ended", call, direction=direction, cause="hangup"))
    assert counts.calls[Direction.INCOMING, Cause.HANGUP] == counts.calls[Direction.OUTGOING, Cause.HANGUP] == 1
    assert sum(counts.calls.values()) == 2
    for direction in Direction:
        assert counts.setup[direction].sum == 3.0
    assert not counts._incoming


def test_a_histogram_counts_a_value_at_a_bound_as_within_it():
    histogram = Histogram((0.1, 2.5, 5.0))
    for value in (0.05, 0.1, 3.0, 1000.0):
        histogram.add(value)
    cumulated = dict(histogram.cumulated())
    assert cumulated == {"0.1": 2, "2.5": 2, "5.0": 3, "+Inf": 4}


def test_a_call_s_last_score_is_counted_and_no_earlier_one():
    counts = Counts([])
    for final, mos in ((False, 2.0), (True, 4.0), (True, None)):
        counts.take(envelope("media.statistics", "c-1", final=final, mos=mos))
    assert (dict(counts.mos.cumulated())["+Inf"], counts.mos.sum) == (1, 4.0)


def test_gaps_and_failures_of_the_card_are_counted():
    counts = Counts([])
    counts.take(envelope("audio.xruns", capture=2, playback=3))
    counts.take(envelope("audio.failed"))
    assert (counts.xruns, counts.audio_failures) == ({"capture": 2, "playback": 3}, 1)
