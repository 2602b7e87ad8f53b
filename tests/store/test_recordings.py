"""Recordings: durable before they begin, playable after whatever end, listed and removed."""

import hashlib
import os
import shutil
import sqlite3
import struct
import wave
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.base import durable, ids
from appliance.base.errors import IntercomError
from appliance.core.inputs import (
    PartFailed,
    RecordingAvailable,
    RecordingChanged,
    RecordingDeleted,
    RecordingPrepared,
    RecordingRefused,
    SpaceMeasured,
)
from appliance.core.model import CallId, RecordingId
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.store import database, make_room, recording_files, wav
from appliance.store.make_room import RoomMaker
from appliance.store.quota import FREE_BYTES, Limits
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox
from tests.support.waiting import until

RATE_HZ = 8000
UNLIMITED = Limits(free_bytes=0)


def header(rate_hz=RATE_HZ, channels=1):
    """As pjmedia writes it when it opens the file: 44 bytes, both sizes 0."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    return struct.pack("<4sI4s", b"RIFF", 0, b"WAVE") + fmt + struct.pack("<4sI", b"data", 0)


def playable_seconds(path):
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, RATE_HZ)
        frames = sound.readframes(sound.getnframes())
        assert len(frames) == 2 * sound.getnframes()
        return sound.getnframes() / RATE_HZ


def order(number=0):
    return PrepareRecording(CallId(ids.new("c")), RecordingId(f"r-{number:026}"), "sip:kitchen@127.0.0.1")


@contextmanager
def station(tmp_path, *, limits=UNLIMITED):
    inbox = Inbox()
    writer = Writer(tmp_path, inbox)
    current = limits if callable(limits) else lambda: limits
    kept = Recordings(tmp_path / "recordings", writer, inbox, limits=current)
    kept.open()
    writer.ask(lambda _: None)  # the database is there
    yield kept, inbox, writer
    assert writer.close(PATIENCE_S)


@pytest.mark.parametrize("seconds", [0, 2])
def test_a_recording_that_is_discarded_leaves_neither_file_nor_row(tmp_path, seconds):
    with station(tmp_path) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        inbox.wait(RecordingPrepared)
        path = kept.path(asked.recording)
        path.write_bytes(header() + b"\1\2" * RATE_HZ * seconds)
        kept.finish(FinishRecording(asked.recording, discarded_by="http:unix"))
        (deleted,) = inbox.wait(RecordingDeleted)
        assert (deleted.recording, deleted.why, deleted.by) == (asked.recording, "request", "http:unix")
        assert (deleted.duration_s, deleted.bytes) == (seconds, (44 + 2 * RATE_HZ * seconds) if seconds else 0)
        assert (kept.list(), path.exists()) == ((), False)
    with station(tmp_path) as (kept, inbox, _):  # nor does a start find anything of it
        assert kept.list() == ()


def test_a_recording_is_prepared_written_finished_listed_and_deleted(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        (prepared,) = inbox.wait(RecordingPrepared)
        assert (prepared.call, prepared.recording) == (asked.call, asked.recording)
        path = kept.path(asked.recording)
        assert path.read_bytes() == b""
        row = kept.get(asked.recording)
        assert (row.call, row.remote, row.complete) == (asked.call, asked.remote, False)
        with pytest.raises(IntercomError) as caught:
            kept.delete(asked.recording, "http:unix")
        assert caught.value.code == "conflict"
        path.write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.finish(FinishRecording(asked.recording))
        (available,) = inbox.wait(RecordingAvailable)
        assert (available.recording, available.duration_s, available.bytes) == (asked.recording, 1.0, 44 + 2 * RATE_HZ)
        assert not available.recovered
        assert playable_seconds(path) == 1.0
        row = kept.get(asked.recording)
        assert row.complete
        assert row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert row.started.endswith("Z")
        assert kept.list() == (row,)
        kept.delete(asked.recording, "http:unix")
        assert kept.list() == ()
        assert not path.exists()
        (deleted,) = inbox.wait(RecordingDeleted)
        assert (deleted.recording, deleted.why, deleted.by) == (asked.recording, "request", "http:unix")
        assert (deleted.duration_s, deleted.bytes) == (1.0, 44 + 2 * RATE_HZ)
        with pytest.raises(IntercomError, match="no recording"):
            kept.delete(asked.recording, "http:unix")
        with pytest.raises(IntercomError, match="no recording"):
            kept.get(asked.recording)


def made(kept, inbox, number=0, seconds=1):
    """A finished recording."""
    already = len(inbox.of(RecordingAvailable))
    kept.prepare(order(number))
    until(lambda: any(one.recording == order(number).recording for one in inbox.of(RecordingPrepared)))
    kept.path(order(number).recording).write_bytes(header() + b"\1\2" * RATE_HZ * seconds)
    kept.finish(FinishRecording(order(number).recording))
    inbox.wait(RecordingAvailable, already + 1)
    return order(number).recording


def test_a_link_in_place_of_a_file_is_neither_deleted_nor_followed(tmp_path):
    other = tmp_path / "other.wav"
    other.write_bytes(header() + b"\1\2" * RATE_HZ)
    before = other.read_bytes()
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        kept.path(recording).unlink()
        kept.path(recording).symlink_to(other)
        with pytest.raises(IntercomError, match="is left as it is") as caught:
            kept.delete(recording, "http:unix")
        assert caught.value.code == "conflict"
        assert [row.id for row in kept.list()] == [recording]
        kept.path("r-link").symlink_to(other)
    with station(tmp_path) as (kept, inbox, writer):
        writer.ask(lambda _: None)
        assert [row.id for row in kept.list()] == [recording]
        assert kept.path(recording).is_symlink() and kept.path("r-link").is_symlink()
    assert other.read_bytes() == before


def test_a_recording_whose_file_is_gone_can_be_deleted(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        kept.path(recording).unlink()
        kept.delete(recording, "http:unix")
        assert kept.list() == ()


def test_a_directory_that_is_removed_with_all_recordings_is_no_fault_of_the_disc(tmp_path):
    limits = [UNLIMITED]
    with station(tmp_path, limits=lambda: limits[0]) as (kept, inbox, writer):
        for number in range(3):
            made(kept, inbox, number)
        shutil.rmtree(tmp_path / "recordings")
        limits[0] = Limits(0, count=1)
        kept.tidy()
        inbox.wait(RecordingDeleted, 2)
        assert ids_of(kept) == [order(2).recording]
        writer.ask(lambda connection: kept.write_facts(connection, order(2).recording))
        assert not (tmp_path / "recordings").exists()
        assert inbox.of(PartFailed) == []


def test_the_header_is_kept_right_while_another_descriptor_writes(tmp_path, set_times):
    set_times(recording_header_again_s=0.02)
    with station(tmp_path) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        inbox.wait(RecordingPrepared)
        path = kept.path(asked.recording)
        with path.open("wb", buffering=0) as sound:
            sound.write(header())
            kept.desire((asked.recording,))
            for second in (1, 2, 3):
                sound.write(b"\3\4" * RATE_HZ)
                until(lambda second=second: _seconds_so_far(path) == second)
        kept.desire(())
        until(lambda: not kept._patching)
        assert path.read_bytes()[44:] == b"\3\4" * RATE_HZ * 3


def _seconds_so_far(path):
    return struct.unpack_from("<I", path.read_bytes(), 40)[0] / 2 / RATE_HZ


def test_what_an_unclean_end_left_is_repaired_and_announced_and_the_empty_removed(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(4):
            kept.prepare(order(number))
        prepared = inbox.wait(RecordingPrepared, 4)
        paths = [kept.path(one.recording) for one in prepared]
        paths[0].write_bytes(header() + b"\5\6" * RATE_HZ * 2 + b"\7")  # killed between two bytes of a sample
        paths[1].write_bytes(header())
        paths[3].unlink()
    with station(tmp_path) as (kept, inbox, _):
        (available,) = inbox.wait(RecordingAvailable)
        assert (available.recovered, available.duration_s) == (True, 2.0)
        assert playable_seconds(paths[0]) == 2.0
        assert kept.get(available.recording).recovered
        until(lambda: [one.id for one in kept.list()] == [available.recording])
        assert sorted((tmp_path / "recordings").iterdir()) == [paths[0].with_suffix(".json"), paths[0]]
    with station(tmp_path) as (kept, inbox, writer):
        writer.ask(lambda _: None)
        assert {type(each) for each in inbox.all} <= {SpaceMeasured}


def test_recordings_are_listed_again_after_a_damaged_database_was_set_aside(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        kept.prepare(order())
        inbox.wait(RecordingPrepared)
        kept.path(order().recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.finish(FinishRecording(order().recording))
        inbox.wait(RecordingAvailable)
    (tmp_path / database.FILE).write_bytes(b"rubbish" * 999)
    kept.path(order().recording).with_suffix(".json").unlink()  # as if an earlier version had made it
    with station(tmp_path) as (kept, inbox, _):
        assert inbox.wait(RecordingAvailable)[0].recording == order().recording
        assert inbox.wait(PartFailed)[0].part == "storage"
        assert [one.duration_s for one in kept.list()] == [1.0]


def spaces(inbox):
    """The states of the space that were reported, without repetitions."""
    return [space for space, _ in groupby(each.storage.space for each in inbox.of(SpaceMeasured))]


ENDLESS = 1 << 80


def test_with_too_little_space_a_recording_is_refused_and_nothing_is_left(tmp_path):
    with station(tmp_path, limits=Limits(free_bytes=ENDLESS)) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        (refused,) = inbox.wait(RecordingRefused)
        assert (refused.call, refused.recording) == (asked.call, asked.recording)
        assert "No space is left" in refused.why
        assert inbox.wait(SpaceMeasured)[0].storage.space == "full"
        assert kept.list() == ()
        assert not kept.path(asked.recording).exists()


def test_space_that_ends_while_something_is_recorded_stops_it_with_the_reason_and_its_return_is_reported(
    tmp_path, monkeypatch, set_times
):
    set_times(space_again_s=0.01)
    free = [FREE_BYTES]
    monkeypatch.setattr(durable.os, "statvfs", lambda _: SimpleNamespace(f_bavail=free[0], f_frsize=1))
    with station(tmp_path, limits=Limits()) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        inbox.wait(RecordingPrepared)
        kept.path(asked.recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.desire((asked.recording,))
        free[0] = FREE_BYTES // 2
        until(lambda: spaces(inbox) == ["ok", "low"])
        low = inbox.of(SpaceMeasured)[-1].storage
        assert (low.free_bytes, low.needed_bytes, low.recordings_bytes) == (free[0], FREE_BYTES, 0)
        assert inbox.of(RecordingRefused) == []
        free[0] -= 1
        refused = inbox.wait(RecordingRefused)[0]
        assert (refused.call, refused.recording) == (asked.call, asked.recording)
        assert "No space is left" in refused.why
        kept.desire(())  # as the core then wants it
        free[0] = FREE_BYTES
        kept.finish(FinishRecording(asked.recording))
        assert inbox.wait(RecordingAvailable)[0].duration_s == 1.0
        until(lambda: spaces(inbox) == ["ok", "low", "full", "ok"])
        until(lambda: inbox.of(SpaceMeasured)[-1].storage.recordings_bytes == 44 + 2 * RATE_HZ)
        assert kept.get(asked.recording).complete


def ids_of(kept):
    return [row.id for row in kept.list()]


class Disc:
    """A disc on which recordings of one second lie beside what others keep there."""

    EACH = 20_480  # of the disc, for 16,044 bytes
    BYTES = 10**9

    def __init__(self, directory, monkeypatch):
        self.directory, self.others = directory / "recordings", 0
        monkeypatch.setattr(durable.os, "statvfs", lambda _: SimpleNamespace(f_bavail=self.free, f_frsize=1))

    @property
    def free(self):
        files = {path.stat().st_ino: path.stat().st_blocks * 512 for path in self.directory.glob("*.wav")}
        return self.BYTES - self.others - sum(files.values())

    def leave(self, free):
        self.others += self.free - free


@contextmanager
def station_on_a_disc(tmp_path, monkeypatch, set_times, recordings=4):
    """Looks often, and keeps FREE_BYTES; its recordings, the oldest first, and the bytes that one takes."""
    set_times(space_again_s=0.01)
    disc = Disc(tmp_path, monkeypatch)
    with station(tmp_path, limits=Limits()) as (kept, inbox, writer):
        for number in range(recordings):
            made(kept, inbox, number)
        each = (disc.BYTES - disc.free) // recordings
        yield SimpleNamespace(
            disc=disc, kept=kept, inbox=inbox, writer=writer, each=each, ids=list(reversed(ids_of(kept)))
        )


def look(on):
    """Wait until the station has looked again, with all that follows."""
    seen = []
    on.writer.submit(lambda _: seen.append(1), delay_s=0.1)
    until(lambda: seen)


def test_a_disc_that_others_filled_costs_no_recording_and_its_state_follows_with_nobody_recording(
    tmp_path, monkeypatch, set_times
):
    with station_on_a_disc(tmp_path, monkeypatch, set_times) as on:
        on.disc.leave(0)
        until(lambda: spaces(on.inbox)[-1] == "full")
        on.disc.leave(FREE_BYTES - 5 * on.each)  # more than all recordings have
        until(lambda: spaces(on.inbox)[-1] == "low")
        look(on)
        assert list(reversed(ids_of(on.kept))) == on.ids and on.inbox.of(RecordingDeleted) == []
        on.disc.leave(FREE_BYTES + 5_000_000)
        until(lambda: spaces(on.inbox)[-1] == "ok")
        assert on.inbox.of(SpaceMeasured)[-1].storage.free_bytes == on.disc.free
        on.disc.leave(FREE_BYTES + 2_000_000)
        until(lambda: on.inbox.of(SpaceMeasured)[-1].storage.free_bytes == on.disc.free)


@pytest.mark.parametrize(("limit", "state"), [(FREE_BYTES, "low"), (FREE_BYTES // 2, "full")])
def test_space_that_hovers_at_a_limit_is_reported_twice_an_hour_and_recorded_in(
    tmp_path, monkeypatch, set_times, limit, state
):
    with station_on_a_disc(tmp_path, monkeypatch, set_times, recordings=1) as on:
        on.disc.leave(limit - 2_000_000)
        until(lambda: spaces(on.inbox)[-1] == state)
        for _ in range(5):
            for free in (limit + 2_000_000, limit - 2_000_000):
                on.disc.leave(free)
                until(lambda: on.inbox.of(SpaceMeasured)[-1].storage.free_bytes == on.disc.free)
        assert spaces(on.inbox)[-3:] == [state, "ok" if state == "low" else "low", state]
        assert len(spaces(on.inbox)) == 4
        on.disc.leave(FREE_BYTES + 2_000_000)
        made(on.kept, on.inbox, 1)
        on.disc.leave(FREE_BYTES + 12_000_000)
        until(lambda: spaces(on.inbox)[-1] == "ok")


def test_as_few_of_the_oldest_go_as_win_the_missing_space(tmp_path, monkeypatch, set_times):
    with station_on_a_disc(tmp_path, monkeypatch, set_times) as on:
        on.disc.leave(FREE_BYTES - on.each - 1)
        deleted = on.inbox.wait(RecordingDeleted, 2)
        look(on)
        assert [one.recording for one in deleted] == on.ids[:2]
        assert list(reversed(ids_of(on.kept))) == on.ids[2:]
        assert "full" not in spaces(on.inbox)


NEEDED = 20  # recordings have the room that is kept for the system


@contextmanager
def room_on_a_disc(tmp_path, monkeypatch, recordings):
    """A look at a time, by `look(free)`, which returns how many recordings are left."""
    disc, posted = Disc(tmp_path, monkeypatch), Inbox()
    with station(tmp_path, limits=Limits(0)) as (kept, inbox, _):
        for number in range(recordings):
            made(kept, inbox, number)
        size = (disc.BYTES - disc.free) // recordings
        limits = Limits(free_bytes=NEEDED * size)
        room = RoomMaker(tmp_path / "recordings", posted, float, lambda: limits)
        with closing(sqlite3.connect(tmp_path / database.FILE, isolation_level=None)) as connection:

            def look(free=None):
                if free is not None:
                    disc.leave(int(free * size))
                room.make(connection).report()
                return connection.execute("SELECT count(*) FROM recordings WHERE complete").fetchone()[0]

            yield SimpleNamespace(look=look, disc=disc, size=size, kept=kept, inbox=inbox, posted=posted, room=room)


def test_others_that_fill_the_disc_slowly_cost_half_of_the_recordings_and_no_more(tmp_path, monkeypatch):
    with room_on_a_disc(tmp_path, monkeypatch, recordings=10) as on:
        assert on.look(NEEDED + 1) == 10
        left = []
        for _ in range(40):
            on.disc.others += on.size // 2
            left.append(on.look())
        assert left[-1] == min(left) in {5, 6}
        assert spaces(on.posted)[-1] == "full"
        assert on.look(NEEDED) == left[-1], "they have given it back"
        assert spaces(on.posted)[-1] == "ok"


def test_recordings_make_room_for_newer_ones_without_end(tmp_path, monkeypatch):
    with room_on_a_disc(tmp_path, monkeypatch, recordings=6) as on:
        assert on.look(NEEDED + 0.5) == 6
        for number in range(6, 24):
            made(on.kept, on.inbox, number)
            assert on.look() == 6, number
            assert on.disc.free >= NEEDED * on.size


def test_what_people_delete_is_not_taken_for_what_others_took(tmp_path, monkeypatch):
    with room_on_a_disc(tmp_path, monkeypatch, recordings=10) as on:
        assert on.look(NEEDED) == 10
        for recording in ids_of(on.kept)[:4]:
            on.kept.delete(recording, "http:unix")
            on.look()
        assert on.look(NEEDED - 1.5) == 4
        assert on.look(NEEDED - 1.5) == 4, "one and a half more would be beyond half of the six that were left"


def test_a_long_recording_that_runs_makes_room_for_itself_by_all_others(tmp_path, monkeypatch):
    with room_on_a_disc(tmp_path, monkeypatch, recordings=4) as on:
        assert on.look(NEEDED + 0.5) == 4
        asked = order(9)
        on.kept.prepare(asked)
        on.inbox.wait(RecordingPrepared, 5)
        left = []
        for seconds in range(1, 6):
            on.kept.path(asked.recording).write_bytes(header() + bytes(2 * RATE_HZ * seconds))
            left.append(on.look())
        assert left[-1] == 0
        assert set(spaces(on.posted)[:-1]) == {"ok"}


def test_what_wins_no_space_stays_a_second_name_a_protected_one_and_another_user_s(tmp_path, monkeypatch, set_times):
    with station_on_a_disc(tmp_path, monkeypatch, set_times) as on:
        first, second, third, fourth = map(RecordingId, on.ids)
        os.link(on.kept.path(first), tmp_path / "copy.wav")
        on.kept.protect(second, "http:unix", wanted=True)
        original = recording_files.size
        monkeypatch.setattr(
            recording_files, "size", lambda path: None if path == on.kept.path(third) else original(path)
        )
        on.disc.leave(FREE_BYTES - 1)
        assert [one.recording for one in on.inbox.wait(RecordingDeleted)] == [fourth]
        on.disc.leave(FREE_BYTES - 1)
        until(lambda: spaces(on.inbox)[-1] == "low")
        look(on)
        assert list(reversed(ids_of(on.kept))) == [first, second, third]


def test_while_others_fill_the_disc_nothing_goes_and_once_they_have_ended_what_helps(tmp_path, monkeypatch):
    with room_on_a_disc(tmp_path, monkeypatch, recordings=10) as on:
        assert on.look(30) == 10
        assert on.look(17) == 10, "three would win it, but others have taken 13 since the last look"
        assert on.look(17) == 7, "they have ended"
        assert on.look(19) == 6, "others take little"
    assert spaces(on.posted) == ["ok", "low", "ok"]


def test_beyond_the_count_the_oldest_goes_with_its_file_and_is_reported(tmp_path):
    with station(tmp_path, limits=Limits(0, count=2)) as (kept, inbox, _):
        for number in (7, 3, 5):  # the clock was set back after the first: its id is the greatest
            made(kept, inbox, number)
        (deleted,) = inbox.wait(RecordingDeleted)
        assert (deleted.recording, deleted.why, deleted.by) == (order(7).recording, "quota", "")
        assert ids_of(kept) == [order(5).recording, order(3).recording]
        assert not kept.path(order(7).recording).exists()


def test_limits_that_have_become_smaller_hold_from_the_start_a_few_removals_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(make_room, "AT_ONCE", 2)
    with station(tmp_path) as (kept, inbox, _):
        for number in range(7):
            made(kept, inbox, number)
    size = 44 + 2 * RATE_HZ
    with station(tmp_path, limits=Limits(0, bytes=2 * size)) as (kept, inbox, _):
        deleted = inbox.wait(RecordingDeleted, 5)
        assert [one.recording for one in deleted] == [order(number).recording for number in range(5)]
        assert ids_of(kept) == [order(6).recording, order(5).recording]


def test_one_that_is_being_written_is_never_removed(tmp_path):
    with station(tmp_path, limits=Limits(0, bytes=0)) as (kept, inbox, writer):
        kept.prepare(order(1))
        inbox.wait(RecordingPrepared)
        made(kept, inbox, 2)
        inbox.wait(RecordingDeleted)
        writer.ask(lambda _: None)
        assert ids_of(kept) == [order(1).recording]
        assert kept.path(order(1).recording).exists()


def test_a_link_and_another_user_s_file_are_left_and_the_next_one_goes(tmp_path, monkeypatch):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(4):
            made(kept, inbox, number)
        other = tmp_path / "other.wav"
        kept.path(order(0).recording).rename(other)
        kept.path(order(0).recording).symlink_to(other)
        (tmp_path / "recordings" / "notes.txt").write_text("not a recording")
    strange = kept.path(order(1).recording)
    original = recording_files.size
    monkeypatch.setattr(recording_files, "size", lambda path: None if path == strange else original(path))
    with station(tmp_path, limits=Limits(0, count=1)) as (kept, inbox, writer):
        assert inbox.wait(RecordingDeleted)[0].recording == order(2).recording
        writer.ask(lambda _: None)
        assert ids_of(kept) == [order(number).recording for number in (3, 1, 0)]
    assert other.exists() and kept.path(order(0).recording).is_symlink() and strange.exists()
    assert (tmp_path / "recordings" / "notes.txt").exists()


def test_a_protected_recording_outlasts_the_limits_the_index_and_a_deletion_and_does_not_count(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(3):
            made(kept, inbox, number)
        first, second, third = (order(number).recording for number in range(3))
        kept.protect(first, "http:unix", wanted=True)
        kept.protect(first, "http:unix", wanted=True)
        (changed,) = inbox.of(RecordingChanged)
        assert (changed.recording, changed.protected, changed.by) == (first, True, "http:unix")
        assert [row.protected for row in kept.list()] == [False, False, True]
        with pytest.raises(IntercomError, match="is protected") as caught:
            kept.delete(first, "http:unix")
        assert caught.value.code == "conflict"
        with pytest.raises(IntercomError, match="no recording"):
            kept.protect("r-none", "http:unix", wanted=True)
    (tmp_path / database.FILE).write_bytes(b"rubbish" * 999)
    with station(tmp_path, limits=Limits(0, count=1)) as (kept, inbox, writer):
        (deleted,) = inbox.wait(RecordingDeleted)
        assert inbox.of(RecordingAvailable) == []
        assert (deleted.recording, deleted.duration_s, deleted.bytes) == (second, 1.0, 44 + 2 * RATE_HZ)
        assert ids_of(kept) == [third, first]
        kept.protect(third, "http:unix", wanted=True)
        kept.protect(first, "http:unix", wanted=False)
        made(kept, inbox, 3)
        assert inbox.wait(RecordingDeleted, 2)[1].recording == first
        assert ids_of(kept) == [order(3).recording, third]
        writer.ask(lambda _: None)
    assert sorted(path.name for path in (tmp_path / "recordings").glob("*.keep")) == [f"{third}.keep"]


def test_what_is_too_old_goes_within_the_hour(tmp_path, set_times):
    set_times(recording_tidy_again_s=0.02)
    limits = [Limits()]
    with station(tmp_path, limits=lambda: limits[0]) as (kept, inbox, writer):
        recording = made(kept, inbox)
        old = "UPDATE recordings SET started = '2025-02-03T04:05:06.000000Z'"
        writer.ask(lambda connection: connection.execute(old).rowcount)
        limits[0] = Limits(0, age_s=86400.0)
        assert inbox.wait(RecordingDeleted)[0].recording == recording
        assert ids_of(kept) == []


def test_a_removal_whose_rows_could_not_be_written_is_made_good(tmp_path):
    posted = Inbox()
    with station(tmp_path) as (kept, inbox, _):
        for number in range(2):
            made(kept, inbox, number)
        room = RoomMaker(tmp_path / "recordings", posted, float, lambda: Limits(0, count=1))
        with closing(sqlite3.connect(tmp_path / database.FILE, isolation_level=None)) as connection:
            for outcome in ("ROLLBACK", "COMMIT"):
                connection.execute("BEGIN IMMEDIATE")
                made_room = room.make(connection)
                connection.execute(outcome)
        assert posted.all == []
        made_room.report()
        assert [one.recording for one in posted.of(RecordingDeleted)] == [order(0).recording]
        assert ids_of(kept) == [order(1).recording]


def test_where_files_cannot_be_made_a_recording_is_refused_with_the_reason(tmp_path):
    (tmp_path / "recordings").write_text("in the way")
    with station(tmp_path) as (kept, inbox, _):
        kept.prepare(order())
        assert str(tmp_path) in inbox.wait(RecordingRefused)[0].why
        assert kept.list() == ()


def test_a_recording_without_one_sample_is_refused_at_its_end_and_removed(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        asked = order()
        kept.prepare(asked)
        inbox.wait(RecordingPrepared)
        kept.path(asked.recording).write_bytes(header())
        kept.finish(FinishRecording(asked.recording))
        assert inbox.wait(RecordingRefused)[0].why == "Nothing was recorded."
        assert kept.list() == ()
        assert not kept.path(asked.recording).exists()


def test_an_empty_file_of_a_recording_that_failed_goes_with_its_row_and_nothing_more_is_posted(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        kept.prepare(order())
        inbox.wait(RecordingPrepared)
        path = kept.path(order().recording)
        kept.finish(FinishRecording(order().recording, failed=True))
        until(lambda: kept.list() == () and not path.exists())
        writer.ask(lambda _: None)
        kept.prepare(order(1))  # it posts in the order of its jobs
        inbox.wait(RecordingPrepared, 2)
        assert inbox.of(RecordingRefused) == []


def test_a_recording_that_is_finishing_is_complete_when_the_service_ends(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        kept.prepare(order())
        inbox.wait(RecordingPrepared)
        kept.path(order().recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.finish(FinishRecording(order().recording))
    with station(tmp_path) as (kept, _, _):
        assert kept.get(order().recording).complete


def test_a_full_queue_of_writes_costs_no_finished_recording_and_no_later_tidying(tmp_path, set_times):
    set_times(recording_tidy_again_s=0.02)
    limits = [UNLIMITED]
    with station(tmp_path, limits=lambda: limits[0]) as (kept, inbox, writer):
        made(kept, inbox, 0)
        kept.prepare(order(1))
        inbox.wait(RecordingPrepared, 2)
        kept.path(order(1).recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        writer._capacity = 0
        kept.finish(FinishRecording(order(1).recording))
        inbox.wait(RecordingAvailable, 2)
        limits[0] = Limits(0, count=1)
        inbox.wait(RecordingDeleted)


def test_lists_come_newest_first_in_pages(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        for number in range(5):
            kept.prepare(order(number))
        inbox.wait(RecordingPrepared, 5)
        first = kept.list(limit=2)
        assert [one.id for one in first] == [order(4).recording, order(3).recording]
        second = kept.list(limit=9, cursor=first[-1].number)
        assert [one.id for one in second] == [order(number).recording for number in (2, 1, 0)]


@pytest.mark.parametrize("wanted", ["", "../secret", "/etc/passwd", "a/b", "x" * 65, "ä", "r-1\n", ".", "R-1"])
def test_an_id_that_is_none_gives_no_path(tmp_path, wanted):
    with station(tmp_path) as (kept, _, _):
        with pytest.raises(IntercomError) as caught:
            kept.path(wanted)
        assert caught.value.code == "recording-not-found"


def test_an_index_that_cannot_be_read_is_reported(tmp_path):
    (tmp_path / "state").write_text("in the way")
    writer = Writer(tmp_path / "state", Inbox())
    with pytest.raises(IntercomError) as caught:
        Recordings(tmp_path / "state", writer, Inbox()).list()
    assert caught.value.code == "unavailable"
    writer.close(PATIENCE_S)


@pytest.mark.parametrize(
    ("contents", "frames"),
    [
        (b"", None),
        (b"RIFF", None),
        (header()[:43], None),
        (header(), None),
        (header() + b"\1", None),
        (header() + b"\1\2", 1),
        (header() + b"\1\2\3", 1),
        (header(channels=2) + b"\1\2\3\4\5\6", 1),
        (b"JUNK" + header()[4:] + b"\1\2" * 9, None),
        (header()[:12] + header()[36:] + b"\1\2" * 9, None),  # data before fmt
        (header()[:36] + struct.pack("<4sI3sx", b"LIST", 3, b"abc") + header()[36:] + b"\1\2" * 9, 9),
        (header(rate_hz=0) + b"\1\2" * 9, None),
        (header()[:36] + struct.pack("<4sI", b"LIST", 0xFFFFFFFF) + header()[36:] + b"\1\2" * 9, None),
    ],
)
def test_a_header_is_repaired_from_the_size_of_the_file(tmp_path: Path, contents, frames):
    path = tmp_path / "x.wav"
    path.write_bytes(contents)
    descriptor = os.open(path, os.O_RDWR)
    found = wav.repair(descriptor)
    os.close(descriptor)
    assert (found.frames if found else None) == frames
    if frames:
        assert found.duration_s == round(frames / RATE_HZ, 3)
        with wave.open(str(path)) as sound:
            assert sound.getnframes() == frames
    else:
        assert path.read_bytes() == contents
