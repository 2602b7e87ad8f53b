"""Matrix keypads: which keys a scan means, and the scanning itself on a keypad that is a model of its wires."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.base.errors import IntercomError
from appliance.core.inputs import KeypadKey, PartFailed, PartRecovered
from appliance.core.model import KeypadId
from appliance.panel.entry.matrix_keypad import JAMMED_S, UNCHANGED_S, MatrixKeypad, MatrixWiring
from appliance.panel.entry.matrix_scan import Matrix, ambiguous
from appliance.panel.gpio.line_claims import Claims
from tests.panel.support import closed_by, run_virtually

ROWS, COLUMNS = ("GPIO5", "GPIO6", "GPIO13", "GPIO19"), ("GPIO12", "GPIO16", "GPIO20")
KEYS = ("123", "456", "789", "*0#")
WIRING = MatrixWiring(KeypadId("gate"), ROWS, COLUMNS, KEYS)
PLACES = {key: (row, column) for row, keys in enumerate(KEYS) for column, key in enumerate(keys)}
crossings = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 2))).map(frozenset)


@pytest.mark.parametrize(
    ("keys", "is_ambiguous"),
    [
        ("", False),
        ("5", False),
        ("12", False),
        ("123", False),
        ("147*", False),
        ("159", False),
        ("124", True),
        ("1245", True),
        ("*#1", True),
        ("1524", True),
    ],
)
def test_three_corners_of_a_rectangle_are_ambiguous(keys, is_ambiguous):
    assert ambiguous(closed_by({PLACES[key] for key in keys})) is is_ambiguous


@given(crossings)
def test_what_is_not_ambiguous_is_what_is_pressed(keys):
    closed = closed_by(keys)
    assert ambiguous(closed) or closed == keys


@given(crossings)
def test_every_ghost_is_ambiguous(keys):
    closed = closed_by(keys)
    assert closed == keys or ambiguous(closed)


def at_rest(debounce_s: float) -> Matrix:
    """A matrix whose first scan has found no key down."""
    matrix = Matrix(debounce_s)
    assert matrix.scanned(frozenset(), 0.0) == ()
    return matrix


def test_keys_that_are_down_in_the_first_scan_count_once_they_were_up():
    matrix, jammed = Matrix(0.02), frozenset({(1, 1)})
    assert [matrix.scanned(jammed, at) for at in (1.0, 1.1, 9.0)] == [()] * 3
    assert matrix.scanned(jammed | {(0, 0)}, 10.0) == ()
    assert matrix.scanned(jammed | {(0, 0)}, 10.1) == ((0, 0),), "another key counts all the same"
    assert matrix.scanned(frozenset(), 11.0) == matrix.scanned(frozenset(), 11.1) == ()
    assert matrix.scanned(jammed, 12.0) == ()
    assert matrix.scanned(jammed, 12.1) == ((1, 1),)


def test_a_key_counts_once_it_has_been_down_for_the_debounce():
    matrix = at_rest(0.02)
    five = frozenset({(1, 1)})
    assert [matrix.scanned(five, at) for at in (1.0, 1.01, 1.019)] == [()] * 3
    assert matrix.scanned(five, 1.02) == ((1, 1),)
    assert matrix.scanned(five, 5.0) == ()
    assert not matrix.at_rest


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0001, 0.019)), max_size=40))
def test_a_bounce_is_no_key(bounces):
    matrix, at, five = at_rest(0.02), 1.0, frozenset({(1, 1)})
    level = False
    for closed, after in bounces:
        at += after
        held = closed == level
        level = closed
        if held:  # that would be a key that stays
            continue
        assert matrix.scanned(five if closed else frozenset(), at) == ()


def test_a_second_key_counts_while_the_first_is_down():
    matrix = at_rest(0.0)
    assert matrix.scanned(frozenset({(0, 0)}), 1.0) == ((0, 0),)
    assert matrix.scanned(frozenset({(0, 0), (1, 1)}), 2.0) == ((1, 1),)
    assert matrix.scanned(frozenset({(1, 1)}), 3.0) == ()
    assert matrix.scanned(frozenset(), 4.0) == ()
    assert matrix.at_rest


def test_of_three_keys_that_may_be_four_none_counts_until_two_are_left():
    matrix = at_rest(0.0)
    assert matrix.scanned(closed_by({PLACES[key] for key in "124"}), 1.0) == ()
    assert matrix.scanned(closed_by({PLACES[key] for key in "12"}), 2.0) == ((0, 0), (0, 1))


class Wires:
    """The lines of a keypad, in the block's place: what is low follows what is driven and which keys are down."""

    def __init__(self):
        self.keys, self.driven, self.low_now = set(), set(), frozenset()
        self.block, self.scans, self.drives = None, 0, 0
        self.lost = False

    def settle(self):
        low = {column for row in self.driven for column in self._columns(row)}
        moved = low ^ self.low_now
        self.low_now = frozenset(low)
        if self.block and moved:
            self.block.came = True
            if self.block.watched:
                asyncio.get_running_loop().call_soon(self.block.tell)

    def _columns(self, driven):
        return {column for row, column in closed_by(self.keys) if row == driven}

    def press(self, *keys):
        self.keys |= {PLACES[key] for key in keys}
        self.settle()

    def release(self, *keys):
        self.keys -= {PLACES[key] for key in keys}
        self.settle()

    def make(self, inputs, pull, edges, lost, *, outputs, both):
        assert (inputs, pull, outputs, both) == (COLUMNS, "up", ROWS, True)
        if self.lost:
            raise IntercomError("unavailable", "no", "its chip was removed", "reconnect it")
        self.block = _Block(self, edges, lost)
        return self.block


