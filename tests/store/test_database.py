"""The database over upgrades and downgrades: brought up to date with a copy kept, a newer one left as it is."""

import hashlib
import logging
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.base.errors import IntercomError
from appliance.core.events import EventsLost
from appliance.core.inputs import PartFailed, PartRecovered, RecordingRefused
from appliance.core.model import CallId, RecordingId
from appliance.core.orders import PrepareRecording
from appliance.store import database
from appliance.store.journal import Journal
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from tests.store.stores import PATIENCE_S, Inbox, envelope

ROOT = Path(__file__).parents[2]
NEXT = (*database.STEPS, "CREATE TABLE more (id INTEGER PRIMARY KEY); INSERT INTO more SELECT id FROM events;")
FAILING = (*NEXT, "CREATE TABLE others (id); INSERT INTO nowhere VALUES (1);")
EVENT = (1, '{"id":1}')


def begin(directory: Path, steps: tuple[str, ...] = database.STEPS) -> None:
    """A database with one event in it."""
    with closing(database.connect(directory, steps)) as connection:
        connection.execute("INSERT INTO events VALUES (?, ?)", EVENT)


def version(file: Path) -> int:
    """As the package's prerm reads it: from the header (https://sqlite.org/fileformat2.html#user_version_number)."""
    return int.from_bytes(file.read_bytes()[60:64], "big")


