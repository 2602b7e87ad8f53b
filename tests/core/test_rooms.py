"""Every room is walked for every input, request and deadline; none can be forgotten."""

from collections import Counter

import pytest
from msgspec.structs import replace

from appliance.core import desired_state, inputs
from appliance.core.model import State
from appliance.core.requests import RULES as PERFORMED
from appliance.core.rooms import ROOMS
from appliance.core.step import RULES as TAKEN
from appliance.core.step import WHOLE
from tests.core.station import SETTINGS

ACTIONS = set(inputs.ACTIONS)


def test_each_input_is_taken():
    assert set(TAKEN) == set(inputs.INPUTS)
    assert [kind.__name__ for kind, takes in TAKEN.items() if not takes] == []
    assert {kind for room in ROOMS for kind in room.take} | set(WHOLE) == set(inputs.INPUTS)


def test_each_request_is_performed_by_one_room():
    performed = Counter(action for room in ROOMS for action in room.perform)
    assert set(performed) == ACTIONS == set(PERFORMED)
    assert set(performed.values()) == {1}


@pytest.mark.parametrize("number", range(len(ROOMS)))
def test_a_deadline_of_any_room_wakes_the_station(number, monkeypatch):
    state = replace(State(SETTINGS), panel=replace(State(SETTINGS).panel, error_until=50.0))
    assert desired_state.wake_at(state) == 50.0
    monkeypatch.setattr(ROOMS[number], "wake", lambda _: [None, 7.0])
    assert desired_state.wake_at(state) == 7.0
