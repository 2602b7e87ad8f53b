"""Keypads and Wiegand readers on the kernel's GPIO chips: real lines, real edges; runs in the lab.

Nothing here has to be quick: pulses lie in the kernel with their times until the loop reads them, and simulated
keys follow the rows at once, in the same loop.

A thread of the kernel reports edges, with a higher priority than all others: on one processor, none is lost.
"""

import asyncio
import random
import time

import pytest

from appliance.core.inputs import CardRead, KeypadKey, PartFailed, PartRecovered, ReadingDiscarded
from appliance.core.model import KeypadId, ReaderId
from appliance.panel.entry.matrix_keypad import MatrixKeypad, MatrixWiring
from appliance.panel.entry.wiegand_frames import Spoiled
from appliance.panel.entry.wiegand_reader import WiegandReader, WiegandWiring
from appliance.panel.gpio import line_group
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_group import EVENTS_KEPT
from appliance.panel.gpio.line_names import ChipLine
from tests.panel.boards import ChipBoard
from tests.panel.support import closed_by, framed
from tests.support.waiting import pause, until_async

GATE = ReaderId("gate")
PAUSE_S = 0.08


@pytest.fixture
def board():
    board = ChipBoard()
    yield board
    board.close()


class Reader:
    """A reader on lines 0 and 1, and what it sends."""

    def __init__(self, board, **settings):
        self.board, self.posted = board, []
        self.reset()
        self.claims = Claims(None, self.posted.append)
        self.reader = WiegandReader(WiegandWiring(GATE, *board.pins[:2], **settings), self.claims, self.posted.append)

    def reset(self):
        """On a chip that has just come: both lines at rest."""
        for line in (0, 1):
            self.board.drive(line, True)

    async def __aenter__(self):
        await until_async(lambda: self.reader._block)
        return self

    async def __aexit__(self, *_):
        self.claims.close()
        self.reader.close()

    def pulse(self, bit):
        self.board.drive(bit, False)
        self.board.drive(bit, True)

    def send(self, bits):
        """Pulses as fast as they can be."""
        for bit in bits:
            self.pulse(bit)

    def of(self, kind):
        return [given for given in self.posted if isinstance(given, kind)]

    @property
    def numbers(self):
        return [int(card.number) for card in self.of(CardRead)]


async def until_read(reader, bits, seen, pause_s=PAUSE_S):
    """Send a frame, again where this process was kept from the processor in the middle of it."""
    for _ in range(20):
        reader.send(bits)
        await asyncio.sleep(pause_s)  # longer than the reader's own wait, so that it is over by now
        if seen():
            return
    pytest.fail(f"it was not read in 20 times: {reader.posted}")


async def test_cards_at_speed_are_all_read_with_the_right_number(board):
    sent = random.Random(1).sample(range(2**24), 40)
    async with Reader(board) as reader:
        for number in sent:
            await until_read(reader, framed(number, 26), lambda number=number: reader.numbers[-1:] == [number])
        assert list(dict.fromkeys(reader.numbers)) == sent


async def test_a_card_that_the_loop_had_no_time_for_is_read_later_with_the_time_of_its_last_pulse(board):
    async with Reader(board, timeout_s=1.0) as reader:
        ended = []

        def read():
            return reader.numbers[-1:] == [4711]

        for _ in range(20):
            reader.send(framed(4711, 26))  # all that time the loop stands still
            ended.append(time.monotonic())
            pause(1.5)  # it does not turn
            await asyncio.sleep(0.1)
            if read():
                break
        assert ended[-1] - 1.0 < reader.of(CardRead)[-1].at <= ended[-1]


async def test_a_lost_edge_discards_the_card_and_the_next_one_is_read(board):
    whole = framed(4711, 26)
    async with Reader(board) as reader:
        for lost in range(26):
            reader.send(whole[:lost] + whole[lost + 1 :])
            await asyncio.sleep(PAUSE_S)
        assert not reader.numbers
        await until_read(reader, whole, lambda: reader.numbers)
        assert set(reader.numbers) == {4711}
        await until_async(lambda: sum(told.count for told in reader.of(ReadingDiscarded)) >= 26)


async def test_edges_that_the_kernel_had_no_room_for_spoil_a_card_and_are_noticed(board):
    async with Reader(board, lengths=frozenset({26}), timeout_s=5.0) as reader:
        reader.send((0,) * (EVENTS_KEPT + 100))  # the oldest go
        await until_async(lambda: reader.of(ReadingDiscarded))
        assert [told.why for told in reader.of(ReadingDiscarded)] == [Spoiled.PULSES_LOST]
        assert not reader.numbers


async def test_keys_of_a_reader_are_those_of_its_keypad(board):
    async with Reader(board, keypad=KeypadId("pad")) as reader:
        for key, value in (("1", 1), ("2", 2), ("#", 11)):
            bits = [value >> place & 1 for place in (3, 2, 1, 0)]
            await until_read(reader, bits, lambda key=key: [told.key for told in reader.of(KeypadKey)][-1:] == [key])
        assert {key.keypad for key in reader.of(KeypadKey)} == {"pad"}


