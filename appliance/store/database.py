"""The one SQLite file: its tables, how it is opened or migrated, and what happens to a damaged one."""

import errno
import logging
import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from appliance.base import durable
from appliance.store import event_ids
from appliance.store.lists import chain, schema

log = logging.getLogger(__name__)

FILE = "intercomd.sqlite3"
Error = sqlite3.Error  # for those who use the functions here alone

_CHAINED = """
    ALTER TABLE {table} RENAME TO unchained;
    CREATE TABLE {table} (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, envelope TEXT NOT NULL,
        salt BLOB NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL
    );
    INSERT INTO {table} SELECT row_number() OVER (ORDER BY id), id, envelope, randomblob(16), x'', x'' FROM unchained;
    DROP TABLE unchained;
    UPDATE {table} SET digest = chain_digest(salt, CAST(envelope AS BLOB));
    WITH RECURSIVE linked (number, hash) AS (
        VALUES (0, zeroblob(32)) UNION ALL
        SELECT t.number, chain_link(linked.hash, t.number, t.digest)
            FROM linked JOIN {table} AS t ON t.number = linked.number + 1
    ) UPDATE {table} SET hash = linked.hash FROM linked WHERE linked.number = {table}.number;
    INSERT INTO chains SELECT '{table}', 1, zeroblob(32), number, hash FROM {table} ORDER BY number DESC LIMIT 1;
"""
STEPS = (
    """
    CREATE TABLE events (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL);
    CREATE TABLE recordings (
        id TEXT PRIMARY KEY, call TEXT NOT NULL, remote TEXT NOT NULL, started TEXT NOT NULL, duration_s REAL NOT NULL,
        bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, complete INTEGER NOT NULL, recovered INTEGER NOT NULL
    );  -- the fields of recordings.Recording, in their order
    """,
    """
    CREATE TABLE calls (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, boot TEXT NOT NULL, over INTEGER NOT NULL,
        call TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE codes (id TEXT PRIMARY KEY, code TEXT NOT NULL);
    CREATE TABLE lockouts (scope TEXT NOT NULL, who TEXT NOT NULL, wrong INTEGER NOT NULL, seconds REAL NOT NULL);
    CREATE TABLE audit (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL);
    """,
    """
    CREATE TABLE refusals (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL);  -- those of the audit
    INSERT INTO refusals SELECT id, envelope FROM audit WHERE json_extract(envelope, '$.type') IN
        ('door.denied', 'keypad.refused', 'keypad.locked_out', 'access.denied', 'access.locked_out');
    DELETE FROM audit WHERE id IN (SELECT id FROM refusals);
    """,
    """
    CREATE TABLE answers (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, until REAL NOT NULL, answer TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE listed (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, call TEXT NOT NULL, remote TEXT NOT NULL,
        started TEXT NOT NULL, duration_s REAL NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
        complete INTEGER NOT NULL, recovered INTEGER NOT NULL, clock TEXT NOT NULL, party TEXT NOT NULL,
        doors TEXT NOT NULL, outcome TEXT NOT NULL, note TEXT NOT NULL
    );  -- the fields of RecordingFacts, in their order
    INSERT INTO listed SELECT
        r.rowid, r.id, r.call, r.remote, r.started, r.duration_s, r.bytes, r.sha256, r.complete, r.recovered,
        'uncertain',
        coalesce(c.call ->> '$.remote.target', c.call ->> '$.remote.display_name', ''), '',
        coalesce(c.call ->> '$.end.cause', ''), coalesce(c.call ->> '$.custom_data', '')
        FROM recordings AS r LEFT JOIN calls AS c ON c.id = r.call;
    DROP TABLE recordings;
    ALTER TABLE listed RENAME TO recordings;
    CREATE INDEX recordings_call ON recordings (call);
    CREATE INDEX recordings_outcome ON recordings (outcome);
    CREATE INDEX recordings_bytes ON recordings (bytes) WHERE complete;
    CREATE INDEX recordings_unfinished ON recordings (id) WHERE NOT complete;
    """,
    f"""
    CREATE TABLE chains (
        name TEXT PRIMARY KEY, first INTEGER NOT NULL, before BLOB NOT NULL, last INTEGER NOT NULL, hash BLOB NOT NULL
    );  -- the fields of chain.Ends, in their order
    {_CHAINED.format(table="audit")}
    {_CHAINED.format(table="refusals")}
    """,
    """
    ALTER TABLE recordings ADD COLUMN copied TEXT;
    ALTER TABLE recordings ADD COLUMN copy_tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE recordings ADD COLUMN copy_error TEXT NOT NULL DEFAULT '';
    """,
    """
    ALTER TABLE recordings ADD COLUMN wanted_format TEXT NOT NULL DEFAULT '';
    CREATE INDEX recordings_wanted_format ON recordings (wanted_format) WHERE wanted_format <> '';
    """,
    """
    ALTER TABLE lockouts ADD COLUMN door TEXT NOT NULL DEFAULT '';
    """,
    """
    ALTER TABLE recordings ADD COLUMN conference TEXT;
    """,
)
"""Step n, counted from 0, makes tables of version n + 1 from those of version n; version 0 is an empty file.

A step that was in a release stays as it is: another change is another step. Each needs a line in
packaging/debian/state-versions, which says what release reads a version first: no older one is installed over it.
"""
text = partial(str, encoding="utf-8", errors="replace")
"""The text of a column: a damaged byte costs a character, not the row, and with it the whole list."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY_ERRNO = {errno.EROFS, errno.EACCES, errno.EPERM}


class NewerState(sqlite3.OperationalError):
    """The file is a newer intercomd's, and was left as it is. An OperationalError: trying again later may help."""


