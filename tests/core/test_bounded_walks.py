"""The first part of the walks of test_every_state, nearest states first: a broken rule is mostly seen there."""

import pytest

from appliance.core.model import AccessPart, State
from tests.core.test_every_state import BOOK, ONE, PLAN, TWO, every_input, within_bounds
from tests.core.walk import walk

pytestmark = pytest.mark.thorough

STATES = 300


@pytest.mark.parametrize("settings", [ONE, TWO, PLAN], ids=["one call", "two calls", "a plan"])
def test_the_states_that_are_reached_first_keep_the_rules(settings):
    first = State(settings, now=100.0, access=AccessPart(book=BOOK))
    states, steps = walk(first, every_input, within_bounds, most=STATES)
    assert len(states) > STATES
    assert steps > 10 * STATES
