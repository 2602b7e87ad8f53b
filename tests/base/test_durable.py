"""Files that outlast a power cut: the file is synced before it has its name, and the name after it."""

import os
import stat
from pathlib import Path

import pytest

from appliance.api.http import auth
from appliance.base import durable
from appliance.core.model import PersistentState
from appliance.store import codes, event_ids, persistent_state

WRITERS = {
    "token": lambda path: auth.token(path / "http.token"),
    "key": lambda path: codes._new_key(path / "codes.key"),
    "event ids": lambda path: event_ids.write(path, event_ids.Reservation(7, clean=True)),
    "state": lambda path: persistent_state.write(path, PersistentState()),
    "setup": lambda path: durable.update(path / "station.toml", "text"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_each_writer_syncs_the_file_before_and_the_directory_after_it_has_its_name(write, tmp_path, monkeypatch):
    synced, fsync = [], os.fsync

    def watched(descriptor):
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), [*tmp_path.iterdir()]))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write(tmp_path)
    (written,) = tmp_path.iterdir()
    new = tmp_path / f"{written.name}.new"
    assert synced == [(new, [new]), (tmp_path, [written])]


def test_what_an_interrupted_write_left_hinders_no_later_write(tmp_path):
    (tmp_path / "file.new").write_text("half")
    durable.replace(tmp_path / "file", "whole")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["whole"]


def test_a_file_that_is_updated_keeps_its_mode_unless_it_is_given_one(tmp_path):
    path = tmp_path / "file"
    for text, given, has in (("a", 0o640, 0o640), ("b", None, 0o640), ("c", 0o600, 0o600), ("c", 0o604, 0o604)):
        durable.update(path, text, mode=given)
        assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (text, has)
