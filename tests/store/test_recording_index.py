"""The index of recordings: searched, made again from the files in the same order, and right after a wrong clock."""

import json
import os
import re
import sqlite3
import wave
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from appliance.base.errors import IntercomError
from appliance.core.inputs import PartFailed, RecordingAvailable, RecordingPrepared
from appliance.core.model import (
    By,
    Call,
    CallId,
    CallState,
    Cause,
    Direction,
    End,
    RecordingClock,
    RecordingFacts,
    RecordingFormat,
    RecordingId,
    RecordingSearch,
    Remote,
)
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.store import database, recording_files, recording_index, restore_index
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox
from tests.store.test_recordings import RATE_HZ, UNLIMITED, header, made, order, playable_seconds, station
from tests.support.waiting import until

CALL = Call(
    CallId("c-1"),
    Direction.INCOMING,
    CallState.ENDED,
    Remote("sip:kitchen@192.0.2.8", display_name="Miller", target="kitchen"),
    10.0,
    None,
    custom_data="Parcel for Smith",
    end=End(Cause.HANGUP, 200, "OK", By.REMOTE),
)
FACTS = {"complete": True, "bytes": 1, "duration_s": 1.0}
NOTE = "Two\nparcels"
ROWS = (
    RecordingFacts(1, "r-1", "c-1", "sip:kitchen@x", "2026-01-01T00:00:00.000000Z", party="Kitchen 100%", **FACTS),
    RecordingFacts(2, "r-2", "c-2", "sip:ann@y", "2026-01-02T00:00:00.000000Z", party="Ann", doors=("front",), **FACTS),
    RecordingFacts(
        3, "r-3", "c-3", "sip:x_y@z", "2026-01-03T00:00:00.000000Z", outcome="busy", note="Two\nparcels", **FACTS
    ),
    RecordingFacts(4, "r-4", "c-4", "sip:ann@y", "2026-01-04T00:00:00.000000Z", doors=("front", "gate"), **FACTS),
    RecordingFacts(5, "r-5-message", "", "house", "2026-01-05T00:00:00.000000Z", party="Özil [1*2?]", **FACTS),
)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """ROWS, and how they are searched."""
    directory = tmp_path_factory.mktemp("index")
    writer = Writer(directory, Inbox())
    writer.ask(lambda connection: [recording_index.insert(connection, entry) for entry in ROWS], PATIENCE_S)
    kept = Recordings(directory / "recordings", writer, Inbox())
    yield lambda **search: [row.number for row in kept.list(search=RecordingSearch(**search))]
    assert writer.close(PATIENCE_S)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"kind": "message"}, [5]),
        ({"kind": "call"}, [4, 3, 2, 1]),
        ({"kind": "message", "party": "ann"}, []),
        ({"party": "KITCHEN"}, [1]),
        ({"party": "sip:ann"}, [4, 2]),
        ({"party": "100%"}, [1]),
        ({"party": "%"}, [1]),
        ({"party": "x_"}, [3]),
        ({"party": "\\"}, []),
        *(({"party": each}, [5]) for each in ("özil", "ÖZIL", "[1*2?]", "*", "?]")),
        *(({"party": each}, []) for each in ("ozil", "[12]", "*zil", "?zil", "[!a]zil")),
        ({"door": "front"}, [4, 2]),
        ({"door": "fron"}, []),
        ({"door": "gate", "party": "ann"}, [4]),
        ({"outcome": "busy"}, [3]),
        ({"note": "PARCEL"}, [3]),
        ({"note": "o\np"}, [3]),
        ({"after": "2026-01-02T00:00:00.000000Z"}, [5, 4, 3, 2]),
        ({"before": "2026-01-02T00:00:00.000000Z"}, [1]),
        ({"after": "2026-01-02T00:00:00.000000Z", "before": "2026-01-04T00:00:00.000000Z"}, [3, 2]),
        ({"note": "' OR 1 --"}, []),
        *(({"note": each}, []) for each in ("\0", "Two\0", "\0*]", "\0Two")),
    ],
)
def test_recordings_are_found_by_what_is_known_of_them(listed, search, found):
    assert listed(**search) == found


def lose_the_index(directory):
    (directory / database.FILE).unlink()