def connect(directory: Path, steps: tuple[str, ...] = STEPS) -> sqlite3.Connection:
    """Open the file in `directory` for the writer thread; both are created if missing.

    Tables of an older version are migrated, after a copy of the file. Raises OSError, sqlite3.Error, of which
    NewerState before anything is written. A schema that differs from its version's counts as damage: otherwise a
    flipped bit in the schema would look like a fault of each statement that needs the table.

    WAL: readers never wait for the writer, and a commit is one sequential write. synchronous=FULL: a commit is on disc
    when it returns, power cut or not (NORMAL would lose the last ones), as the guarantees for recordings and for the
    audit of doors require; the writer commits at most about once a second, so one fsync each is cheap.
    """
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    version = 0
    if (directory / FILE).exists():
        with closing(reader(directory, steps)) as connection:  # which changes no file
            version = _version(connection)
            _compare(connection, version, steps)
        _look_at_header(directory / FILE)
    connection = sqlite3.connect(directory / FILE, isolation_level=None, check_same_thread=False)
    connection.text_factory = text
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 1048576")  # a WAL that has grown is truncated again
        if version < len(steps):
            _migrate(connection, directory, version, steps)
    except (OSError, sqlite3.Error):
        connection.close()
        raise
    return connection


Files = dict[str, tuple[int, int]]
"""Which files the database and its -wal and -shm are, by the ends of their names: their devices and inodes."""


def files(directory: Path, suffixes: Iterable[str] = ("", "-wal", "-shm")) -> Files:
    """The files that have these names now, without those that are missing. Raises OSError."""
    found: Files = {}
    for suffix in suffixes:
        with suppress(FileNotFoundError):
            there = (directory / f"{FILE}{suffix}").stat()
            found[suffix] = there.st_dev, there.st_ino
    return found


def is_lost(directory: Path) -> bool:
    """Whether a station ran here, as it has reserved event ids, and its database is gone or was emptied."""
    with suppress(OSError):
        there = {path.name: path.stat().st_size for path in directory.glob("*") if path.name in {FILE, event_ids.FILE}}
        return event_ids.FILE in there and not there.get(FILE)
    return False


