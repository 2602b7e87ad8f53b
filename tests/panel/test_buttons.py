"""Buttons on every board: an edge becomes an input at once, with the moment it happened."""

import asyncio
import time

import pytest

from appliance.core.inputs import ButtonEdge, PartFailed, PartRecovered
from appliance.core.model import ButtonId
from appliance.panel.contacts.buttons import Buttons, ButtonWiring
from appliance.panel.gpio.input_line import SETTLED_S
from appliance.panel.gpio.line_claims import Claims
from tests.panel.boards import text
from tests.support.waiting import until_async

RING = ButtonId("ring")


class Panel:
    def __init__(self, board, *wiring):
        self.posted = []
        self.claims = Claims(board.factory, self.posted.append)
        self.buttons = Buttons(wiring, self.claims, self.posted.append)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.claims.close()
        self.buttons.close()

    @property
    def edges(self):
        return [(edge.button, edge.active) for edge in self.posted if isinstance(edge, ButtonEdge)]


@pytest.mark.parametrize(("pull", "idle"), [("up", True), ("down", False), ("none", True)])
async def test_press_and_release_are_posted_whatever_the_pull(board, pull, idle):
    board.drive(0, idle)
    with Panel(board, ButtonWiring(RING, board.pins[0], pull)) as panel:
        board.drive(0, not idle)
        await until_async(lambda: panel.edges == [(RING, True)])
        board.drive(0, idle)
        await until_async(lambda: panel.edges == [(RING, True), (RING, False)])


async def test_bounces_are_all_posted_since_the_core_debounces(board):
    with Panel(board, ButtonWiring(RING, board.pins[0])) as panel:
        for number, high in enumerate((False, True, False, True, False), start=1):
            board.drive(0, high)
            await until_async(lambda number=number: len(panel.edges) == number)
        assert panel.edges == [(RING, True), (RING, False)] * 2 + [(RING, True)]


async def test_edge_brings_the_moment_it_happened(board):
    with Panel(board, ButtonWiring(RING, board.pins[0])) as panel:
        before = time.monotonic()
        board.drive(0, False)
        (edge,) = await until_async(lambda: panel.posted)
        assert before - 1 < edge.at <= time.monotonic()


async def test_edge_that_comes_in_another_thread_is_posted_too(board):
    with Panel(board, ButtonWiring(RING, board.pins[0])) as panel:
        await asyncio.to_thread(board.drive, 0, False)
        await until_async(lambda: panel.edges == [(RING, True)])


async def test_button_that_is_down_at_the_start_is_posted_as_a_first_level_and_no_press(board):
    board.drive(0, False)
    with Panel(
        board, ButtonWiring(RING, board.pins[0], "none"), ButtonWiring(ButtonId("idle"), board.pins[2])
    ) as panel:
        await until_async(lambda: panel.edges == [(RING, True)])
        board.drive(0, True)
        await until_async(lambda: panel.edges == [(RING, True), (RING, False)])
        board.drive(0, False)
        await until_async(lambda: panel.edges[2:] == [(RING, True)])
        assert [edge.first for edge in panel.posted if isinstance(edge, ButtonEdge)] == [True, False, False]


async def test_button_that_came_up_while_the_line_settled_is_not_posted_as_down(board):
    board.drive(0, False)
    with Panel(board, ButtonWiring(RING, board.pins[0], "none")) as panel:
        board.drive(0, True)
        await asyncio.sleep(2 * SETTLED_S)
        assert (RING, True) not in panel.edges


async def test_button_named_otherwise_works(board):
    with Panel(board, ButtonWiring(RING, board.other_name)) as panel:
        board.drive(0, False)
        await until_async(lambda: panel.edges == [(RING, True)])


async def test_line_in_use_is_reported_once_with_its_user_and_taken_when_it_is_free(board):
    held = board.hold(0)
    with Panel(board, ButtonWiring(RING, board.pins[0]), ButtonWiring(ButtonId("other"), board.pins[2])) as panel:
        failed = await until_async(lambda: [i for i in panel.posted if isinstance(i, PartFailed)])
        assert failed[0].part == "panel"
        assert f"button ring ({text(board.pins[0])})" in failed[0].why
        assert "in use" in failed[0].why
        assert "gpioinfo" in failed[0].resolution
        board.drive(2, False)
        await until_async(lambda: panel.edges == [(ButtonId("other"), True)])
        held.close()
        await until_async(lambda: any(isinstance(i, PartRecovered) for i in panel.posted), "the recovery")
        board.drive(0, False)
        await until_async(lambda: (RING, True) in panel.edges)
        assert sum(isinstance(i, PartFailed) for i in panel.posted) == 1


async def test_lines_that_fail_together_are_reported_together(board):
    wiring = (ButtonWiring(RING, board.missing), ButtonWiring(ButtonId("other"), board.pins[1]))
    held = board.hold(1)
    with Panel(board, *wiring) as panel:
        (failed,) = await until_async(lambda: panel.posted)
        assert f"button ring ({text(board.missing)})" in failed.why
        assert f"button other ({text(board.pins[1])})" in failed.why
    held.close()


async def test_closed_buttons_leave_their_lines_to_others(board):
    with Panel(board, ButtonWiring(RING, board.pins[0])):
        pass
    board.hold(0).close()
