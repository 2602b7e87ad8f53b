"""The one SQLite file: its tables, how it is opened, and what becomes of it when it is damaged."""

import errno
import os
import sqlite3
import time
from pathlib import Path

FILE = "intercomd.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS recordings (
    id TEXT PRIMARY KEY, call TEXT NOT NULL, remote TEXT NOT NULL, started TEXT NOT NULL, duration_s REAL NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, complete INTEGER NOT NULL, recovered INTEGER NOT NULL
);  -- the fields of recordings.Recording, in their order
PRAGMA user_version = 1;
"""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY_ERRNO = {errno.EROFS, errno.EACCES, errno.EPERM}


def connect(directory: Path) -> sqlite3.Connection:
    """Open the file in `directory` for the writer thread; both are made where missing. Raises OSError, sqlite3.Error.

    WAL: readers never wait for the writer, and a commit is one sequential write. synchronous=FULL: a commit is on disc
    when it returns, power cut or not (NORMAL would lose the last ones), which the promise about recordings and the
    record of who opened the door need; the writer commits at most about once a second, so one fsync each is cheap.
    """
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    connection = sqlite3.connect(directory / FILE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 1048576")  # a WAL that grew once is cut down again
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def reader(directory: Path) -> sqlite3.Connection:
    """A connection that only reads, for one query of any thread. Raises sqlite3.Error."""
    return sqlite3.connect(f"{(directory / FILE).absolute().as_uri()}?mode=ro", uri=True)


def is_disc_error(error: Exception) -> bool:
    """Whether disc or file is to blame, so that trying again later helps; else it is a programming error."""
    if isinstance(error, sqlite3.OperationalError):
        return _primary(error) != sqlite3.SQLITE_ERROR
    return isinstance(error, OSError) or is_damage(error)


def is_damage(error: Exception) -> bool:
    """Whether the file's contents are to blame."""
    return isinstance(error, sqlite3.DatabaseError) and _primary(error) in _DAMAGED


def set_aside(directory: Path) -> Path:
    """Rename a damaged file, with what belongs to it, to a name with the date; returns that name. Raises OSError."""
    damaged = directory / f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    for suffix in ("-wal", "-shm", ""):
        part = directory / f"{FILE}{suffix}"
        if part.exists():
            part.rename(f"{damaged}{suffix}")
    return damaged


def explain(error: Exception, directory: Path) -> tuple[str, str]:
    """Why the disc can not be used, and what to do about it: two sentences for people."""
    primary = _primary(error) if isinstance(error, sqlite3.Error) else None
    number = error.errno if isinstance(error, OSError) else None
    detail = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    if primary == sqlite3.SQLITE_FULL or number in _FULL_ERRNO:
        return (
            f"No space is left for {directory} ({detail}).",
            "Delete files or recordings, or use a larger disc; it goes on by itself.",
        )
    closed = primary == sqlite3.SQLITE_CANTOPEN and directory.is_dir() and not os.access(directory, os.W_OK)
    if closed or primary == sqlite3.SQLITE_READONLY or number in _READ_ONLY_ERRNO:
        return (
            f"{directory} can not be written ({detail}).",
            "Let the service's user own it, and mount the disc for writing; it goes on by itself.",
        )
    return (
        f"{directory} can not be used ({detail}).",
        "Check that the directory is there, that the service's user owns it, and that the disc is sound.",
    )


def _primary(error: sqlite3.Error) -> int | None:
    # Extended codes carry the primary one in their low byte (https://sqlite.org/rescode.html). Errors that Python's own
    # module raises have no code at all.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
