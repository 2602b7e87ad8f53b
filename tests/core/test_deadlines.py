"""A deadline is a field of the type `Deadline`; each one that a state holds wakes the core."""

from math import inf
from typing import get_type_hints

import pytest
from msgspec import Struct
from msgspec.structs import replace

from appliance.core import model
from appliance.core.model import AppliancePart, PanelPart, PersistentState, State, TamperBlock
from appliance.core.panel import room as panel
from tests.core import deadlines
from tests.core.rules import may_be
from tests.core.station import SETTINGS

# Fields with the name of a deadline that are none. Their rooms wake the core otherwise, if at all.
OTHERS = {
    "CallUpdates.until": "only while the call is alive",
    "CardAct.until": "the next card is judged by it",
    "Lockout.until": "the next guess is judged by it",
    "Press.chord_until": "only while the button is down",
    "Press.click_until": "only after one click",
    "Pulse.until": "the guard acts; the core waits for its report a little longer",
    "Sensing.ours_until": "the next edge is judged by it",
}
SHOWS_AN_ERROR = State(SETTINGS, now=1.0, panel=PanelPart(error_until=5.0))


def test_what_is_called_a_deadline_is_declared_as_one():
    named = {
        f"{record.__name__}.{name}"
        for record in vars(model).values()
        if isinstance(record, type) and issubclass(record, Struct)
        for name, hint in get_type_hints(record, include_extras=True).items()
        if hint in {float, float | None} and (name in {"until", "deadline", "wake"} or name.endswith("_until"))
    }
    assert named == set(OTHERS)


def test_the_earliest_deadline_of_a_state_is_found_wherever_it_is():
    blocks = (TamperBlock("front", 8.0), TamperBlock("yard", 3.0))
    blocked = replace(SHOWS_AN_ERROR, doors=replace(SHOWS_AN_ERROR.doors, blocks=blocks))
    assert [deadlines.earliest(each) for each in (State(SETTINGS), SHOWS_AN_ERROR, blocked)] == [inf, 5.0, 3.0]
    assert sorted(deadlines.named(blocked)) == [
        (".doors.blocks[0].until", 8.0),
        (".doors.blocks[1].until", 3.0),
        (".panel.error_until", 5.0),
    ]


def test_what_the_disc_has_is_no_deadline():
    on_disc = PersistentState(blocks=(TamperBlock("front", 0.5),))
    assert deadlines.earliest(State(SETTINGS, appliance=AppliancePart(on_disc=on_disc))) == inf


def test_a_deadline_that_wakes_nobody_breaks_a_rule(monkeypatch):
    may_be(SHOWS_AN_ERROR)
    monkeypatch.setattr(panel, "wake", lambda _: [])
    with pytest.raises(AssertionError, match=r"forgotten: .*panel\.error_until"):
        may_be(SHOWS_AN_ERROR)


def test_a_deadline_that_has_passed_breaks_a_rule():
    with pytest.raises(AssertionError, match=r"passed, and nobody acted: .*panel\.error_until"):
        may_be(replace(SHOWS_AN_ERROR, now=5.0))