def leave(directory: Path, former: Files) -> None:
    """Rename the -wal and -shm of a former database: SQLite would mix its pages into the next one. Raises OSError."""
    for suffix, identity in files(directory, ("-wal", "-shm")).items():
        if former.get(suffix) == identity:
            (directory / f"{FILE}{suffix}").rename(directory / f"{FILE}.former{suffix}")


def _version(connection: sqlite3.Connection) -> int:
    """The version of the tables, 0 without tables. Raises sqlite3.Error."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def damage(why: str) -> sqlite3.DatabaseError:
    """The error for contents that are damaged in a way that SQLite does not see."""
    error = sqlite3.DatabaseError(why)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _compare(connection: sqlite3.Connection, version: int, steps: tuple[str, ...]) -> None:
    """Raise the error of a damaged database unless the schema equals the schema of `version`."""
    try:
        same = 0 <= version <= len(steps) and schema.of(connection) == schema.made_by(steps[:version])
    except (sqlite3.Error, UnicodeError) as error:
        if is_disc_error(error):
            raise
        raise damage(f"its schema cannot be read: {error}") from error
    if not same:
        raise damage(f"its tables are not those of version {version}")


def _look_at_header(file: Path) -> None:
    """Raise the error of a damaged database for fields of the header by which SQLite would refuse to write.

    See https://sqlite.org/fileformat2.html#the_database_header. An empty file has none.
    """
    with file.open("rb") as opened:
        head = opened.read(100)
    if head and (not {head[18], head[19]} <= {1, 2} or head[20:24] != b"\x00\x40\x20\x20"):
        raise damage("its header is damaged")


def cause(error: Exception, directory: Path) -> Exception:
    """The error behind an error of a statement: a damaged schema may look like a fault of the statement."""
    if is_disc_error(error) or not isinstance(error, sqlite3.OperationalError | UnicodeError):
        return error
    try:
        with closing(reader(directory)) as connection:
            _compare(connection, _version(connection), STEPS)
    except sqlite3.Error as found:
        return found if is_disc_error(found) else damage(str(found))
    return error


def _migrate(connection: sqlite3.Connection, directory: Path, version: int, steps: tuple[str, ...]) -> None:
    """Migrate tables of `version`, all steps or none. Raises OSError, sqlite3.Error."""
    if version:
        kept = _back_up(connection, directory, version)
    chain.add_functions(connection)
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE; {' '.join(steps[version:])} PRAGMA user_version = {len(steps)}; COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    # The package reads the version from the main file's header when an older intercomd is to be installed.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if version:
        log.warning(
            "the database was brought from version %d to %d; what it was before is kept in %s",
            version,
            len(steps),
            kept,
        )


def _back_up(connection: sqlite3.Connection, directory: Path, version: int) -> Path:
    """A durable copy of the database beside it; it replaces an earlier copy of the same version."""
    kept = directory / f"{FILE}.version-{version}"
    new = directory / f"{kept.name}.new"
    new.unlink(missing_ok=True)
    _copy(connection, new)
    new.replace(kept)
    durable.sync(directory)
    return kept


def copy(directory: Path, file: Path) -> int:
    """Copy the database as it is at one moment into a new file, durably; the version of its tables.

    Others may write meanwhile, and do not wait. Raises OSError, sqlite3.Error.
    """
    with closing(reader(directory)) as connection:
        _copy(connection, file)
        return _version(connection)


def finished(file: Path) -> list[str]:
    """The ids of the recordings that are complete in a copy. Raises sqlite3.Error."""
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT id FROM recordings WHERE complete")]


def _copy(connection: sqlite3.Connection, file: Path) -> None:
    with closing(sqlite3.connect(file)) as made:
        connection.backup(made)
        # In one file: a copy in WAL mode could have parts of its own beside it.
        made.execute("PRAGMA journal_mode = DELETE")
    durable.sync(file)


def reader(directory: Path, steps: tuple[str, ...] = STEPS) -> sqlite3.Connection:
    """A connection that only reads, for one query of any thread. Raises sqlite3.Error, NewerState among them."""
    connection = sqlite3.connect(f"{(directory / FILE).absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = text
    try:
        version = _version(connection)
        if version > len(steps) and schema.of(connection) == schema.made_by(steps):
            raise damage(f"its version is {version}, with the tables of {len(steps)}")
        if version > len(steps):
            raise NewerState(f"its tables have version {version}, the newest known here is {len(steps)}")
    except UnicodeError as error:  # SQLite's sentence about a damaged schema cites it
        connection.close()
        raise damage(f"its schema cannot be read: {error}") from error
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def settle(directory: Path) -> None:
    """Write every committed change into the database file itself, also after a kill; leave a damaged file unchanged.

    No other program may have the file open, and the file is no link.
    """
    file = directory / FILE
    if not os.path.lexists(f"{file}-wal") or file.is_symlink():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as found:
        found.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def check(directory: Path) -> None:
    """Raise DatabaseError if the contents of the file are damaged: on disc, whatever other connections remember.

    A file without tables is damaged: no station has one. So is an index that leads to wrong rows: a list that needs it
    cannot be read, and only the whole check of SQLite compares indexes with tables.
    """
    with closing(reader(directory)) as connection:
        version = _version(connection)
        _compare(connection, version, STEPS)
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if not version or found != "ok":
        raise damage("it has no tables" if not version else found)


def is_disc_error(error: Exception) -> bool:
    """Whether disc or file is to blame, so that a retry may help; otherwise it is a programming error."""
    if isinstance(error, sqlite3.OperationalError):
        return _primary(error) != sqlite3.SQLITE_ERROR
    return isinstance(error, OSError) or is_damage(error)


def is_full(error: Exception) -> bool:
    """Whether no space is left on the disc."""
    if isinstance(error, sqlite3.Error):
        return _primary(error) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL_ERRNO


def is_of_one_file(error: OSError, directory: Path) -> bool:
    """Whether one file of the directory is to blame, and the others can be used: trying again would help none."""
    # EROFS: after an error ext4 refuses to write, and access(2) does not see it.
    of_all = is_full(error) or error.errno in {errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
    return not of_all and os.access(directory, os.R_OK | os.W_OK | os.X_OK)


def is_damage(error: Exception) -> bool:
    """Whether the file's contents are to blame."""
    return isinstance(error, sqlite3.DatabaseError) and _primary(error) in _DAMAGED


