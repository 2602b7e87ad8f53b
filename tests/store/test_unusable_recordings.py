"""A recording whose files cannot be used costs no other one: each is listed, finished and removed on its own."""

import errno
import os
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.inputs import (
    PartFailed,
    RecordingAvailable,
    RecordingDeleted,
    RecordingPrepared,
    RecordingRefused,
)
from appliance.core.orders import FinishRecording
from appliance.store import database, recording_files
from appliance.store.quota import Limits
from tests.store.test_recordings import RATE_HZ, header, ids_of, made, order, station
from tests.support.waiting import until


def blocked(path):
    """A directory has the name of the file."""
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "in it").write_text("x")


def facts(text):
    return lambda path, monkeypatch: path.with_suffix(".json").write_text(text)


def unreadable(name, number):
    """A file that the kernel does not let us read: the named function fails for it alone."""

    def break_it(path, monkeypatch):
        usual = getattr(Path, name)

        def fail(self, *words, **named):
            if self.stem == path.stem:
                raise OSError(number, os.strerror(number), str(self))
            return usual(self, *words, **named)

        monkeypatch.setattr(Path, name, fail)

    return break_it


UNUSABLE = {
    "facts of another user": unreadable("read_bytes", errno.EACCES),
    "facts on a bad sector": unreadable("read_bytes", errno.EIO),
    "facts with a damaged inode": unreadable("lstat", errno.EUCLEAN),
    "sound on a bad sector": unreadable("open", errno.EIO),
    "a directory in place of the facts": lambda path, _: blocked(path.with_suffix(".json")),
    "a directory in place of the new facts": lambda path, _: blocked(path.with_suffix(".json.new")),
    "a directory in place of the waveform": lambda path, _: blocked(path.with_suffix(".peaks")),
    "facts that are too deep": facts('{"x":' * 20_000 + "1" + "}" * 20_000),
    "facts with a huge number": facts('{"number":7,"id":"r-00000000000000000000000000","call":"","remote":"",'
        '"started":"2026-11-20T06:07:08Z","bytes":' + "9" * 40 + "}"),
    "facts with half a character": facts('{"number":7,"id":"r-00000000000000000000000000","call":"\\ud800","remote":"",'
        '"started":"2026-11-20T06:07:08Z"}'),
}  # fmt: skip


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_after_a_loss_of_the_index_all_other_recordings_are_listed(tmp_path, monkeypatch, caplog, unusable):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(3):
            made(kept, inbox, number)
            facts = kept.path(order(number).recording).with_suffix(".json")
            facts.write_text("{}")
            facts.unlink() if number else None
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"{database.FILE}{suffix}").unlink(missing_ok=True)
    UNUSABLE[unusable](kept.path(order(0).recording), monkeypatch)
    with station(tmp_path) as (kept, inbox, writer):
        others = [order(number).recording for number in (1, 2)]
        until(lambda: {each.recording for each in inbox.of(RecordingAvailable)} >= set(others))
        made(kept, inbox, 3)
        writer.ask(lambda _: None)
        assert set(ids_of(kept)) >= {*others, order(3).recording}
        assert inbox.of(PartFailed) == []
        assert not [each for each in caplog.records if each.levelname == "ERROR"]
        named = [each.msg for each in caplog.records if order(0).recording in each.getMessage()]
        assert len(set(named)) == len(named)
        assert kept.path(order(0).recording).exists()


@pytest.mark.parametrize(
    "unusable", ["sound on a bad sector", "a directory in place of the facts", "a directory in place of the waveform"]
)
def test_a_recording_without_usable_sound_fails_alone_and_one_without_usable_facts_is_complete(
    tmp_path, monkeypatch, unusable
):
    with station(tmp_path) as (kept, inbox, writer):
        kept.prepare(order(0))
        inbox.wait(RecordingPrepared)
        path = kept.path(order(0).recording)
        path.write_bytes(header() + b"\1\2" * RATE_HZ)
        UNUSABLE[unusable](path, monkeypatch)
        kept.finish(FinishRecording(order(0).recording))
        if unusable.startswith("sound"):
            assert path.stem in inbox.wait(RecordingRefused)[0].why
            assert not kept.get(path.stem).complete
        else:
            assert inbox.wait(RecordingAvailable)[0].recording == path.stem
            assert kept.sound(path.stem) == path
        made(kept, inbox, 1)
        writer.ask(lambda _: None)
        assert inbox.of(PartFailed) == []
        assert path.exists()
        monkeypatch.undo()


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EMFILE])
def test_a_recording_is_finished_once_the_disc_works_again(tmp_path, monkeypatch, number):
    with station(tmp_path) as (kept, inbox, _):
        kept.prepare(order(0))
        inbox.wait(RecordingPrepared)
        path = kept.path(order(0).recording)
        path.write_bytes(header() + b"\1\2" * RATE_HZ)
        unreadable("open", number)(path, monkeypatch)
        kept.finish(FinishRecording(order(0).recording))
        inbox.wait(PartFailed)
        monkeypatch.undo()
        inbox.wait(RecordingAvailable)
        assert inbox.of(RecordingRefused) == []


@pytest.mark.parametrize(
    ("unusable", "first"),
    [
        ("a directory in place of the facts", 0),
        ("a directory in place of the waveform", 0),
        ("facts with a damaged inode", 1),
    ],
)
def test_a_recording_that_cannot_be_removed_stays_and_the_next_one_goes(tmp_path, monkeypatch, unusable, first):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(4):
            made(kept, inbox, number)
    UNUSABLE[unusable](kept.path(order(0).recording), monkeypatch)
    with station(tmp_path, limits=Limits(0, count=2)) as (kept, inbox, writer):
        assert inbox.wait(RecordingDeleted)[0].recording == order(first).recording
        made(kept, inbox, 4)
        writer.ask(lambda _: None)
        assert order(4).recording in ids_of(kept)
        assert (order(0).recording in ids_of(kept)) == bool(first)
        assert recording_files.size(kept.path(order(4).recording))
        assert inbox.of(PartFailed) == []


def test_a_directory_in_place_of_the_mark_protects_nothing(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        for number in range(3):
            made(kept, inbox, number)
        first, second = (order(number).recording for number in (0, 1))
        for each in (first, second):
            blocked(recording_files.mark(kept.path(each)))
        assert not kept.get(first).protected
        kept.protect(first, "http:unix", wanted=False)
        with pytest.raises(IntercomError, match="cannot be protected") as caught:
            kept.protect(first, "http:unix", wanted=True)
        assert caught.value.code == "conflict"
        kept.delete(first, "http:unix")
        assert inbox.wait(RecordingDeleted)[0].recording == first
    with station(tmp_path, limits=Limits(0, count=1)) as (kept, inbox, writer):
        assert inbox.wait(RecordingDeleted)[0].recording == second
        writer.ask(lambda _: None)
        assert inbox.of(PartFailed) == []
