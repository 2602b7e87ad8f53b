"""The figures of a call are those of all its streams: sums, and means by their packets."""

from appliance.core.model import Quality
from appliance.sip.stack.calls.packets import together


def test_the_first_stream_is_all_there_is():
    assert together(None, Quality(5, 1, 2.0)) == Quality(5, 1, 2.0)


def test_counters_are_added_and_means_weighed():
    before = Quality(300, 10, 2.0, received_bytes=48_000, buffer_ms=40.0, sent=290, sent_bytes=46_400, sent_lost=3)
    now = Quality(100, 5, 6.0, received_bytes=16_000, buffer_ms=80.0, sent=110, sent_bytes=17_600, sent_lost=4)
    assert together(before, now) == Quality(
        400, 15, 3.0, received_bytes=64_000, buffer_ms=50.0, sent=400, sent_bytes=64_000, sent_lost=7
    )


def test_what_the_far_end_has_not_reported_of_the_new_stream_is_what_it_said_of_the_one_before():
    before = Quality(1, 0, 1.0, sent_lost=3, sent_jitter_ms=2.0, rtt_ms=20.0)
    found = together(before, Quality(0, 0, 0.0))
    assert (found.sent_lost, found.sent_jitter_ms, found.rtt_ms) == (3, 2.0, 20.0)
    assert together(Quality(0, 0, 0.0), Quality(0, 0, 4.0)).jitter_ms == 4.0