class _Block:
    def __init__(self, wires, edges, lost):
        self.wires, self.edges, self.lost = wires, edges, lost
        self.watched, self.came, self.held = True, False, True

    def tell(self):
        if self.watched and self.came:
            self.came = False
            self.edges([SimpleNamespace(line=0, at=asyncio.get_running_loop().time(), after_loss=False)])

    def watch(self):
        self.watched = True
        self.tell()

    def ignore(self):
        self.watched = False

    def forget(self):
        self.came = False

    def drive(self, low):
        self.wires.driven = set(low)
        self.wires.drives += 1
        self.wires.settle()

    def low(self):
        if self.wires.lost:
            self.held = False
            self.lost(IntercomError("unavailable", "no", "its chip was removed", "reconnect it"))
            return frozenset()
        return self.wires.low_now

    def close(self):
        self.held = self.watched = False


@pytest.fixture
def wires(monkeypatch):
    wires = Wires()
    monkeypatch.setitem(sys.modules, "appliance.panel.gpio.line_group", SimpleNamespace(LineGroup=wires.make))
    return wires


def keypad(play):
    """Play with a keypad in time that is reckoned only; what was posted."""
    posted = []

    async def inside():
        claims = Claims(None, posted.append)
        made = MatrixKeypad(WIRING, claims, posted.append)
        try:
            await asyncio.sleep(0.1)
            await play()
        finally:
            claims.close()
            made.close()

    run_virtually(inside())
    return posted


def keys(posted):
    return "".join(given.key for given in posted if isinstance(given, KeypadKey))


def test_each_key_is_reported_once(wires):
    async def play():
        for key in "1234567890*#":
            wires.press(key)
            await asyncio.sleep(0.15)
            wires.release(key)
            await asyncio.sleep(0.15)

    assert keys(keypad(play)) == "1234567890*#"


def test_the_moment_is_that_of_the_edge(wires):
    moments = []

    async def play():
        await asyncio.sleep(1.234)
        moments.append(asyncio.get_running_loop().time())
        wires.press("5")
        await asyncio.sleep(0.5)

    (given,) = keypad(play)
    assert given.at == pytest.approx(moments[0], abs=1e-6)


def test_nothing_is_done_while_no_key_moves(wires):
    async def play():
        before = wires.drives
        await asyncio.sleep(3600)
        assert wires.drives == before
        wires.press("5")
        await asyncio.sleep(UNCHANGED_S + 1)
        before = wires.drives
        await asyncio.sleep(3600)  # it leans against something
        assert wires.drives == before
        wires.release("5")
        await asyncio.sleep(1)
        wires.press("5")
        await asyncio.sleep(1)

    assert keys(keypad(play)) == "55"


def test_a_key_that_is_down_at_the_start_counts_once_it_was_up(wires):
    wires.press("7")

    async def play():
        await asyncio.sleep(60)
        wires.press("2")
        await asyncio.sleep(1)
        wires.release("7", "2")
        await asyncio.sleep(1)
        wires.press("7")
        await asyncio.sleep(1)

    assert keys(keypad(play)) == "27"