def test_whom_a_call_was_with_how_it_ended_and_which_doors_were_opened_outlast_the_index(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = RecordingId("r-1")
        kept.take({"type": "door.unlocked", "data": {"door": "early"}})
        kept.prepare(PrepareRecording(CALL.id, recording, CALL.remote.uri))
        inbox.wait(RecordingPrepared)
        kept.desire((recording,))
        for door in ("front", "gate", "front"):
            kept.take({"type": "door.unlocked", "data": {"door": door}})
        kept.take({"type": "door.locked", "data": {"door": "cellar"}})
        kept.desire(())
        kept.describe(replace(CALL, id=CallId("c-other")))
        kept.describe(CALL)
        kept.path(recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.finish(FinishRecording(recording))
        inbox.wait(RecordingAvailable)
        before = kept.get(recording)
        assert (before.party, before.outcome, before.note) == ("kitchen", "hangup", "Parcel for Smith")
        assert (before.doors, before.clock) == (("front", "gate"), "right")
    lose_the_index(tmp_path)
    with station(tmp_path) as (kept, inbox, _):
        until(lambda: kept.list() == (before,))
        assert inbox.of(RecordingAvailable) == [], "it was not touched"


def test_the_note_and_the_format_of_an_order_outlast_the_end_of_the_call_and_the_index(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = RecordingId("r-1")
        kept.prepare(PrepareRecording(CALL.id, recording, CALL.remote.uri, RecordingFormat.WAV, "Front garden"))
        inbox.wait(RecordingPrepared)
        kept.describe(CALL)
        kept.path(recording).write_bytes(header() + b"\1\2" * RATE_HZ)
        kept.finish(FinishRecording(recording))
        inbox.wait(RecordingAvailable)
        before = kept.get(recording)
        assert (before.party, before.note, before.wanted_format) == ("kitchen", "Front garden", "wav")
        assert [row.id for row in kept.list(search=RecordingSearch(note="garden"))] == [recording]
    lose_the_index(tmp_path)
    with station(tmp_path) as (kept, inbox, _):
        until(lambda: kept.list() == (before,))


def test_a_call_that_ends_after_its_recording_is_described_too(tmp_path):
    with station(tmp_path) as (kept, inbox, writer):
        recording = made(kept, inbox)
        call = replace(CALL, id=kept.get(recording).call, remote=Remote("sip:x@y", display_name="Ann"))
        kept.describe(call)
        writer.ask(lambda _: None, PATIENCE_S)
        assert (kept.get(recording).party, kept.get(recording).outcome) == ("Ann", "hangup")
    assert json.loads(kept.path(recording).with_suffix(".json").read_text())["outcome"] == "hangup"


def test_the_order_is_that_of_the_begins_whatever_the_clock_said_and_outlasts_the_index(tmp_path, monkeypatch):
    now = [2e9]
    monkeypatch.setattr(recording_index, "time", SimpleNamespace(time=lambda: now[0]))
    with station(tmp_path) as (kept, inbox, _):
        for number, now[0] in ((5, 2e9), (1, 1e9), (9, 1e9), (3, 3e9)):
            made(kept, inbox, number)
        wanted = [order(number).recording for number in (3, 9, 1, 5)]
        assert [row.id for row in kept.list()] == wanted
    lose_the_index(tmp_path)
    with station(tmp_path) as (kept, _, _):
        until(lambda: len(kept.list()) == 4)
        assert [row.id for row in kept.list()] == wanted


def test_a_time_by_a_wrong_clock_is_noted_and_corrected_once_the_clock_is_right(tmp_path, set_times):
    set_times(recording_times_again_s=0.02)
    right, uptime, inbox = [False], [1000.0], Inbox()
    writer = Writer(tmp_path, inbox)
    kept = Recordings(
        tmp_path / "recordings", writer, inbox, lambda: uptime[0], lambda: UNLIMITED, trusted=lambda: right[0]
    )
    kept.open()
    first, second = made(kept, inbox), made(kept, inbox, 1)
    wrong = "2020-01-01T00:00:00.000000Z"
    writer.ask(lambda connection: [recording_index.change(connection, each, started=wrong) for each in (first, second)])
    assert [(row.started, row.clock) for row in kept.list()] == [(wrong, "uncertain")] * 2
    uptime[0] += 3600
    before, right[0] = datetime.now(UTC), True
    until(lambda: {row.clock for row in kept.list()} == {RecordingClock.CORRECTED})
    for row in kept.list():
        begun = datetime.fromisoformat(row.started)
        assert before <= begun + timedelta(seconds=3600) <= datetime.now(UTC)
        assert restore_index.read_facts(kept.path(row.id)).started == row.started
    assert kept.get(made(kept, inbox, 2)).clock == "right"
    assert writer.close(PATIENCE_S)


def test_an_index_that_is_damaged_while_the_station_runs_is_made_again_at_once(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        rows = [kept.get(made(kept, inbox, number)) for number in range(3)]
        with closing(sqlite3.connect(tmp_path / database.FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = tmp_path / database.FILE
        file.write_bytes(file.read_bytes()[:100] + os.urandom(file.stat().st_size - 100))
        with pytest.raises(IntercomError) as caught:
            kept.list()
        assert caught.value.code == "unavailable"

        def again():
            try:
                return list(kept.list()) == rows[::-1]
            except IntercomError:
                return False

        until(again)
        assert inbox.wait(PartFailed)[0].part == "storage"
        assert len(inbox.of(RecordingAvailable)) == 3, "none was announced again"


def test_a_recording_that_was_cut_off_since_is_repaired_when_it_is_fetched(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox, seconds=2)
        path = kept.sound(recording)
        os.truncate(path, 44 + 2 * RATE_HZ + 1)
        assert kept.sound(recording) == path
        assert playable_seconds(path) == 1.0
        row = kept.get(recording)
        assert (row.recovered, row.duration_s, row.bytes) == (True, 1.0, path.stat().st_size)
        assert inbox.wait(RecordingAvailable, 2)[1].recovered


def test_of_a_file_without_sound_nothing_is_served_and_it_stays(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        recording = made(kept, inbox)
        kept.path(recording).write_bytes(b"rubbish")
        with pytest.raises(IntercomError, match="no sound") as caught:
            kept.sound(recording)
        assert caught.value.code == "recording-not-found"
        assert kept.path(recording).read_bytes() == b"rubbish"
        assert kept.get(recording).complete


def test_neither_a_link_nor_another_user_s_file_is_served(tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 999)
    with station(tmp_path) as (kept, inbox, _):
        linked, strange, lost = (made(kept, inbox, number) for number in range(3))
        kept.path(linked).unlink()
        kept.path(linked).symlink_to(secret)
        kept.path(lost).unlink()
        own = os.geteuid()
        monkeypatch.setattr(recording_files.os, "geteuid", lambda: own + 1)
        for recording in (linked, strange, lost):
            with pytest.raises(IntercomError, match="is gone") as caught:
                kept.sound(recording)
            assert caught.value.code == "recording-not-found"
        monkeypatch.undo()
        assert kept.sound(strange) == kept.path(strange)
        with pytest.raises(IntercomError, match="is gone"):
            kept.sound(linked)


def test_foreign_files_are_left_alone_and_facts_that_cannot_be_true_are_not_believed(tmp_path):
    with station(tmp_path) as (kept, inbox, _):
        rows = [kept.get(made(kept, inbox, number)) for number in range(6)]
    directory = tmp_path / "recordings"
    facts = [kept.path(row.id).with_suffix(".json") for row in rows]
    facts[0].write_text("{")
    facts[1].write_text(json.dumps({"number": 7}))
    facts[2].write_text(facts[3].read_text())  # of another recording
    facts[4].unlink()
    facts[4].symlink_to(facts[3])
    facts[5].write_text(re.sub(r"\d{4}-", "yesterday-", facts[5].read_text()))
    with wave.open(str(directory / "music.wav"), "wb") as music:
        music.setparams((1, 2, 8000, 0, "NONE", ""))
        music.writeframes(bytes(100))
    (directory / "r-folder.wav").mkdir()
    strange = sorted(path.name for path in directory.iterdir())
    lose_the_index(tmp_path)
    with station(tmp_path) as (kept, inbox, _):
        inbox.wait(RecordingAvailable, 5)
        assert {row.id for row in kept.list()} == {row.id for row in rows}
        assert kept.get(rows[3].id) == rows[3]
        assert (kept.get(rows[2].id).remote, kept.get(rows[2].id).clock) == ("", "uncertain")
        assert sorted(path.name for path in directory.iterdir()) == strange


def test_facts_that_a_newer_version_wrote_are_believed_after_a_loss_of_the_index(tmp_path):
    """A field that this version does not know costs none of those that it knows."""
    with station(tmp_path) as (kept, inbox, _):
        row = kept.get(made(kept, inbox, 0))
        path = kept.path(row.id).with_suffix(".json")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"transcript": {"language": "de"}}))
    lose_the_index(tmp_path)
    with station(tmp_path) as (kept, _, _):
        until(kept.list)
        assert kept.get(row.id) == row
        assert type(restore_index.read_facts(kept.path(row.id))) is RecordingFacts


def test_an_index_of_an_earlier_version_keeps_its_order_and_learns_from_the_call_log(tmp_path):
    with closing(database.connect(tmp_path, database.STEPS[:4])) as connection:
        for name in ("r-2", "r-1"):
            values = (name, f"c-{name}", "sip:x@y", "2026-01-01T00:00:00.000000Z", 1.0, 5, "", True, False)
            connection.execute("INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        call = {"remote": {"target": None, "display_name": "Ann"}, "end": {"cause": "hangup"}, "custom_data": "n"}
        connection.execute("INSERT INTO calls VALUES (1, 'c-r-1', 'b', 1, ?)", (json.dumps(call),))
    writer = Writer(tmp_path, Inbox())
    writer.ask(lambda _: None, PATIENCE_S)
    newer, older = Recordings(tmp_path / "recordings", writer, Inbox()).list()
    assert (newer.id, newer.party, newer.outcome, newer.note) == ("r-1", "Ann", "hangup", "n")
    assert (older.id, older.party, older.outcome, older.clock) == ("r-2", "", "", "uncertain")
    assert writer.close(PATIENCE_S)
