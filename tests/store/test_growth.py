"""What is read and written costs the same however long the history is: counted in steps of SQLite, not in time."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

from appliance.core.model import RecordingFacts
from appliance.store import database, recording_index
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.journal import Journal
from appliance.store.recordings import Recordings
from appliance.store.restore_index import IndexRestorer
from appliance.store.writer import Writer
from benchmarks import growth
from tests.store.stores import PATIENCE_S, Inbox, envelope

SHORT, LONG = 300, 6_000
EACH = 10  # steps of SQLite's machine in a count


class Steps:
    def __init__(self, monkeypatch) -> None:
        self.count = 0
        original = database.reader

        def counted(*arguments) -> sqlite3.Connection:
            connection = original(*arguments)
            self.watch(connection)
            return connection

        monkeypatch.setattr(database, "reader", counted)

    def watch(self, connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(self.one_more, EACH)

    def one_more(self) -> int:
        self.count += 1
        return 0


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    """Both lengths of history: most tests compare them."""
    made = {size: tmp_path_factory.mktemp(str(size)) for size in (SHORT, LONG)}
    for size, directory in made.items():
        growth.build(directory, size)
    return made


@contextmanager
def writer_of(directory):
    writer = Writer(directory, Inbox())
    yield writer
    assert writer.close(PATIENCE_S)


LISTS = {
    "calls": lambda writer, before: CallLog(writer, "b").list(50, before),
    "audit": lambda writer, before: Audit(writer).list(50, before),
    "recordings": lambda writer, before: Recordings(writer.directory, writer, Inbox()).list(50, before),
}


@pytest.mark.parametrize("deep", [False, True], ids=["newest", "from the middle"])
@pytest.mark.parametrize("what", LISTS)
def test_a_page_of_a_list_costs_the_same_in_a_long_history(histories, monkeypatch, what, deep):
    steps, counts = Steps(monkeypatch), []
    for size, directory in histories.items():
        with writer_of(directory) as writer:
            steps.count = 0
            assert len(LISTS[what](writer, size // 2 if deep else None)) == 50
            counts.append(steps.count)
    assert counts[1] <= counts[0] * 1.5, counts


def test_a_row_of_the_audit_costs_the_same_in_a_long_history(histories, monkeypatch):
    steps, counts = Steps(monkeypatch), []
    for directory in histories.values():
        with writer_of(directory) as writer:
            audit = Audit(writer)
            writer.ask(steps.watch)
            steps.count = 0
            for number in range(20):
                audit.append(envelope(10**6 + number, "door.unlocked"))
                writer.ask(lambda _: None)
            counts.append(steps.count)
    assert counts[1] <= counts[0] * 1.5, counts


def test_the_journal_s_oldest_events_are_found_without_a_look_at_all(tmp_path):
    with writer_of(tmp_path) as writer:
        journal = Journal(tmp_path, writer)
        journal.open()
        for _ in range(LONG):
            journal.append(envelope(journal.take()))
        lost, found = journal.since(10, 5)
        assert (lost, [each["id"] for each in found]) == (None, [11, 12, 13, 14, 15])
        assert journal.since(LONG - 2, 5)[1] == [envelope(LONG - 1), envelope(LONG)]
        assert journal.since(LONG, 5) == (None, [])


def test_of_many_files_those_without_a_row_are_found(tmp_path):
    with writer_of(tmp_path) as writer:
        for number in range(2_500):
            (tmp_path / f"r-{number:05}.wav").touch()
        (tmp_path / "not an id.wav").touch()
        with closing(database.connect(tmp_path)) as connection:
            for number in range(2_490):
                recording_index.insert(connection, RecordingFacts(number + 1, f"r-{number:05}", "", "", ""))
            found = IndexRestorer(tmp_path, writer, print, set, print).unlisted(connection)
    assert sorted(found) == [f"r-{number:05}" for number in range(2_490, 2_500)]