def set_aside(directory: Path) -> Path:
    """Rename a damaged database and its files (-wal, -shm) to a name with the date; returns the name.

    Raises OSError.
    """
    damaged = directory / f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    for suffix in ("-wal", "-shm", ""):
        part = directory / f"{FILE}{suffix}"
        if part.exists():
            part.rename(f"{damaged}{suffix}")
    return damaged


def explain(error: Exception, directory: Path) -> tuple[str, str]:
    """Why the disc cannot be used, and the remedy: two sentences for people."""
    if isinstance(error, NewerState):
        return (
            f"{directory / FILE} was written by a newer intercomd and stays unchanged ({error}).",
            "Install the newer intercomd again, or move the file away; until then nothing is saved or recorded.",
        )
    primary = _primary(error) if isinstance(error, sqlite3.Error) else None
    number = error.errno if isinstance(error, OSError) else None
    detail = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    if is_full(error):
        return (
            f"No space is left for {directory} ({detail}).",
            "Delete files or recordings, or use a larger disc; the storage resumes by itself.",
        )
    closed = primary == sqlite3.SQLITE_CANTOPEN and directory.is_dir() and not os.access(directory, os.W_OK)
    if closed or primary == sqlite3.SQLITE_READONLY or number in _READ_ONLY_ERRNO:
        return (
            f"{directory} cannot be written ({detail}).",
            "Make the service's user its owner; or mount the disc for writing, and restart the service.",
        )
    return (
        f"{directory} cannot be used ({detail}).",
        "Check that the directory exists, that the service's user owns it, and that the disc is sound.",
    )


def _primary(error: sqlite3.Error) -> int | None:
    # Extended codes contain the primary one in their low byte (https://sqlite.org/rescode.html). Errors of Python's own
    # module have no code.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
