"""Lamps on every board: the patterns and colours, in virtual time, as seen on the lines."""

import asyncio

import pytest

from appliance.core.inputs import PartFailed, PartRecovered
from appliance.core.model import LampId, LampOutput, Pattern
from appliance.panel.lamps.lamps import LampWiring
from tests.panel.boards import text
from tests.panel.support import lamps_of, run_virtually
from tests.support.waiting import until_async

RED, GREEN = LampId("red"), LampId("green")
STEP = 0.005


def panel(board, *wiring, found=None):
    return lamps_of(*wiring, factory=board.factory, found=[] if found is None else found)


async def seen(board, line, seconds):
    """Sample a line for some seconds: [(level, for how long in ms)]."""
    runs = []
    for _ in range(round(seconds / STEP)):
        await asyncio.sleep(STEP)
        level = board.level(line)
        if not runs or runs[-1][0] != level:
            runs.append([level, 0])
        runs[-1][1] += round(STEP * 1000)
    return [tuple(run) for run in runs]


@pytest.mark.parametrize(
    ("pattern", "on", "off"), [(Pattern.SLOW, 500, 500), (Pattern.FAST, 125, 125), (Pattern.PULSE, 100, 1900)]
)
def test_blinking_lamp_keeps_its_times_and_begins_with_light(board, pattern, on, off):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(pattern)),))
            assert board.level(0)
            runs = await seen(board, 0, 8.0)
            assert all(abs(length - (on if lit else off)) <= 10 for lit, length in runs[:-1])
            assert runs[0][0] is True
            assert abs(len(runs) - 8000 / (on + off) * 2) <= 2

    run_virtually(scenario())


def test_double_flash_keeps_its_times_and_begins_with_light(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.DOUBLE)),))
            runs = await seen(board, 0, 8.0)
            wanted = [(True, 100), (False, 100), (True, 100), (False, 1700)] * 4
            assert [lit for lit, _ in runs[:12]] == [lit for lit, _ in wanted[:12]]
            assert all(abs(runs[n][1] - wanted[n][1]) <= 10 for n in range(12))

    run_virtually(scenario())


@pytest.mark.parametrize(("pattern", "lit"), [(Pattern.ON, True), (Pattern.OFF, False)])
@pytest.mark.parametrize("active_low", [False, True])
def test_steady_lamp_stays_as_it_is(board, pattern, lit, active_low):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],), active_low)) as (lamps, _):
            lamps.desire(((RED, LampOutput(pattern)),))
            assert await seen(board, 0, 3.0) == [(lit != active_low, 3000)]

    run_virtually(scenario())


def test_lamp_that_is_not_named_is_off(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],)), LampWiring(GREEN, (board.pins[1],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.ON)), (GREEN, LampOutput(Pattern.ON))))
            assert board.level(0)
            lamps.desire(((GREEN, LampOutput(Pattern.ON)),))
            assert (board.level(0), board.level(1)) == (False, True)

    run_virtually(scenario())


def test_lamp_that_shines_answers_a_blink_by_going_out_at_once(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.ON)),))
            await seen(board, 0, 0.3)
            lamps.desire(((RED, LampOutput(Pattern.SLOW)),))
            runs = await seen(board, 0, 1.2)
            assert [lit for lit, _ in runs] == [False, True, False]
            assert all(abs(length - 500) <= 10 for _, length in runs[:2])
            lamps.desire(((RED, LampOutput(Pattern.ON)),))
            lamps.desire(((RED, LampOutput(Pattern.SLOW)),))
            assert not board.level(0)

    run_virtually(scenario())


def test_pattern_that_goes_on_keeps_its_rhythm(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],)), LampWiring(GREEN, (board.pins[1],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.SLOW)),))
            first = await seen(board, 0, 0.3)
            lamps.desire(((RED, LampOutput(Pattern.SLOW)), (GREEN, LampOutput(Pattern.FAST))))
            then = await seen(board, 0, 0.6)
            assert first == [(True, 300)]
            assert abs(then[0][1] - 200) <= 10

    run_virtually(scenario())


def test_steady_lamps_cost_nothing(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.FAST)),))
            lamps.desire(((RED, LampOutput(Pattern.ON)),))
            await asyncio.sleep(0)
            assert not [h for h in asyncio.get_running_loop()._scheduled if not h.cancelled()]

    run_virtually(scenario())


