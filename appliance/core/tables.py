"""Tables: the rows of one field of the state, under their keys. Every room reads, stores and removes rows this way."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Generic, TypeVar

from msgspec.structs import replace

from appliance.core.model import State
from appliance.core.transition import Turn

K = TypeVar("K")
R = TypeVar("R")


class Table(Generic[K, R]):
    """The rows of a field of the state, at most one for each key. The rows stay an immutable tuple.

    field: its name, such as "doors.blocks" or "rings". row: the type of its rows. key: returns the key of a row. A row
    with a known key replaces the earlier one in its place, or, if the table is `newest_last`, moves to the end. A new
    row comes last, or, if the table is `ordered`, where its key belongs.
    """

    __slots__ = ("_key", "_name", "_newest_last", "_ordered", "_part", "_rows", "field", "row")

    def __init__(
        self, field: str, row: type[R], key: Callable[[R], K], *, ordered: bool = False, newest_last: bool = False
    ) -> None:
        self.field, self.row, self._ordered, self._newest_last = field, row, ordered, newest_last
        self._part, _, self._name = field.rpartition(".")
        self._key: Callable[[R], Any] = key
        self._rows: Callable[[State], tuple[R, ...]] = attrgetter(field)

    def get(self, state: State, wanted: K) -> R | None:
        """The row with that key; None without one."""
        for row in self._rows(state):
            if self._key(row) == wanted:
                return row
        return None

    def put(self, turn: Turn, row: R) -> None:
        """Store a row, in place of the one with the same key."""
        key, rows = self._key, self._rows(turn.state)
        wanted = key(row)
        for at, each in enumerate(rows):
            if key(each) == wanted:
                before, after = rows[:at], rows[at + 1 :]
                rows = (*before, *after, row) if self._newest_last else (*before, row, *after)
                break
        else:
            rows = (*rows, row) if not rows or not self._ordered else tuple(sorted((*rows, row), key=key))
        self._store(turn, rows)

    def drop(self, turn: Turn, wanted: K) -> None:
        """Remove the row with that key, if there is one."""
        rows = self._rows(turn.state)
        left = tuple([row for row in rows if self._key(row) != wanted])
        if len(left) != len(rows):
            self._store(turn, left)

    def _store(self, turn: Turn, rows: tuple[R, ...]) -> None:
        part, name = self._part, self._name
        setattr(turn, part or name, replace(getattr(turn, part), **{name: rows}) if part else rows)
