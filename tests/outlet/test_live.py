"""Live delivery: how long an event is of use, and which parts of the state are published."""

import time
from itertools import pairwise

import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.outlet.live import States, left_s
from tests.support.times import hasty
from tests.support.waiting import until


@pytest.mark.parametrize(
    ("kind", "lasts"),
    [("ring.started", 10), ("call.incoming", 10), ("button.pressed", 10), ("door.unlocked", 30), ("call.ended", 30)],
)
def test_a_ring_is_of_use_for_10_s_and_other_events_for_30(kind, lasts):
    assert left_s({"type": kind, "uptime": 100.0}, 100.0) == lasts
    assert left_s({"type": kind, "uptime": 100.0}, 100.0 + lasts) == 0


def test_at_first_all_parts_are_published_then_those_that_changed():
    state = {"last_event": 7, "doors": [{"state": "locked"}], "audio": {"volume": 3}}
    states = States(lambda: state, hasty())
    assert states.changed() == {"doors": '[{"state":"locked"}]', "audio": '{"volume":3}'}
    assert states.due is None
    assert states.changed() == {}
    state["audio"] = {"volume": 4}
    states.touch()
    assert until(states.changed) == {"audio": '{"volume":4}'}
    states.forget()
    assert set(states.changed()) == {"doors", "audio"}


def test_a_part_that_is_gone_is_published_as_null_so_that_the_broker_does_not_keep_the_former_one():
    state = {"last_event": 7, "time": "2026-11-20T06:07:08Z", "message": {"door": "front"}}
    states = States(lambda: state, hasty())
    assert states.changed() == {"message": '{"door":"front"}'}
    state["message"] = None
    states.touch()
    assert until(states.changed) == {"message": "null"}
    states.forget()  # the broker may keep what the daemon said before it was killed
    assert states.changed() == {"message": "null"}


def test_events_of_a_moment_have_the_state_read_once():
    reads = []
    states = States(lambda: reads.append(states._looked) or {}, hasty(states_again_s=0.05))
    begun = time.monotonic()
    for _ in range(50):
        states.touch()
        states.changed()
    seen, took = len(reads), time.monotonic() - begun  # on a busy machine more than a moment
    assert 1 <= seen <= 1 + took / 0.05
    states.touch()
    until(lambda: states.changed() or len(reads) > seen)
    assert all(later - sooner >= 0.05 for sooner, later in pairwise(reads))


def test_a_daemon_that_does_not_answer_is_an_error():
    def fails():
        raise IntercomError(ErrorCode.UNAVAILABLE, "No.")

    with pytest.raises(IntercomError):
        States(fails, hasty()).changed()
