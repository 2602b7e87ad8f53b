"""Whether the disc has room for recordings: as it is at this moment."""

from types import SimpleNamespace

import pytest

from appliance.base import durable
from appliance.config.schema import Config
from appliance.doctor import space


@pytest.mark.parametrize(
    ("free", "level", "words"),
    [
        (100_000_000, "ok", "The disc has 100 MB free; recordings leave 100 MB of it to the system."),
        (99_999_999, "problem", "The disc has 99 MB free: no recording begins."),
        (0, "problem", "The disc has 0 MB free: no recording begins."),
    ],
)
def test_the_space_of_this_moment_is_named(tmp_path, monkeypatch, free, level, words):
    looked_at = []
    given = SimpleNamespace(f_bavail=free, f_frsize=1)
    monkeypatch.setattr(durable.os, "statvfs", lambda path: looked_at.append(path) or given)
    (found,) = space.examine(Config(), tmp_path)
    assert (found.check, found.level, found.message) == ("recording.free_mb", level, words)
    (tmp_path / "recordings").mkdir()
    space.examine(Config(), tmp_path)
    assert looked_at == [tmp_path, tmp_path / "recordings"]


def test_a_disc_that_cannot_be_looked_at_is_left_to_other_checks(tmp_path):
    assert space.examine(Config(), tmp_path / "none") == []
