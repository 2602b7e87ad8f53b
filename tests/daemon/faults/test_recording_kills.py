"""A station that is killed in a recorded call, or just after it, loses nothing of the recording that was on disc.

`python -m benchmarks.recording_kills 200` does the same 200 times, and shows what is missing.
"""

import random

import pytest

from benchmarks import recording_kills
from benchmarks.recording_kills import Loss, killed, station, whole

pytestmark = pytest.mark.far_end
KILLS = 3


def test_what_was_on_disc_outlasts_a_kill_at_any_moment(tmp_path):
    chance = random.Random(28)  # one of each kind: alone after the call, alone in it, all processes in it
    with station(tmp_path / "d", opus=True) as door:
        losses = [killed(door, chance) for _ in range(KILLS)]
        for loss in losses:
            assert (loss.kept_s or 0.0) >= loss.on_disc_s, loss
            assert loss.kept_s is None or whole(door, loss.recording)


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
