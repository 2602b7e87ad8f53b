"""How much sound waits to be played, on an ideal card that writes down each transfer: two frames, more after a gap."""

import os
import signal
from statistics import median

import pytest

from benchmarks.latency import card
from tests.support.daemon import Daemon
from tests.support.waiting import pause, until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]

FRAME_MS = 20
TRANSFERS = 50  # a second of them
STALL_S = 0.4
TONE_S = 300
CALMS_DOWN_S = 240.0  # a depth is reduced after ten seconds without need


@pytest.fixture
def door(monkeypatch, tmp_path):
    cards = tmp_path / "cards"
    cards.mkdir()
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(card.make(cards, ["mouth", "ear"])))
    with Daemon(tmp_path / "door", audio={"capture": "mouth", "playback": "ear"}) as made:
        made.post("/v1/audio/tone", {"tone": "ringback", "seconds": TONE_S})
        yield made


@pytest.fixture
def depth(tmp_path):
    """What the card held after its last transfers, in ms; None while there are too few."""

    def look():
        played = card.read(tmp_path / "cards/ear.played")
        last = [held for _, held in played.depths_ms[-TRANSFERS:]]
        return median(last) if len(last) == TRANSFERS else None

    return look


def test_the_playback_buffer_grows_when_it_runs_dry_which_is_reported_and_shrinks_again(door, depth):
    until(depth, "a second of sound")

    def reported():
        """Hold the sound up; a gap of the card's first second is none that is reported."""
        os.kill(door.sip(), signal.SIGSTOP)
        try:
            pause(STALL_S)
        finally:
            os.kill(door.sip(), signal.SIGCONT)
        return door.of("audio.xruns")

    assert until(reported, "a report of gaps", every=2.0)[0]["data"]["playback"]
    deepest = until(lambda: (now := depth()) and now > 2.5 * FRAME_MS and now, "more in the buffer")
    until(lambda: depth() < deepest - FRAME_MS / 2, "less in the buffer", CALMS_DOWN_S, every=0.5)
