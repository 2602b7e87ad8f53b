"""The writer thread: batches, failures reported once and healed, nothing that makes the caller wait."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.inputs import PartFailed, PartRecovered
from appliance.store import database, event_ids
from appliance.store.event_ids import Reservation
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def writer(tmp_path, inbox):
    writer = Writer(tmp_path / "state", inbox)
    yield writer
    assert writer.close(PATIENCE_S)


def insert(number):
    def job(connection):
        connection.execute("INSERT INTO events VALUES (?, '{}')", (number,))

    return job


def ids(directory):
    with sqlite3.connect(directory / database.FILE) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM events ORDER BY id")]


def test_what_is_queued_is_on_disc_after_close_though_it_was_not_due(tmp_path, inbox):
    writer = Writer(tmp_path, inbox)
    assert writer.submit(insert(1))
    assert writer.submit(insert(2), delay_s=3600)
    assert writer.close(PATIENCE_S)
    assert ids(tmp_path) == [1, 2]
    assert inbox.all == []


def test_nothing_is_taken_after_close(tmp_path, inbox):
    writer = Writer(tmp_path, inbox)
    writer.close(PATIENCE_S)
    assert not writer.submit(insert(1))


def test_jobs_that_are_due_run_in_the_order_they_came(writer):
    ran = []
    go = threading.Event()
    writer.submit(lambda _: go.wait(PATIENCE_S) and None)
    for number in range(50):
        writer.submit(lambda _, number=number: ran.append(number))
    go.set()
    until(lambda: len(ran) == 50)
    assert ran == list(range(50))


def test_a_write_that_failed_is_tried_again_before_those_that_came_meanwhile(writer, set_times):
    """Else an older state would take the place of a newer one."""
    set_times(disc_again_s=(0.01, 0.01))
    ran, begun, go = [], threading.Event(), threading.Event()

    def older(_):
        if not begun.is_set():
            begun.set()
            go.wait(PATIENCE_S)
            raise sqlite3.OperationalError("disk I/O error")
        ran.append("older")

    writer.submit(older)
    assert begun.wait(PATIENCE_S)
    writer.submit(lambda _: ran.append("newer"))
    go.set()
    until(lambda: len(ran) == 2)
    assert ran == ["older", "newer"]


def test_a_stuck_disc_never_makes_the_caller_wait_and_the_queue_is_bounded(tmp_path, inbox):
    go = threading.Event()
    started = threading.Event()
    writer = Writer(tmp_path, inbox, capacity=10)

    def stuck(_):
        started.set()
        go.wait(PATIENCE_S)

    writer.submit(stuck)
    assert started.wait(PATIENCE_S)
    assert [writer.submit(insert(number)) for number in range(12)] == [True] * 10 + [False] * 2
    assert not writer.close(0.01)
    go.set()
    assert writer.close(PATIENCE_S)
    assert ids(tmp_path) == list(range(10))


def test_a_directory_that_cannot_be_made_is_reported_once_and_healed(tmp_path, writer, inbox):
    (tmp_path / "state").write_text("a file where the directory should be")
    writer.submit(insert(1))
    failed = inbox.wait(PartFailed)
    assert failed[0].part == "storage"
    assert str(tmp_path / "state") in failed[0].why
    assert failed[0].resolution
    writer.submit(insert(2))
    (tmp_path / "state").unlink()
    inbox.wait(PartRecovered)
    until(lambda: ids(tmp_path / "state") == [1, 2])  # the first one's next try may have begun before the other came
    assert len(inbox.of(PartFailed)) == 1


def restored(directory):
    """Another database with the row 7, which takes the name of the one in use, as a copy that is put back does."""
    other = Writer(directory.with_name("other"), Inbox())
    other.submit(insert(7))
    assert other.close(PATIENCE_S)
    (directory.with_name("other") / database.FILE).replace(directory / database.FILE)


def removed(directory):
    for path in directory.glob(f"{database.FILE}*"):
        path.unlink()


def emptied(directory):
    (directory / database.FILE).write_bytes(b"")


def moved(directory):
    directory.rename(directory.with_name("moved"))


@pytest.mark.parametrize(("lose", "kept"), [(removed, []), (moved, []), (restored, [7])])
def test_rows_go_to_the_file_that_has_the_name_of_the_database_now(tmp_path, writer, inbox, lose, kept):
    """SQLite would go on writing to the former file, which nobody reads again, and call it stored."""
    state, renewed = tmp_path / "state", []
    writer.renewed.append(lambda: renewed.append(True))
    writer.ask(insert(1))
    lose(state)
    writer.ask(insert(2))
    assert ids(state) == [2, *kept]
    (failed,) = inbox.wait(PartFailed)
    assert "removed or replaced" in failed.why
    assert failed.resolution
    inbox.wait(PartRecovered)
    assert renewed == [True], "recordings are listed again"
    writer.ask(insert(3))
    assert ids(state) == [2, 3, *kept]
    assert len(inbox.of(PartFailed)) == 1


def test_a_job_that_may_be_refused_is_refused_at_once_while_the_disc_fails(tmp_path, inbox, set_times):
    set_times(disc_again_s=(3600.0, 3600.0))
    (tmp_path / "state").write_text("in the way")
    writer = Writer(tmp_path / "state", inbox)
    writer.submit(insert(1))
    inbox.wait(PartFailed)
    why = []
    writer.submit(insert(2), refuse=why.append)
    until(lambda: bool(why))
    assert "cannot be" in why[0]
    with pytest.raises(IntercomError) as caught:
        writer.ask(insert(3))
    assert caught.value.code == "unavailable"
    writer.close(PATIENCE_S)


def test_one_job_with_a_programming_error_is_dropped_and_the_others_are_written(tmp_path, writer, inbox, caplog):
    go = threading.Event()
    writer.submit(lambda _: go.wait(PATIENCE_S) and None)
    refused = []

    def wrong(connection):
        raise ZeroDivisionError

    writer.submit(insert(1))
    writer.submit(wrong)
    writer.submit(wrong, refuse=refused.append)
    writer.submit(lambda connection: connection.execute("INSERT INTO no_such_table VALUES (1)") and None)
    writer.submit(insert(2))
    go.set()
    writer.ask(lambda _: None)
    assert ids(tmp_path / "state") == [1, 2]
    assert len(refused) == 1
    assert inbox.all == []
    assert "ZeroDivisionError" in caplog.text


def test_what_a_question_raises_reaches_the_asker_and_its_answer_too(writer):
    def not_there(_):
        raise IntercomError("recording-not-found", "No.")

    with pytest.raises(IntercomError, match=r"No\."):
        writer.ask(not_there)
    assert writer.ask(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (2,)


def test_a_question_to_a_stuck_disc_ends(writer):
    go = threading.Event()
    writer.submit(lambda _: go.wait(PATIENCE_S) and None)
    with pytest.raises(IntercomError, match="does not answer"):
        writer.ask(lambda _: 1, timeout_s=0.05)
    go.set()


def test_what_follows_a_job_may_fail_without_stopping_the_writer(writer, caplog):
    def follow():
        raise ValueError("boom")

    writer.submit(lambda _: follow)
    assert writer.ask(lambda _: 7) == 7
    assert "boom" in caplog.text


@pytest.mark.parametrize("rubbish", [b"not a database at all, " * 100, b"SQLite format 3\0" + bytes(range(256)) * 40])
def test_a_damaged_database_is_set_aside_with_a_warning_and_a_new_one_begun(tmp_path, inbox, caplog, rubbish):
    (tmp_path / database.FILE).write_bytes(rubbish)
    writer = Writer(tmp_path, inbox)
    writer.submit(insert(1))
    assert "damaged" in inbox.wait(PartFailed)[0].why
    inbox.wait(PartRecovered)
    assert writer.close(PATIENCE_S)
    assert ids(tmp_path) == [1]
    (aside,) = tmp_path.glob("*.damaged-*Z")
    assert aside.read_bytes() == rubbish
    assert aside.name in caplog.text


@pytest.mark.parametrize("lose", [removed, emptied])
def test_a_station_whose_database_is_gone_or_empty_at_its_start_says_so(tmp_path, inbox, lose):
    """As after a power cut and a repair of the file system: codes would be gone without a word."""
    new = Inbox()
    writer = Writer(tmp_path, new)
    writer.ask(insert(1))
    event_ids.write(tmp_path, Reservation(1, clean=True))
    assert writer.close(PATIENCE_S)
    assert new.of(PartFailed) == [], "a new station has lost nothing"
    lose(tmp_path)
    writer = Writer(tmp_path, inbox)
    writer.ask(insert(2))
    (failed,) = inbox.wait(PartFailed)
    assert "gone or empty at the start" in failed.why
    assert "intercomctl restore" in failed.resolution
    inbox.wait(PartRecovered)
    assert writer.close(PATIENCE_S)
    writer = Writer(tmp_path, again := Inbox())
    assert writer.ask(lambda _: 1) == 1
    assert writer.close(PATIENCE_S)
    assert again.of(PartFailed) == []


def test_a_database_damaged_while_it_runs_is_replaced_and_the_job_is_done(tmp_path, inbox):
    writer = Writer(tmp_path, inbox)
    assert writer.ask(lambda _: 1) == 1
    assert writer.close(PATIENCE_S)
    with (tmp_path / database.FILE).open("r+b") as file:  # the schema's page stays, those of the tables go
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    writer = Writer(tmp_path, inbox)
    writer.submit(insert(1))
    inbox.wait(PartRecovered)
    assert writer.close(PATIENCE_S)
    assert ids(tmp_path) == [1]


def test_a_full_disc_is_reported_once_kept_and_healed(tmp_path):
    """A file size limit, in a process of its own: a write past it fails as one on a full disc does."""
    program = """
