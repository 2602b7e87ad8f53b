"""The chain of a table: each row has a hash over itself and the row before it, so a change of an old row shows.

Rows are numbered without gaps. `digest` is a hash over a row's text, and over chance, so that nobody can try out which
text it belongs to; `hash` is one over the hash of the row before, the number and the digest. The table `chains` has
where each chain begins, as limits remove its oldest rows, and where it ends. Who can write the file can forge all of
it: a hash that was noted elsewhere shows that.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable

from appliance.base.record import Record

START = bytes(32)  # the hash before the very first row
_SALT_BYTES = 16
_NUMBER_BYTES = 8
_FAR = 1 << 62  # no station has had so many events


class Ends(Record):
    """A chain's ends: the number of its first row, the hash before that one, and number and hash of its last row."""

    first: int = 1
    before: bytes = START
    last: int = 0
    hash: bytes = START


def digest(salt: bytes, text: bytes) -> bytes:
    """The digest of a row's text."""
    return hashlib.sha256(salt + text).digest()


def link(before: bytes, number: int, digested: bytes) -> bytes:
    """The hash of a row after the row with the hash `before`."""
    return hashlib.sha256(before + number.to_bytes(_NUMBER_BYTES, "big", signed=True) + digested).digest()


def add_functions(connection: sqlite3.Connection) -> None:
    """Let SQL compute a chain, for rows that had none."""
    connection.create_function("chain_digest", 2, digest, deterministic=True)
    connection.create_function("chain_link", 3, link, deterministic=True)


def append(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[int, str]]) -> None:
    """Add events, ids and texts; an event that is there already is left."""
    ends = _ends(connection, table)
    last, hashed = ends.last, ends.hash
    newest_row = _newest_row(connection, table)
    if not newest_row.last <= last < _FAR:  # it is damaged: the numbers after it may be taken, or too large for SQLite
        last, hashed = newest_row.last, newest_row.hash
    for event, text in rows:
        if connection.execute(f"SELECT 1 FROM {table} WHERE id = ?", (event,)).fetchone():  # noqa: S608 - our own words
            continue
        last, salt = last + 1, os.urandom(_SALT_BYTES)
        digested = digest(salt, text.encode())
        hashed = link(hashed, last, digested)
        row = last, event, text, salt, digested, hashed
        connection.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - as above
    values = table, ends.first, ends.before, last, hashed
    connection.execute("INSERT OR REPLACE INTO chains VALUES (?, ?, ?, ?, ?)", values)


def trim(connection: sqlite3.Connection, table: str, upto: int) -> None:
    """Remove the rows up to a number, and note the last removed hash: the remaining rows are a chain still."""
    newest = f"SELECT number, hash FROM {table} WHERE number <= ? ORDER BY number DESC LIMIT 1"  # noqa: S608 - as above
    gone = connection.execute(newest, (upto,)).fetchone()
    if gone is not None:
        connection.execute("UPDATE chains SET first = ?, before = ? WHERE name = ?", (gone[0] + 1, gone[1], table))
        connection.execute(f"DELETE FROM {table} WHERE number <= ?", (upto,))  # noqa: S608 - as above


def newest(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    """The number and the hash of the newest row there was; 0 before the first."""
    ends = _ends(connection, table)
    return ends.last, ends.hash.hex()


def faults(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the changed and the removed rows of a chain, in words."""
    ends = _ends(connection, table)
    found, number, before = list[str](), ends.first - 1, ends.before
    known = True  # the hash of the row before
    columns = ", ".join(f"CAST({name} AS BLOB)" for name in ("envelope", "salt", "digest", "hash"))
    rows = connection.execute(f"SELECT number, {columns} FROM {table} ORDER BY number")  # noqa: S608 - our own words
    for next_number, text, salt, digested, hashed in rows:
        if next_number != number + 1:
            found.append(_missing(number + 1, next_number - 1))
            known = False
        if (salt or text) and digest(salt, text) != digested:  # both are empty in a row that was erased
            found.append(f"row {next_number} was changed")
        elif known and link(before, next_number, digested) != hashed:
            found.append(f"row {next_number} does not follow from the row before it: one of both was changed")
        number, before, known = next_number, hashed, True
    if number != ends.last:
        found.append(_missing(number + 1, ends.last))
    elif known and before != ends.hash:
        found.append(f"row {number}, the newest, was changed")
    return found


def _missing(first: int, last: int) -> str:
    if first > last:
        return f"row {last + 1} does not belong there"
    return f"row {first} was removed" if first == last else f"rows {first} to {last} were removed"


def _ends(connection: sqlite3.Connection, table: str) -> Ends:
    columns = "CAST(first AS INTEGER), CAST(before AS BLOB), CAST(last AS INTEGER), CAST(hash AS BLOB)"
    found = connection.execute(f"SELECT {columns} FROM chains WHERE name = ?", (table,)).fetchone()  # noqa: S608 - ours
    if found is not None and None not in found:
        return Ends(*found)
    return _newest_row(connection, table)  # somebody removed it: new rows follow the newest one there is


def _newest_row(connection: sqlite3.Connection, table: str) -> Ends:
    query = f"SELECT number, CAST(hash AS BLOB) FROM {table} ORDER BY number DESC LIMIT 1"  # noqa: S608 - as above
    row = connection.execute(query).fetchone()
    return Ends() if row is None else Ends(last=row[0], hash=row[1])