async def test_a_reader_whose_chip_goes_is_reported_and_reads_again(board):
    async with Reader(board) as reader:
        board.take_away()
        await until_async(lambda: reader.of(PartFailed))
        assert reader.of(PartFailed)[0].why.startswith("reader gate (line LINE0 of chip ")
        board.bring_back()
        await until_async(lambda: reader.of(PartRecovered))
        reader.reset()
        await until_read(reader, framed(99, 26), lambda: 99 in reader.numbers)


async def test_lines_of_several_chips_are_refused_with_the_reason(board):
    other = ChipBoard()
    try:
        posted = []
        claims = Claims(None, posted.append)
        reader = WiegandReader(WiegandWiring(GATE, board.pins[0], other.pins[1]), claims, posted.append)
        await until_async(lambda: posted)
        assert "they are lines of several chips: /dev/gpiochip" in posted[0].why
        claims.close()
        reader.close()
    finally:
        other.close()


async def test_a_line_in_use_is_reported_with_its_user(board):
    other, posted = board.hold(1), []
    claims = Claims(None, posted.append)
    reader = WiegandReader(WiegandWiring(GATE, *board.pins[:2]), claims, posted.append)
    await until_async(lambda: posted)
    assert "in use by 'someone else'" in posted[0].why
    other.close()
    await until_async(lambda: any(isinstance(given, PartRecovered) for given in posted))
    claims.close()
    reader.close()


ROWS, COLUMNS, KEYS = (0, 1, 2), (3, 4, 5), ("123", "456", "789")
PLACES = {key: (row, column) for row, keys in enumerate(KEYS) for column, key in enumerate(keys)}


class Keypad:
    """A keypad on lines 0 to 5, whose keys link rows and columns as soon as a row was driven."""

    def __init__(self, board, monkeypatch):
        self.board, self.posted, self.down, self.driven = board, [], set(), set()
        drive = line_group.LineGroup.drive

        def driven(one, low):
            low = list(low)
            drive(one, low)
            # What the kernel says is low: a row that was let go of follows the pull that it is given here.
            for row in ROWS:
                board.drive(row, True)
            self.driven = {row for row in ROWS if not board.level(row)}
            assert self.driven == set(low)
            self.link()

        monkeypatch.setattr(line_group.LineGroup, "drive", driven)
        self.claims = Claims(None, self.posted.append)
        self.debounce_s = 0.02
        wiring = MatrixWiring(
            KeypadId("gate"),
            tuple(ChipLine(board.label, f"LINE{row}") for row in ROWS),
            tuple(ChipLine(board.label, f"LINE{column}") for column in COLUMNS),
            KEYS,
        )
        self.keypad = MatrixKeypad(wiring, self.claims, self.posted.append)

    def link(self):
        low = {column for row, column in closed_by(self.down) if row in self.driven}
        for column, line in enumerate(COLUMNS):
            self.board.drive(line, column not in low)

    def press(self, *keys):
        self.down |= {PLACES[key] for key in keys}
        self.link()

    def release(self, *keys):
        self.down -= {PLACES[key] for key in keys}
        self.link()

    @property
    def keys(self):
        return "".join(given.key for given in self.posted if isinstance(given, KeypadKey))

    @property
    def rests(self):
        made = self.keypad._block
        return made is not None and made._watched and not self.down and self.driven == set(ROWS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.claims.close()
        self.keypad.close()


async def test_every_key_of_a_matrix_is_reported_once(board, monkeypatch):
    with Keypad(board, monkeypatch) as keypad:
        await until_async(lambda: keypad.rests)
        for number, key in enumerate("123456789"):
            keypad.press(key)
            await until_async(lambda number=number: len(keypad.keys) > number)
            keypad.release(key)
            await until_async(lambda: keypad.rests)
        assert keypad.keys == "123456789"


async def test_a_key_brings_the_moment_of_its_edge(board, monkeypatch):
    with Keypad(board, monkeypatch) as keypad:
        await until_async(lambda: keypad.rests)
        before = time.monotonic()
        keypad.press("5")
        (key,) = await until_async(lambda: keypad.posted)
        assert before <= key.at < time.monotonic() - keypad.debounce_s


async def test_three_keys_that_look_like_four_are_refused_on_real_lines(board, monkeypatch):
    with Keypad(board, monkeypatch) as keypad:
        await until_async(lambda: keypad.rests)
        keypad.press("1", "2", "4")
        await asyncio.sleep(0.5)
        keypad.release("1", "2", "4")
        await until_async(lambda: keypad.rests)
        keypad.press("9")
        await until_async(lambda: keypad.keys)
        assert keypad.keys == "9"


async def test_a_keypad_whose_chip_goes_is_reported_and_works_when_it_is_back(board, monkeypatch):
    with Keypad(board, monkeypatch) as keypad:
        await until_async(lambda: keypad.rests)
        board.take_away()
        await until_async(lambda: any(isinstance(given, PartFailed) for given in keypad.posted))
        board.bring_back()
        await until_async(lambda: any(isinstance(given, PartRecovered) for given in keypad.posted))
        await until_async(lambda: keypad.rests)
        keypad.press("3")
        await until_async(lambda: keypad.keys == "3")
