"""What our pins on the kernel's GPIO chips do beyond what every board does; runs in the lab."""

import gc
import os
import threading
import time

import gpiod
import pytest
from gpiod.line import Bias, Direction
from gpiozero import DigitalInputDevice, DigitalOutputDevice, PinInvalidBounce

from appliance.core.inputs import ButtonEdge, PartFailed, PartRecovered
from appliance.core.model import ButtonId, LampId, LampOutput, Pattern
from appliance.panel.contacts.buttons import Buttons, ButtonWiring
from appliance.panel.gpio.chip_pins import EVENTS_KEPT
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import ChipLine
from appliance.panel.lamps.lamps import Lamps, LampWiring
from tests.panel.boards import ChipBoard
from tests.support.waiting import pause, until_async

RING, RED = ButtonId("ring"), LampId("red")
NOBODY = 65534


@pytest.fixture
def board():
    board = ChipBoard()
    yield board
    board.close()


class Panel:
    """Buttons and lamps that share their claims, as in the daemon."""

    def __init__(self, board, buttons=(), lamps=()):
        self.posted = []
        self.claims = Claims(board.factory, self.posted.append)
        self.lamps = Lamps(lamps, self.claims, lambda _: None)
        self.buttons = Buttons(buttons, self.claims, self.posted.append)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.claims.close()
        self.buttons.close()
        self.lamps.close()

    def of(self, kind):
        return [given for given in self.posted if isinstance(given, kind)]

    @property
    def edges(self):
        return [edge.active for edge in self.of(ButtonEdge)]


def info(board, line):
    with gpiod.Chip(str(board.path)) as chip:
        return chip.get_line_info(line)


@pytest.mark.parametrize(("pull", "bias"), [("up", Bias.PULL_UP), ("down", Bias.PULL_DOWN), ("none", Bias.DISABLED)])
async def test_kernel_is_asked_for_pull_and_reports_every_edge(board, pull, bias):
    with Panel(board, [ButtonWiring(RING, board.pins[0], pull)]):
        line = info(board, 0)
        assert (line.consumer, line.direction, line.bias) == ("intercomd", Direction.INPUT, bias)
        assert not line.debounced  # the core does that, and counts what is too short
    assert not info(board, 0).used


async def test_edge_has_the_kernels_time_however_late_the_loop_is(board):
    with Panel(board, [ButtonWiring(RING, board.pins[0])]) as panel:
        before = time.monotonic()
        board.drive(0, False)
        after = time.monotonic()
        pause(3.0)  # the loop stands still
        await until_async(lambda: panel.edges == [True])
        assert before <= panel.posted[0].at < after + 1.5


async def test_line_that_will_not_rest_leaves_the_loop_time_and_reports_its_level_in_the_end(board):
    with Panel(board, [ButtonWiring(RING, board.pins[0])]) as panel:
        for _ in range(EVENTS_KEPT):  # twice as many edges as the kernel keeps, and the loop sees none of them yet
            board.drive(0, False)
            board.drive(0, True)
        board.drive(0, False)
        await until_async(lambda: panel.edges[-1:] == [True])
        board.drive(0, True)
        await until_async(lambda: panel.edges[-1:] == [False])
        assert len(panel.edges) <= EVENTS_KEPT + 2


async def test_pins_leave_debounce_to_the_core(board):
    with pytest.raises(PinInvalidBounce):
        DigitalInputDevice(board.pins[0], bounce_time=0.1, pin_factory=board.factory)


async def test_lamps_line_is_an_output_with_its_level_from_the_first_moment(board):
    board.drive(0, False)
    with Panel(board, lamps=[LampWiring(RED, (board.pins[0],), active_low=True)]):
        assert board.level(0)
        assert info(board, 0).direction == Direction.OUTPUT


async def test_an_edge_has_the_kernels_time_and_no_other(board):
    """Its line was moved within these two moments, whenever it is heard of."""
    with Panel(board, [ButtonWiring(RING, board.pins[0])]) as panel:
        await until_async(lambda: info(board, 0).used)
        for number in range(40):
            before = time.monotonic()
            board.drive(0, number % 2 == 1)
            after = time.monotonic()
            edges = await until_async(lambda number=number: panel.of(ButtonEdge)[number:])
            assert before <= edges[0].at <= after


async def test_no_thread_is_started(board):
    wiring = [ButtonWiring(ButtonId(str(n)), pin) for n, pin in enumerate(board.pins[:4])]
    with Panel(board, wiring, [LampWiring(RED, (board.pins[4],))]) as panel:
        panel.lamps.desire(((RED, LampOutput(Pattern.FAST)),))
        board.drive(0, False)
        await until_async(lambda: panel.edges == [True])
        assert threading.active_count() == 1


async def test_line_in_use_is_reported_with_its_user(board):
    held = board.hold(0)
    with Panel(board, [ButtonWiring(RING, board.pins[0])]) as panel:
        (failed,) = await until_async(lambda: panel.of(PartFailed))
        assert failed.why == f"button ring (line LINE0 of chip {board.label}): in use by 'someone else'"
        assert "gpioinfo" in failed.resolution
        held.close()
        await until_async(lambda: panel.of(PartRecovered))


