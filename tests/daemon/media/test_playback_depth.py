"""How much sound waits to be played, on an ideal card that writes down each transfer: two frames, more after a gap."""

from itertools import groupby, pairwise
from math import inf
from statistics import median

import pytest

from benchmarks.latency import card
from tests.support.daemon import Daemon
from tests.support.processes import hold_up
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]

DEEPER_MS = 50  # it begins with two frames of 20
TRANSFERS = 50  # a second of them
STALL_S = 0.4
TONE_S = 300  # the longest
FRAME_MS = 20
STEP_MS = 15  # it changes by a frame, but for lateness
CALM = 12 * TRANSFERS  # a depth is reduced after ten seconds without need, which begin at a moment that it chooses
LATE = 120 * TRANSFERS  # a machine that was late in these may be so for ever
CALMS_DOWN_S = 300.0  # and the tone ends
HELD_S = 40  # and held for ten minutes, where it was needed again


@pytest.fixture
def door(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.mkdir()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(card.make(cards, ["mouth", "ear"])))
    with Daemon(tmp_path / "door", audio={"capture": "mouth", "playback": "ear"}) as made:
        made.post("/v1/audio/tone", {"tone": "ringback", "seconds": TONE_S})
        yield made


@pytest.fixture
def depths(tmp_path):
    """What the card held after each transfer so far, in ms, and when that was, in s."""
    return lambda: card.read(tmp_path / "cards/ear.played").depths_ms


@pytest.fixture
def depth(depths):
    """What the card held after its last transfers, in ms; None while there are too few."""

    def look():
        last = depths()[-TRANSFERS:]
        return held(last) if len(last) == TRANSFERS else None

    return look


@pytest.fixture
def held_up(door):
    """Stop the sound for a moment."""
    return lambda: hold_up(STALL_S, door.sip())


@pytest.mark.long(200)
def test_the_playback_buffer_grows_when_it_runs_dry_and_a_depth_that_is_needed_again_stays(
    door, depth, depths, held_up
):
    until(depth, "a second of sound")

    def reported():
        """Hold the sound up; a gap of the card's first second is none that is reported."""
        held_up()
        return door.of("audio.xruns")

    assert until(reported, "a report of gaps", every=2.0)[0]["data"]["playback"]
    until(lambda: (now := depth()) and now > DEEPER_MS, "more in the buffer")
    begun = len(depths())

    def settled():
        """As little as at first; or the machine itself was late, so that the depth was needed again."""
        transfers = depths()
        if grew_again([held(each) for each in batched(transfers, TRANSFERS)]):
            return "needed again"
        if len(transfers) > begun + LATE and is_late(transfers[begun:]):
            return "needed"
        return "shallow" if held(transfers[-TRANSFERS:]) < DEEPER_MS else ""

    if until(settled, "as little as at first in the buffer", CALMS_DOWN_S, every=2.0) == "shallow":
        held_up()
    begin = len(depths())
    until(lambda: len(depths()) > begin + HELD_S * TRANSFERS, f"{HELD_S} s of sound", every=0.5)
    assert held(depths()[-10 * TRANSFERS :]) > DEEPER_MS


def held(transfers):
    """What the card mostly held after these, in ms."""
    return median(each for _, each in transfers)


def grew_again(depths):
    """Whether the buffer became deeper after it had been made less deep."""
    most, least = 0.0, inf
    for each in depths:
        if each > least + STEP_MS:
            return True
        most = max(most, each)
        if each < most - STEP_MS:
            least = min(least, each)
    return False


def is_late(transfers):
    """Whether the machine was never on time for so long that the depth must become less, or so late that it is kept."""
    left = [held_ms - 1000 * (now - before) for (before, held_ms), (now, _) in pairwise(transfers)]
    runs = groupby(left, lambda each: each >= FRAME_MS)
    return min(left) <= 0 or max((len(list(run)) for calm, run in runs if calm), default=0) < CALM


def batched(values, size):
    """Whole parts of so many values."""
    return [values[at : at + size] for at in range(0, len(values) - size + 1, size)]