def test_loop_that_stood_still_makes_no_flurry_of_blinks(board):
    async def scenario():
        loop = asyncio.get_running_loop()
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.FAST)),))
            await asyncio.sleep(0.01)
            loop.skipping.now += 60.0
            assert len(await seen(board, 0, 1.0)) <= 11

    run_virtually(scenario())


async def test_lamp_whose_line_is_in_use_is_reported_and_shines_when_it_is_free(board):
    held = board.hold(0)
    with panel(board, LampWiring(RED, (board.pins[0],)), LampWiring(GREEN, (board.pins[1],))) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)), (GREEN, LampOutput(Pattern.ON))))
        (failed,) = await until_async(lambda: posted)
        assert isinstance(failed, PartFailed)
        assert f"lamp red ({text(board.pins[0])})" in failed.why
        assert board.level(1)
        held.close()
        await until_async(lambda: board.level(0), "the lamp")
        await until_async(lambda: [type(i) for i in posted] == [PartFailed, PartRecovered], "the recovery")


async def test_lamp_whose_line_fails_later_is_reported_and_claimed_again(board, monkeypatch):
    with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, posted):
        await asyncio.sleep(0)
        with monkeypatch.context() as patch:

            def fail(_pin, _value):
                raise OSError(5, "Input/output error")

            patch.setattr(type(board.factory.pin(board.pins[0])), "_set_state", fail)
            lamps.desire(((RED, LampOutput(Pattern.SLOW)),))
            (failed,) = await until_async(lambda: posted)
            assert "Input/output error" in failed.why
        await until_async(lambda: any(isinstance(i, PartRecovered) for i in posted), "the recovery")
        await until_async(lambda: board.level(0), "the lamp")


def test_closed_lamps_are_dark_and_leave_their_lines_to_others(board):
    async def scenario():
        with panel(board, LampWiring(RED, (board.pins[0],))) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.SLOW)),))
        assert not board.level(0)
        board.hold(0).close()

    run_virtually(scenario())


@pytest.mark.parametrize("common_anode", [False, True])
@pytest.mark.parametrize(
    ("color", "seen_as"),
    [
        (None, (True, True, True)),
        ("#ff0000", (True, False, False)),
        ("#00ff00", (False, True, False)),
        ("#0000ff", (False, False, True)),
        ("#ffff00", (True, True, False)),
        ("#ff7f80", (True, False, True)),  # from half of it on
    ],
)
def test_lamp_of_three_lines_has_the_nearest_colour(board, color, seen_as, common_anode):
    async def scenario():
        with panel(board, LampWiring(RED, board.pins[:3], common_anode)) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.ON, color, 20)),))
            assert tuple(board.level(line) != common_anode for line in range(3)) == seen_as
            lamps.desire(())
            assert [board.level(line) for line in range(3)] == [common_anode] * 3

    run_virtually(scenario())


def test_colour_that_changes_leaves_the_rhythm(board):
    async def scenario():
        with panel(board, LampWiring(RED, board.pins[:3])) as (lamps, _):
            lamps.desire(((RED, LampOutput(Pattern.SLOW, "#ff0000")),))
            assert await seen(board, 0, 0.3) == [(True, 300)]
            lamps.desire(((RED, LampOutput(Pattern.SLOW, "#00ff00")),))
            assert not board.level(0)
            runs = await seen(board, 1, 0.6)
            assert [lit for lit, _ in runs] == [True, False]
            assert abs(runs[0][1] - 200) <= 10

    run_virtually(scenario())


def test_the_abilities_of_lines_are_reported(board):
    async def scenario():
        found = []
        with panel(board, LampWiring(RED, (board.pins[0],)), LampWiring(GREEN, board.pins[1:4]), found=found):
            assert [(each.lamp, each.dims, each.colors) for each in found] == [
                (RED, False, False),
                (GREEN, False, True),
            ]

    run_virtually(scenario())


async def test_lamp_of_three_lines_takes_none_while_one_is_in_use(board):
    held = board.hold(1)
    with panel(board, LampWiring(RED, board.pins[:3])) as (lamps, posted):
        lamps.desire(((RED, LampOutput(Pattern.ON)),))
        (failed,) = await until_async(lambda: posted)
        assert ", ".join(map(text, board.pins[:3])) in failed.why
        assert not board.level(0)
        held.close()
        await until_async(lambda: all(board.level(line) for line in range(3)), "the lamp")
        await until_async(lambda: [type(i) for i in posted] == [PartFailed, PartRecovered], "the recovery")