async def test_line_that_a_button_has_under_another_name_is_reported(board):
    wiring = [ButtonWiring(RING, board.pins[0]), ButtonWiring(ButtonId("other"), board.other_name)]
    with Panel(board, wiring) as panel:
        (failed,) = await until_async(lambda: panel.of(PartFailed))
        assert failed.why == f"button other (line 0 of chip {board.label}): in use by 'intercomd'"


@pytest.mark.parametrize(
    ("chip", "line", "cause", "remedy"),
    [
        ("{}x", "LINE0", "no GPIO chip is labelled '{}x'; there are: ", "did you mean '{}'?"),
        ("{}", "LIN0", "chip {} has no line 'LIN0'", "did you mean 'LINE0'?"),
        ("{}", "6", "chip {} has no line '6'", "gpioinfo shows its lines"),
        ("/dev/gpiochip99", "0", "/dev/gpiochip99: No such file or directory", "udev rule"),
    ],
)
async def test_line_that_is_not_there_is_reported_with_cause_and_remedy(board, chip, line, cause, remedy):
    wrong = ChipLine(chip.format(board.label), line)
    with Panel(board, [ButtonWiring(RING, wrong)]) as panel:
        (failed,) = await until_async(lambda: panel.of(PartFailed))
        assert cause.format(board.label) in failed.why
        assert remedy.format(board.label) in failed.resolution


async def test_chip_that_may_not_be_opened_is_reported_with_cause_and_remedy(board):
    os.seteuid(NOBODY)
    try:
        with Panel(board, [ButtonWiring(RING, board.pins[0])]) as panel:
            (failed,) = await until_async(lambda: panel.of(PartFailed))
    finally:
        os.seteuid(0)
    assert f"{board.path}: Permission denied" in failed.why
    assert "udev rule" in failed.resolution


async def test_chip_that_goes_is_reported_once_and_its_lines_work_again_when_it_is_back(board):
    with Panel(board, [ButtonWiring(RING, board.pins[0])], [LampWiring(RED, (board.pins[1],))]) as panel:
        panel.lamps.desire(((RED, LampOutput(Pattern.ON)),))
        await until_async(lambda: board.level(1))
        board.take_away()
        (failed,) = await until_async(lambda: panel.of(PartFailed))
        assert f"button ring (line LINE0 of chip {board.label}): its chip was removed" in failed.why
        assert f"lamp red (line LINE1 of chip {board.label}): its chip was removed" in failed.why
        assert "reconnect it" in failed.resolution
        board.bring_back()
        await until_async(lambda: panel.of(PartRecovered))
        await until_async(lambda: board.level(1))
        board.drive(0, False)
        await until_async(lambda: panel.edges[-1:] == [True])
        board.drive(0, True)
        await until_async(lambda: panel.edges[-2:] == [True, False])


async def test_chip_that_goes_under_a_finger_releases_the_button_and_comes_back_without_a_press(board):
    with Panel(board, [ButtonWiring(RING, board.pins[0], "none")]) as panel:
        await until_async(lambda: panel.edges == [True])  # the chip's lines are low until they are driven
        board.take_away()
        await until_async(lambda: panel.edges == [True, False])
        board.bring_back()
        await until_async(lambda: panel.of(PartRecovered) and panel.edges == [True, False, True])
        board.drive(0, True)
        await until_async(lambda: panel.edges == [True, False, True, False])
        board.drive(0, False)
        await until_async(lambda: panel.edges == [True, False, True, False, True])
        presses = [edge for edge in panel.of(ButtonEdge) if edge.active]
        assert [edge.first for edge in presses] == [True, True, False]


async def test_pin_by_number_is_a_raspberry_pis(board):
    with Panel(board, [ButtonWiring(RING, 5)]) as panel:
        (failed,) = await until_async(lambda: panel.of(PartFailed))
        assert "button ring (pin 5): pin 5 is a number of a Raspberry Pi" in failed.why
        assert "chip and line" in failed.resolution
    pi = ChipBoard("pinctrl-bcm2711")
    try:
        with Panel(pi, [ButtonWiring(RING, 5)]) as panel:
            pi.drive(5, False)
            await until_async(lambda: panel.edges == [True])
    finally:
        pi.close()


async def test_device_that_no_one_has_any_more_leaves_its_line(board):
    device = DigitalInputDevice(board.pins[0], pull_up=True, pin_factory=board.factory)
    assert info(board, 0).used
    del device
    gc.collect()
    assert not info(board, 0).used


async def test_pin_in_use_by_a_device_is_refused_to_another(board):
    first = DigitalOutputDevice(board.pins[0], pin_factory=board.factory)
    with pytest.raises(Exception, match="already in use"):
        DigitalOutputDevice(board.pins[0], pin_factory=board.factory)
    first.on()
    assert board.level(0)
    first.close()
    DigitalOutputDevice(board.pins[0], pin_factory=board.factory).close()
