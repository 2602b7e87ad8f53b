"""A matrix keypad's keys from scans of it: debounced, and none while which ones are down cannot be known.

A key connects its row with its column. Three keys at corners of a rectangle connect the fourth one's row and column as
well, so no scan can tell whether that one is down (ghosting).
"""

from collections import defaultdict
from itertools import combinations

Crossing = tuple[int, int]  # row, column


class Matrix:
    """Believes a scan that has stayed the same for `debounce_s`. silent: keys that are down at first are not told."""

    def __init__(self, debounce_s: float, *, silent: bool = False) -> None:
        self._debounce_s, self._silent = debounce_s, silent
        self.seen: frozenset[Crossing] = frozenset()  # by the newest scan
        self._since = 0.0
        self._down: frozenset[Crossing] = frozenset()

    def scanned(self, closed: frozenset[Crossing], at: float) -> tuple[Crossing, ...]:
        """Take in which crossings were found closed at `at`; the keys that went down by that, in the order of rows."""
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
        """Whether no key is down, nor seems to be."""
        return not self.seen and not self._down


def ambiguous(closed: frozenset[Crossing]) -> bool:
    """Whether some of these may be closed by the others: two rows have two columns in common."""
    columns: dict[int, set[int]] = defaultdict(set)
    for row, column in closed:
        columns[row].add(column)
    return any(len(one & other) > 1 for one, other in combinations(columns.values(), 2))
