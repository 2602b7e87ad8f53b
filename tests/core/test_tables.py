"""Tables: each is declared for a field with such rows; a row has one place, and only a change is stored."""

from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from appliance.core.doors.sensors import BLOCKS
from appliance.core.model import ButtonId, Plan, RingId, SensorId, State, TamperBlock, VisitorRing
from appliance.core.tables import Table
from appliance.core.transition import Turn
from appliance.core.visitor_ring.ring import RINGS
from tests.core.station import SETTINGS

MODULES = sorted(".".join(path.with_suffix("").parts) for path in Path("appliance/core").glob("*/*.py"))
TABLES = [table for module in MODULES for table in vars(import_module(module)).values() if isinstance(table, Table)]


def turned() -> Turn:
    return Turn(State(SETTINGS), 0.0, "0")


def block(sensor: str, until: float = 1.0) -> TamperBlock:
    return TamperBlock(SensorId(sensor), until)


def ring(name: str, cycle: int = 0) -> VisitorRing:
    return VisitorRing(RingId(name), ButtonId("bell"), Plan("flat", ()), 0.0, cycle=cycle)


@pytest.mark.parametrize("table", TABLES, ids=[table.field for table in TABLES])
def test_a_table_has_the_rows_of_its_field(table):
    kind: Any = State
    for name in table.field.split("."):
        kind = get_type_hints(kind)[name]
    assert kind == tuple[table.row, ...]


def test_an_ordered_table_puts_a_row_where_its_key_belongs():
    turn = turned()
    for sensor in "bca":
        BLOCKS.put(turn, block(sensor))
    assert turn.doors.blocks == (block("a"), block("b"), block("c"))
    BLOCKS.put(turn, block("b", 2.0))
    assert turn.doors.blocks == (block("a"), block("b", 2.0), block("c"))
    assert BLOCKS.get(turn.state, SensorId("b")) == block("b", 2.0)


def test_any_other_table_puts_a_new_row_last_and_a_changed_row_in_its_place():
    turn = turned()
    RINGS.put(turn, ring("9"))
    RINGS.put(turn, ring("1"))
    RINGS.put(turn, ring("9", cycle=1))
    assert turn.rings == (ring("9", cycle=1), ring("1"))


def test_a_row_is_removed_and_without_it_nothing_changes():
    turn = turned()
    BLOCKS.put(turn, block("a"))
    before = turn.state
    BLOCKS.drop(turn, SensorId("b"))
    assert turn.state is before, "a step settles nothing twice if no rule has changed the state"
    assert BLOCKS.get(turn.state, SensorId("b")) is None
    BLOCKS.drop(turn, SensorId("a"))
    assert turn.doors.blocks == ()
