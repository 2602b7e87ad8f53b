"""Matrix keypads on lines: keys become inputs. Nothing is scanned while no key moves.

At rest all rows are driven low, so that a pressed key pulls its column low: that edge starts a scan. The scan drives
one row at a time and releases the others, so that two keys short nothing. It ends when no key is down, or when nothing
has changed for a while; an edge of a column then starts it again. A key that jams keeps its column low, so that the
column's other keys cause no edge: the keypad reports this fault.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.core.inputs import Input, KeypadKey, PartFailed, PartRecovered
from appliance.core.model import KeypadId
from appliance.panel.entry.matrix_scan import Crossing, Matrix
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import PinName, called

if TYPE_CHECKING:
    from appliance.panel.gpio.line_group import LineEdge, LineGroup

BETWEEN_S = 0.005  # two scans
UNCHANGED_S = 2.0  # then nobody types any more
JAMMED_S = 60.0  # a key that is down for longer is reported: as long as a button has, by default


class MatrixWiring(Record):
    """A matrix keypad's lines, all of one chip. `keys`: a text for each row, a character for each column, " " for none.

    pull: "up" for the chip's own resistors on the columns, "none" if the wiring has them. settle_s: how long a column
    needs to follow its row.
    """

    id: KeypadId
    rows: tuple[PinName, ...]
    columns: tuple[PinName, ...]
    keys: tuple[str, ...]
    pull: Literal["up", "none"] = "up"
    debounce_s: float = 0.02
    settle_s: float = 0.001


class MatrixKeypad:
    """One keypad; on the loop's thread. A key that is down when its lines are claimed does not count."""

    def __init__(self, wiring: MatrixWiring, claims: Claims, post: Callable[[Input], None]) -> None:
        self._wiring, self._claims, self._post = wiring, claims, post
        self._name = f"keypad {wiring.id} ({', '.join(called(pin) for pin in (*wiring.rows, *wiring.columns))})"
        self._loop = asyncio.get_running_loop()
        self._block: LineGroup | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._jam = _Jam(wiring.id, post)
        self._first = True  # until the first rest
        self._matrix = Matrix(wiring.debounce_s)
        self._found: set[Crossing] = set()
        self._began = 0.0  # when an edge started the scan
        self._changed = 0.0  # when a scan last differed from the one before
        claims.take(self._name, self._take)

    def close(self) -> None:
        """Release the lines."""
        self._jam.moved()
        if self._timer:
            self._timer.cancel()
        if self._block:
            self._block.close()
        self._timer = self._block = None

    def _take(self) -> None:
        from appliance.panel.gpio.line_group import LineGroup  # noqa: PLC0415  late: libgpiod is loaded only where it is needed

        wiring = self._wiring
        self._matrix, self._first = Matrix(wiring.debounce_s), True
        self._block = LineGroup(wiring.columns, wiring.pull, self._moved, self._lost, outputs=wiring.rows, both=True)
        self._begin(self._loop.time())  # with keys that are down already

    def _lost(self, why: IntercomError) -> None:
        self.close()
        self._jam.over()
        self._claims.lost(self._name, self._take, why)

    def _moved(self, edges: list["LineEdge"]) -> None:
        self._begin(edges[0].at)

    def _begin(self, at: float) -> None:
        if self._block:
            self._block.ignore()
            self._jam.moved()
            self._began = self._changed = at
            self._scan()

    def _scan(self) -> None:
        self._found = set()
        self._drive(0)

    def _drive(self, row: int) -> None:
        if self._block:
            self._block.drive([row])
            self._after(self._wiring.settle_s, lambda: self._see(row))

    def _see(self, row: int) -> None:
        block = self._block
        if block is None:
            return
        self._found |= {(row, column) for column in block.low()}
        if not block.held:  # lost while it was read
            return
        if row + 1 < len(self._wiring.rows):
            self._drive(row + 1)
        else:
            self._scanned(self._loop.time())

    def _scanned(self, now: float) -> None:
        closed = frozenset(self._found)
        if closed != self._matrix.seen:
            self._changed = now
        for row, column in self._matrix.scanned(closed, now):
            key = self._wiring.keys[row][column]
            if key != " ":
                self._post(KeypadKey(at=self._began, keypad=self._wiring.id, key=key))
            self._began = now  # for the next keys
        if self._matrix.at_rest or now - self._changed >= UNCHANGED_S:
            self._rest()
        else:
            self._after(BETWEEN_S, self._scan)

    def _rest(self) -> None:
        if self._block:
            self._block.drive(range(len(self._wiring.rows)))
            self._after(self._wiring.settle_s, self._rested)

    def _rested(self) -> None:
        """Wait for an edge, unless a key moved meanwhile: the scan itself caused the edges so far."""
        block = self._block
        if block is None:
            return
        block.forget()
        low = block.low()
        if not block.held:
            return
        if low != {column for _, column in self._matrix.seen}:
            self._begin(self._loop.time())
            return
        block.watch()
        if low:
            self._jam.begins(self._changed, at_first=self._first)
        else:
            self._jam.over()
        self._first = False

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        if self._block:
            self._timer = self._loop.call_later(seconds, act)


class _Jam:
    """Reports a key that stays down, once, and when no key is down any more."""

    def __init__(self, keypad: KeypadId, post: Callable[[Input], None]) -> None:
        self._part, self._post = f"keypad {keypad}", post
        self._timer: asyncio.TimerHandle | None = None
        self._reported = False

    def begins(self, since: float, *, at_first: bool) -> None:
        """A key is down and nobody types; `at_first`: since the lines were first read, so nobody has pressed it."""
        if self._reported:
            return
        if at_first:
            self._report("A key was down when the keypad's lines were first read.")
        else:
            why = f"A key has been down for {JAMMED_S:.0f} s."
            self._timer = asyncio.get_running_loop().call_at(since + JAMMED_S, self._report, why)

    def moved(self) -> None:
        """A key moves, or nobody looks any more."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def over(self) -> None:
        """No key is down, or nobody knows."""
        self.moved()
        if self._reported:
            self._reported = False
            self._post(PartRecovered(at=time.monotonic(), part=self._part))

    def _report(self, why: str) -> None:
        self._reported = True
        said = f"{why} It is ignored until it is up, and other keys of its column may not work either."
        remedy = "Check whether a key is jammed or a cable is shorted."
        self._post(PartFailed(at=time.monotonic(), part=self._part, why=said, resolution=remedy))
