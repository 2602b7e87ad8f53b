"""The inbox: inputs of each kind have room of their own, and all keep their order."""

import pytest

from appliance.core import inputs
from appliance.core.model import ButtonId, CallId, RequestId
from appliance.runtime.inbox import LANES, ROOM, Inbox, Lane

PRESS = inputs.ButtonEdge(at=1.0, button=ButtonId("ring"), active=True)
TICK = inputs.Tick(at=1.0)
END = inputs.CallEnded(at=1.0, call=CallId("c"), code=0, reason="", remote=True)
RELAY = inputs.GuardLost(at=1.0, why="")
DENIED = inputs.AccessDenied(at=1.0, who="caller", source="192.0.2.1", scope="call")
DIGIT = inputs.DigitReceived(at=1.0, call=CallId("c"), digit="1", method="info", duration_ms=0)
ASKED = inputs.Requested(
    at=1.0, request=RequestId("q"), who="local", action=inputs.PressButton(button=ButtonId("ring"))
)
FLOODS = {Lane.OUTSIDE: DENIED, Lane.CALLS: DIGIT, Lane.CLIENTS: ASKED}


@pytest.fixture
def inbox():
    return Inbox(lambda: None)


def everything(inbox):
    return list(iter(inbox.take, None))


def test_what_the_station_brings_finds_room_however_much_comes_from_elsewhere(inbox):
    for flood in FLOODS.values():
        while inbox.put(flood):
            pass
    for own in (PRESS, TICK, END, RELAY):
        assert inbox.put(own)
    assert everything(inbox)[-4:] == [PRESS, TICK, END, RELAY]


@pytest.mark.parametrize("lane", FLOODS)
def test_a_lane_holds_so_many_and_counts_what_it_drops(inbox, lane):
    taken = [inbox.put(FLOODS[lane]) for _ in range(ROOM[lane] + 7)]
    assert taken == [True] * ROOM[lane] + [False] * 7
    assert inbox.dropped() == {lane: 7}
    assert inbox.dropped() == {}
    assert len(everything(inbox)) == ROOM[lane]
    assert inbox.put(FLOODS[lane])


def test_inputs_are_taken_in_the_order_in_which_they_came_whatever_their_lane(inbox):
    mixed = [DENIED, PRESS, DIGIT, END, ASKED, TICK, DENIED]
    for each in mixed:
        inbox.put(each)
    assert everything(inbox) == mixed


def test_the_lanes_that_others_fill_delay_a_press_by_less_than_a_thousand_inputs():
    assert sum(ROOM[lane] for lane in FLOODS) < 1000


def test_no_end_of_anything_may_be_dropped_for_another_kind():
    assert not {kind for kind in LANES if kind.__name__.endswith(("Ended", "Lost", "Confirmed", "Answered"))}


def test_it_wakes_once_until_it_was_found_empty():
    woken = []
    inbox = Inbox(lambda: woken.append(True))
    inbox.put(PRESS)
    inbox.put(PRESS)
    inbox.take()
    inbox.put(PRESS)
    assert len(woken) == 1
    everything(inbox)
    inbox.put(PRESS)
    assert len(woken) == 2
