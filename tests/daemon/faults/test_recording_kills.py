"""A station that is killed in a recorded call, or just after it, loses nothing of the recording that was on disc.

`python -m benchmarks.recording_kills 200` does the same 200 times, and shows what is missing.
"""

import os
import random
import signal

import pytest

from benchmarks import recording_kills
from benchmarks.recording_kills import FRAME, HEAD, Loss, killed, on_disc, station, whole
from tests.support.peers.packets import Packets
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
KILLS = 3
HANGS_S = 5.0  # longer than the time after which a recording is synced


def test_what_was_on_disc_outlasts_a_kill_at_any_moment(tmp_path):
    chance = random.Random(28)  # one of each kind: alone after the call, alone in it, all processes in it
    with station(tmp_path / "d", opus=True) as door:
        losses = [killed(door, chance) for _ in range(KILLS)]
        for loss in losses:
            assert (loss.kept_s or 0.0) >= loss.on_disc_s, loss
            assert loss.kept_s is None or whole(door, loss.recording)


def test_what_is_recorded_while_the_daemon_hangs_is_kept_when_it_is_killed(tmp_path):
    with station(tmp_path / "d", opus=False) as door:
        with Packets(door.far_address, door.far_port) as far:
            recording = door.next("recording.started", far.rung_by(door))["data"]["recording"]
            wav = door.directory / "recordings" / f"{recording}.wav"
            os.kill(door.pid, signal.SIGSTOP)
            hung_at = on_disc(wav)
            size = hung_at + round(HANGS_S * RATE) * FRAME
            until(lambda: on_disc(wav) > size, "sound that is recorded meanwhile")
            kept = on_disc(wav)
            door.kill()
        door.start()
        door.ready()
        row = whole(door, recording)
        assert row and row["duration_s"] >= (kept - HEAD) / FRAME / RATE


def test_a_recording_that_lacks_what_was_on_disc_is_counted(capsys):
    kind = "the daemon, in a call"
    good = Loss(recording="rec1", kind=kind, ran_s=2.0, on_disc_s=1.5, kept_s=1.75, format="wav")
    short = Loss(recording="rec2", kind=kind, ran_s=2.0, on_disc_s=1.5, kept_s=1.25, format="wav")
    gone = Loss(recording="rec3", kind=kind, ran_s=0.1, on_disc_s=0.0, kept_s=None, format="")
    assert recording_kills.report([good, gone], again=0)
    assert not recording_kills.report([good, short], again=0)
    assert not recording_kills.report([good], again=1)
    said = capsys.readouterr().err
    assert f"{kind:27}   2 kills: 500 ms missing in the median, at most 750" in said
    assert "2 kills, 1 recordings, all whole\n0 recordings lack what was on disc, 0 are gone at the end" in said
    assert "1 recordings lack what was on disc, 0 are gone at the end" in said