def jams(posted):
    """Why the keypad was reported as failed, and how often as well again."""
    failed = [given for given in posted if isinstance(given, PartFailed) and given.part == "keypad gate"]
    recovered = [given for given in posted if isinstance(given, PartRecovered) and given.part == "keypad gate"]
    return [given.why for given in failed], len(recovered)


OF_ITS_COLUMN = " It is ignored until it is up, and other keys of its column may not work either."


def test_a_key_that_is_down_at_the_start_is_reported_at_once_and_once_it_is_up(wires):
    wires.press("7")

    async def play():
        await asyncio.sleep(UNCHANGED_S + 0.5)
        wires.press("5")  # of another row and column
        await asyncio.sleep(60)
        wires.release("5", "7")
        await asyncio.sleep(1)

    posted = keypad(play)
    why = "A key was down when the keypad's lines were first read." + OF_ITS_COLUMN
    assert jams(posted) == ([why], 1)
    assert keys(posted) == "5"
    assert [type(given) for given in posted] == [PartFailed, KeypadKey, PartRecovered]


@pytest.mark.parametrize("jammed", "1580*#")
def test_a_key_that_jams_while_it_is_pressed_is_one_key_and_reported(wires, jammed):
    others = [key for key in "1234567890*#" if PLACES[key][1] != PLACES[jammed][1]]

    async def play():
        wires.press(jammed)
        await asyncio.sleep(JAMMED_S + 1)
        for key in others:
            wires.press(key)
            await asyncio.sleep(0.15)
            wires.release(key)
            await asyncio.sleep(0.15)
        await asyncio.sleep(JAMMED_S + 1)
        wires.release(jammed)
        await asyncio.sleep(1)

    posted = keypad(play)
    assert keys(posted) == jammed + "".join(others)
    assert jams(posted) == ([f"A key has been down for {JAMMED_S:.0f} s." + OF_ITS_COLUMN], 1)


def test_a_key_that_somebody_holds_for_a_while_is_not_jammed(wires):
    async def play():
        for _ in range(5):
            wires.press("5")
            await asyncio.sleep(JAMMED_S / 2)
            wires.release("5")
            await asyncio.sleep(1)

    assert jams(keypad(play)) == ([], 0)


@pytest.mark.parametrize("returns", [False, True])
def test_of_a_jammed_keypad_whose_chip_goes_only_the_chip_is_a_fault(wires, returns):
    wires.press("7")

    async def play():
        await asyncio.sleep(UNCHANGED_S + 1)
        wires.lost = True
        wires.press("1")
        await asyncio.sleep(5)
        wires.release("1", "7")
        wires.lost = not returns
        await asyncio.sleep(60)

    posted = keypad(play)
    assert len(jams(posted)[0]) == jams(posted)[1] == 1
    assert keys(posted) == ""


def test_keys_that_overlap_are_reported_in_their_order(wires):
    async def play():
        wires.press("1")
        await asyncio.sleep(0.1)
        wires.press("4")  # the same column
        await asyncio.sleep(0.1)
        wires.release("1")
        wires.press("9")
        await asyncio.sleep(0.1)

    assert keys(keypad(play)) == "149"


def test_three_keys_that_look_like_four_are_refused(wires):
    async def play():
        wires.press("1", "2", "4")
        await asyncio.sleep(1)
        wires.release("1", "2", "4")
        await asyncio.sleep(1)
        wires.press("8")
        await asyncio.sleep(1)

    assert keys(keypad(play)) == "8"


def test_a_key_that_is_down_when_the_lines_come_back_was_not_pressed(wires):
    async def play():
        wires.lost = True
        wires.press("3")
        await asyncio.sleep(5)
        wires.lost = False
        await asyncio.sleep(60)
        wires.press("4")
        await asyncio.sleep(1)
        wires.release("3", "4")
        await asyncio.sleep(1)
        wires.press("3")
        await asyncio.sleep(1)

    assert keys(keypad(play)) == "43"


def test_a_chip_that_goes_is_reported_and_the_keypad_works_when_it_is_back(wires):
    async def play():
        wires.lost = True
        wires.press("3")
        await asyncio.sleep(5)
        wires.release("3")
        wires.lost = False
        await asyncio.sleep(60)
        wires.press("6")
        await asyncio.sleep(1)

    posted = keypad(play)
    assert keys(posted) == "6"
    (failed,) = [given for given in posted if isinstance(given, PartFailed)]
    assert failed.why.startswith("keypad gate (pin GPIO5, ")
    assert failed.why.endswith("its chip was removed")
