"""A matrix keypad's keys from its scans: debounced, and ignored while it is unclear which keys are down.

A key connects its row with its column. Three keys at the corners of a rectangle also connect the fourth one's row and
column, so no scan can show whether that key is down (ghosting).
"""

from collections import defaultdict
from itertools import combinations

Crossing = tuple[int, int]  # row, column


class Matrix:
    """Accepts a scan that stays the same for `debounce_s`. Keys that are down at first are not reported."""

    def __init__(self, debounce_s: float) -> None:
        self._debounce_s, self._silent = debounce_s, True
        self.seen: frozenset[Crossing] = frozenset()  # in the newest scan
        self._since = 0.0
        self._down: frozenset[Crossing] = frozenset()

    def scanned(self, closed: frozenset[Crossing], at: float) -> tuple[Crossing, ...]:
        """Process the crossings found closed at `at`; returns the newly pressed keys, in the order of rows."""
        if closed != self.seen:
            self.seen, self._since = closed, at
        self._silent = self._silent and bool(closed)
        if at - self._since < self._debounce_s or ambiguous(closed):
            return ()
        pressed = frozenset() if self._silent else closed - self._down
        self._down, self._silent = closed, False
        return tuple(sorted(pressed))

    @property
    def at_rest(self) -> bool:
        """Whether no key is down or seems to be."""
        return not self.seen and not self._down


def ambiguous(closed: frozenset[Crossing]) -> bool:
    """Whether some of these crossings may only seem closed because of the others: two rows share two columns."""
    columns: dict[int, set[int]] = defaultdict(set)
    for row, column in closed:
        columns[row].add(column)
    return any(len(one & other) > 1 for one, other in combinations(columns.values(), 2))
