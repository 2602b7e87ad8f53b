"""Damage that SQLite does not see, or takes for a wrong statement: it works on, or is set aside and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.inputs import PartFailed
from appliance.store import database
from appliance.store.calllog import CallLog
from appliance.store.journal import Journal
from appliance.store.lists import examine, schema
from appliance.store.writer import Writer
from tests.store import flips
from tests.store.flips import SAID, SET_ASIDE, WORKS
from tests.store.stores import Inbox, envelope

TABLES = ("events", "calls", "codes", "lockouts", "audit", "refusals", "answers", "recordings", "chains")
CHANGES = {
    "a column that has another name": "ALTER TABLE codes RENAME COLUMN code TO cod",
    "a column that is gone": "ALTER TABLE lockouts DROP COLUMN door",
    "a column too many": "ALTER TABLE events ADD COLUMN more TEXT",
    "an index that is gone": "DROP INDEX recordings_call",
    "an index of another table": "DROP INDEX recordings_call; CREATE INDEX recordings_call ON calls (boot)",
    "a table too many": "CREATE TABLE others (id INTEGER)",
    "a view in a table's place": "DROP TABLE answers; CREATE VIEW answers AS SELECT 1",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
}
VERSIONS = (-1, 0, 1, len(database.STEPS) - 1, len(database.STEPS) + 1, 1 << 20)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flips.used(tmp_path_factory.mktemp("used") / "state")


def test_a_database_that_is_whole_works(used: Path, tmp_path: Path) -> None:
    assert flips.outcome(flips.changed(used, tmp_path / "copy", lambda _: None)) == WORKS


@pytest.mark.parametrize("table", TABLES)
def test_a_database_without_one_of_its_tables_is_set_aside(used: Path, tmp_path: Path, table: str) -> None:
    copy = flips.changed(used, tmp_path / "copy", lambda db: db.execute(f"DROP TABLE {table}"))
    with pytest.raises(database.Error, match="its tables are not those of version"):
        database.check(copy)
    assert flips.outcome(copy) == SET_ASIDE


def test_the_tables_are_all_that_there_are(used: Path) -> None:
    with closing(sqlite3.connect(used / database.FILE)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert {name for (name,) in rows} == set(TABLES)
        assert schema.of(connection) == schema.made_by(database.STEPS)


@pytest.mark.parametrize("change", CHANGES)
def test_a_schema_that_is_not_ours_is_set_aside(used: Path, tmp_path: Path, change: str) -> None:
    copy = flips.changed(used, tmp_path / "copy", lambda db: db.executescript(CHANGES[change]))
    assert flips.outcome(copy) == SET_ASIDE


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_does_not_fit_the_tables_is_damage_and_no_newer_state(
    used: Path, tmp_path: Path, version: int
) -> None:
    copy = flips.changed(used, tmp_path / "copy", lambda db: db.execute(f"PRAGMA user_version = {version}"))
    assert flips.outcome(copy) == SET_ASIDE


def test_a_database_without_any_table_is_refused_by_a_restore(tmp_path: Path) -> None:
    (tmp_path / database.FILE).touch()
    with pytest.raises(database.Error, match="it has no tables"):
        database.check(tmp_path)


@pytest.mark.parametrize(("byte", "bit"), [(18, 1), (19, 3), (18, 7), (20, 0), (21, 6), (22, 0), (23, 5)])
def test_a_header_by_which_nothing_can_be_written_is_damage_and_no_missing_right(
    used: Path, tmp_path: Path, byte: int, bit: int
) -> None:
    assert flips.outcome(flips.flipped(used, tmp_path / "copy", byte, bit)) == SET_ASIDE


def test_a_letter_of_the_schema_that_is_none_is_damage_though_sqlite_cannot_say_so(used: Path, tmp_path: Path) -> None:
    at = (used / database.FILE).read_bytes().index(b", digest BLOB")
    copy = flips.flipped(used, tmp_path / "copy", at, 7)  # its sentence cites the byte, which is no UTF-8
    with pytest.raises(database.Error, match="schema cannot be read"):
        database.check(copy)
    assert flips.outcome(copy) == SET_ASIDE


def test_a_page_that_only_a_reader_meets_is_set_aside_after_it(used: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(used / database.FILE)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'calls'").fetchone()
    copy = flips.flipped(used, tmp_path / "copy", (page - 1) * 4096, 6)
    inbox = Inbox()
    writer = Writer(copy, inbox)
    calls = CallLog(writer, "boot")
    with pytest.raises(IntercomError):
        calls.list()
    (failed, *_) = inbox.wait(PartFailed)
    writer.close()
    assert "renamed to" in failed.why


@pytest.mark.parametrize("table", ["audit", "refusals"])
def test_an_index_that_leads_to_no_row_is_set_aside_and_refused_by_a_restore(tmp_path: Path, table: str) -> None:
    used = flips.used(tmp_path / "used", of_doors="door.unlocked" if table == "audit" else "door.denied")
    with closing(sqlite3.connect(used / database.FILE)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(query, (f"sqlite_autoindex_{table}_1",)).fetchone()
        ids = connection.execute(f"SELECT id, number FROM {table} ORDER BY number DESC LIMIT 1")
        entry = bytes([3, 1, 1, *ids.fetchone()])  # a record of two small numbers
    at = (used / database.FILE).read_bytes().index(entry, (page - 1) * 4096, page * 4096)
    copy = flips.flipped(used, tmp_path / "copy", at + len(entry) - 1, 6)
    with pytest.raises(database.Error, match=r"wrong # of entries in index|missing from index"):
        database.check(copy)
    assert flips.outcome(copy) == SET_ASIDE


def test_flips_over_the_whole_file_and_the_wal_work_or_are_set_aside() -> None:
    found = flips.many(60, seed=11)
    assert set(found) <= {WORKS, SET_ASIDE, SAID}
    assert found[SET_ASIDE] > 0


def test_a_schema_that_is_damaged_while_the_station_runs_is_set_aside(tmp_path: Path) -> None:
    inbox = Inbox()
    writer = Writer(tmp_path, inbox)
    writer.ask(lambda _: None)
    with closing(sqlite3.connect(tmp_path / database.FILE, isolation_level=None)) as other:
        other.execute("DROP TABLE codes")
    writer.submit(lambda db: db.execute("SELECT * FROM codes"))  # type: ignore[func-returns-value]
    (failed, *_) = inbox.wait(PartFailed)
    writer.close()
    assert "renamed to" in failed.why


def test_a_wrong_statement_stays_a_programming_error(tmp_path: Path) -> None:
    inbox, why = Inbox(), list[str]()
    writer = Writer(tmp_path, inbox)
    writer.submit(lambda db: db.execute("SELECT * FROM nowhere"), refuse=why.append)  # type: ignore[arg-type, return-value]
    writer.close()
    assert why == ["This is a fault of intercomd; see the log."]
    assert not inbox.of(PartFailed)


# -- one damaged row ---------------------------------------------------------------------------------------------------

WHOLE = envelope(2)
DAMAGED = {
    "no type": {key: value for key, value in WHOLE.items() if key != "type"},
    "a number as its type": WHOLE | {"type": 7},
    "no data": {key: value for key, value in WHOLE.items() if key != "data"},
    "a list as its data": WHOLE | {"data": []},
    "no time": {key: value for key, value in WHOLE.items() if key != "time"},
    "no boot": {key: value for key, value in WHOLE.items() if key != "boot"},
    "a text as its uptime": WHOLE | {"uptime": "x"},
    "another id": WHOLE | {"id": 12},
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_one_damaged_row_of_the_journal_costs_that_row_and_the_doctor_names_it(tmp_path: Path, fault: str) -> None:
    writer = Writer(tmp_path, Inbox())
    journal = Journal(tmp_path, writer)
    journal.open()
    for _ in range(3):
        journal.append(envelope(journal.take()))
    journal.close()
    writer.close()
    with closing(sqlite3.connect(tmp_path / database.FILE, isolation_level=None)) as db:
        db.execute("UPDATE events SET envelope = ? WHERE id = 2", (flips.text(DAMAGED[fault]),))
    writer = Writer(tmp_path, Inbox())
    journal = Journal(tmp_path, writer)
    journal.open()
    _, rows = journal.since(0, 10)
    writer.close()
    assert [row["id"] for row in rows] == [1, 3]
    (faults,) = (each.faults for each in examine.examine(tmp_path) if each.check == "log.events")
    assert faults == ("table events: the text of row 2 cannot be read",)


def test_a_damaged_code_costs_that_code_and_is_named(used: Path, tmp_path: Path) -> None:
    broken = """UPDATE codes SET code = '{"id":1}' WHERE id = 'a-4000'"""
    copy = flips.changed(used, tmp_path / "copy", lambda db: db.execute(broken))
    assert flips.outcome(copy) == SAID
