"""Buttons on every board: an edge becomes an input at once, with the moment it happened."""

import asyncio
import threading
import time

import pytest

from appliance.core.inputs import ButtonEdge, PartFailed, PartRecovered
from appliance.core.model import ButtonId
from appliance.panel.buttons import Buttons, ButtonWiring
from appliance.panel.claims import Claims
from tests.panel.support import until

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
    board.drive(17, idle)
    with Panel(board, ButtonWiring(RING, 17, pull)) as panel:
        board.drive(17, not idle)
        await until(lambda: panel.edges == [(RING, True)])
        board.drive(17, idle)
        await until(lambda: panel.edges == [(RING, True), (RING, False)])


async def test_bounces_are_all_posted_since_the_core_debounces(board):
    with Panel(board, ButtonWiring(RING, 17)) as panel:
        for high in (False, True, False, True, False):
            board.drive(17, high)
        await until(lambda: panel.edges == [(RING, True), (RING, False)] * 2 + [(RING, True)])


async def test_edge_brings_the_moment_it_happened(board):
    with Panel(board, ButtonWiring(RING, 17)) as panel:
        before = time.monotonic()
        board.drive(17, False)
        (edge,) = await until(lambda: panel.posted)
        assert before - 1 < edge.at <= time.monotonic()


async def test_edges_are_posted_from_the_thread_they_come_in(board):
    with Panel(board, ButtonWiring(RING, 17)) as panel:
        threads = []
        panel.buttons._post = lambda _: threads.append(threading.current_thread())
        await asyncio.to_thread(board.drive, 17, False)
        await until(lambda: threads)


async def test_button_that_is_down_at_the_start_is_posted(board):
    board.factory.pin(17)
    held = board.hold(27)
    board.drive(17, False)
    with Panel(board, ButtonWiring(RING, 17, "none"), ButtonWiring(ButtonId("idle"), 22)) as panel:
        assert panel.edges == [(RING, True)]
    held.close()


async def test_button_named_by_its_place_on_the_board_works(board):
    with Panel(board, ButtonWiring(RING, "BOARD11")) as panel:
        board.drive(17, False)
        await until(lambda: panel.edges == [(RING, True)])


async def test_line_in_use_is_told_once_with_its_user_and_taken_when_it_is_free(board):
    held = board.hold(17)
    with Panel(board, ButtonWiring(RING, 17), ButtonWiring(ButtonId("other"), 22)) as panel:
        failed = await until(lambda: [i for i in panel.posted if isinstance(i, PartFailed)])
        assert failed[0].part == "panel"
        assert "button ring (pin 17)" in failed[0].why
        assert "in use" in failed[0].why
        assert "gpioinfo" in failed[0].resolution
        board.drive(22, False)
        await until(lambda: panel.edges == [(ButtonId("other"), True)])
        held.close()
        await until(lambda: any(isinstance(i, PartRecovered) for i in panel.posted), "the recovery")
        board.drive(17, False)
        await until(lambda: (RING, True) in panel.edges)
        assert sum(isinstance(i, PartFailed) for i in panel.posted) == 1


async def test_lines_that_fail_together_are_told_together(board):
    wiring = (ButtonWiring(RING, 99), ButtonWiring(ButtonId("other"), "GPIO2", "down"))
    with Panel(board, *wiring) as panel:
        (failed,) = await until(lambda: panel.posted)
        assert "button ring (pin 99)" in failed.why
        assert "button other (pin GPIO2)" in failed.why


async def test_closed_buttons_leave_their_lines_to_others(board):
    with Panel(board, ButtonWiring(RING, 17)):
        pass
    board.hold(17).close()