import resource, sys
from pathlib import Path
from msgspec.structs import replace
from appliance.base import times
from appliance.core.inputs import PartFailed, PartRecovered
from appliance.store.writer import Writer
from tests.store.stores import Inbox
times.use(replace(times.current, disc_again_s=(0.05, 0.1)))
inbox = Inbox()
writer = Writer(Path(sys.argv[1]), inbox)
assert writer.ask(lambda _: 1) == 1
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, resource.RLIM_INFINITY))
def fill(number):
    return lambda connection: connection.execute(
        "INSERT INTO events VALUES (?, ?)", (number, "x" * 20000)) and None
for number in range(20):
    assert writer.submit(fill(number))
(failed,) = inbox.wait(PartFailed)
refused = []
import threading
told = threading.Event()
writer.submit(fill(99), refuse=lambda why: (refused.append(why), told.set()))
assert told.wait(120)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
inbox.wait(PartRecovered)
assert writer.ask(lambda c: c.execute("SELECT count(*) FROM events").fetchone()[0]) == 20
assert writer.close(120)
assert len(inbox.of(PartFailed)) == len(inbox.of(PartRecovered)) == 1, inbox.all
print(failed.why)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device"), "No space is left"),
        (OSError(30, "Read-only file system"), "cannot be written"),
        (OSError(5, "Input/output error"), "cannot be used (Input/output error)"),
    ],
)
def test_the_reason_says_what_is_wrong_with_the_disc(error, sentence):
    why, resolution = database.explain(error, Path("/state"))
    assert sentence in why
    assert resolution


def test_a_read_only_database_is_called_so(tmp_path):
    database.connect(tmp_path).close()
    connection = database.reader(tmp_path)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("DELETE FROM events")
    connection.close()
    assert "cannot be written" in database.explain(caught.value, tmp_path)[0]
    assert database.is_disc_error(caught.value)