def contents(directory: Path) -> dict[str, str]:
    """Name and digest of every file; the -shm file holds nothing but locks."""
    files = (path for path in directory.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_new_database_has_the_newest_version_in_its_header(tmp_path: Path) -> None:
    begin(tmp_path)
    assert version(tmp_path / database.FILE) == len(database.STEPS)
    assert set(contents(tmp_path)) == {database.FILE}, "there is nothing to keep a copy of"


def test_an_older_database_is_brought_up_to_date_and_its_copy_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin(tmp_path)
    kept = tmp_path / f"{database.FILE}.version-{len(database.STEPS)}"
    with caplog.at_level(logging.WARNING), closing(database.connect(tmp_path, NEXT)) as connection:
        assert version(tmp_path / database.FILE) == len(NEXT), "on disc at once"
        assert connection.execute("SELECT id FROM more").fetchall() == [(1,)]
    assert str(kept) in caplog.text
    assert f"from version {len(database.STEPS)} to {len(NEXT)}" in caplog.text
    # Under its own name again the copy is what it was.
    (tmp_path / "before").mkdir()
    kept.rename(tmp_path / "before" / database.FILE)
    with closing(database.connect(tmp_path / "before")) as connection:
        assert connection.execute("SELECT * FROM events").fetchall() == [EVENT]
    assert set(contents(tmp_path / "before")) == {database.FILE}


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    begin(tmp_path)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            database.connect(tmp_path, FAILING)
        assert version(tmp_path / database.FILE) == len(database.STEPS)
    with closing(database.connect(tmp_path)) as connection:
        assert connection.execute("SELECT * FROM events").fetchall() == [EVENT]
        assert connection.execute("SELECT name FROM sqlite_master WHERE name IN ('more', 'others')").fetchall() == []


def test_without_room_for_the_copy_nothing_is_changed(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / f"{database.FILE}.version-{len(database.STEPS)}.new").mkdir()
    with pytest.raises(OSError):
        database.connect(tmp_path, NEXT)
    assert version(tmp_path / database.FILE) == len(database.STEPS)


# What tables have of a person's: the chains of the audit are made from its rows, and have tests of their own.
CARRIED = ("events", "recordings", "calls", "codes", "lockouts", "audit", "refusals", "answers")
ENVELOPES = ('{"id": 1, "type": "door.unlocked"}', '{"id": 2, "type": "door.denied"}')


def fill(connection: sqlite3.Connection) -> None:
    """Two rows in each table, whatever its columns are at this version."""
    for table in CARRIED:
        columns = [(name, kind) for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")]
        for number, envelope_ in enumerate(ENVELOPES[: 2 if columns else 0], 1):
            values = {"INTEGER": number, "REAL": float(number), "BLOB": bytes(32)}
            row = [
                envelope_ if name in {"envelope", "call", "code"} else values.get(kind, f"{name}-{number}")
                for name, kind in columns
            ]
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def counted(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows by table; those of refusals were in the audit once."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    rows = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in CARRIED if table in there
    }
    return rows | {"audit": rows.get("audit", 0) + rows.pop("refusals", 0)}


@pytest.mark.parametrize("earlier", range(1, len(database.STEPS)))
def test_an_upgrade_carries_the_rows_of_each_earlier_version_over(tmp_path: Path, earlier: int) -> None:
    with closing(database.connect(tmp_path, database.STEPS[:earlier])) as connection:
        fill(connection)
        before = counted(connection)
        events = connection.execute("SELECT * FROM events").fetchall()
    with closing(database.connect(tmp_path)) as connection:
        after = counted(connection)
        assert connection.execute("SELECT * FROM events").fetchall() == events
    assert sum(before.values()) >= 4
    assert {table: after[table] for table in before} == before


KILLED = """
import os, signal, sys
from pathlib import Path
from appliance.store import database
connection = database.connect(Path(sys.argv[1]), (*database.STEPS, "CREATE TABLE more (id);"))
connection.execute("INSERT INTO events VALUES (2, '{}')")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_newer_database_is_not_touched_and_everything_but_keeping_goes_on(tmp_path: Path) -> None:
    # Left by a kill, so that its newest row is in the file beside it, which opening for writing would empty.
    begin(tmp_path)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, timeout=PATIENCE_S, check=False)
    assert ended.returncode == -signal.SIGKILL
    before = contents(tmp_path)
    assert f"{database.FILE}-wal" in before
    inbox = Inbox()
    writer = Writer(tmp_path, inbox)
    journal = Journal(tmp_path, writer)
    lost = journal.open()
    assert lost is None or isinstance(lost, EventsLost)
    number = journal.take()
    journal.append(envelope(number))
    (failed,) = inbox.wait(PartFailed)
    assert failed.part == "storage"
    assert "newer intercomd" in failed.why
    assert f"version {len(NEXT)}" in failed.why
    assert "Install the newer intercomd again" in failed.resolution
    assert journal.since(number - 1, 10)[1] == [envelope(number)]
    recordings = Recordings(tmp_path / "recordings", writer, inbox)
    recordings.prepare(PrepareRecording(CallId("c-1"), RecordingId("r-1"), "sip:kitchen@127.0.0.1"))
    assert "newer intercomd" in inbox.wait(RecordingRefused)[0].why
    with pytest.raises(IntercomError, match="newer intercomd"):
        recordings.list()
    assert {name: digest for name, digest in contents(tmp_path).items() if name in before} == before
    # Moved away as the text says: what waited is written, and nobody has to restart anything.
    for name in sorted(before, reverse=True):  # the database itself after what lies beside it
        (tmp_path / name).rename(tmp_path / f"newer-{name}")
    inbox.wait(PartRecovered)
    assert len(inbox.of(PartFailed)) == 1
    journal.close()
    assert writer.close(PATIENCE_S)
    with closing(database.reader(tmp_path)) as connection:
        assert connection.execute("SELECT id FROM events").fetchall() == [(number,)]


def test_the_package_knows_which_release_reads_each_version_first() -> None:
    told = (ROOT / "packaging/debian/state-versions").read_text().splitlines()
    rows = [line.split() for line in told if not line.startswith("#")]
    assert [int(number) for number, _release in rows] == list(range(1, len(database.STEPS) + 1))
    for (_, older), (_, newer) in pairwise(rows):
        assert subprocess.run(["dpkg", "--compare-versions", older, "le", newer], check=False).returncode == 0
