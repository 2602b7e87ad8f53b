"""Erases from the database all that is stored about a person, while no daemon uses it.

Rows of the audit stay as empty ones with their digest, so that the chain shows no other change.
"""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from appliance.store import database, recording_files

_RECORDED = "SELECT id, call, party || char(10) || remote || char(10) || note FROM recordings"
_JSON = {"events": "envelope", "calls": "call", "answers": "answer"}  # tables, and their columns with JSON
_AUDITED = ("audit", "refusals")
_WORD = re.compile(r"[\w-]+")


class Person:
    """Finds a name as whole words, whatever its case, and ids of what belongs to the person."""

    def __init__(self, name: str) -> None:
        words = r"\s+".join(map(re.escape, name.split()))
        self._name = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
        self.ids: set[str] = set()

    def named(self, text: str) -> bool:
        """Whether the text has the name."""
        return self._name.search(text) is not None

    def meant(self, text: str) -> bool:
        """Whether JSON has the name or one of the ids; text that is no JSON is searched as it is."""
        try:
            return self._in(json.loads(text))
        except ValueError:
            return self._in(text)

    def _in(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.named(value) or not self.ids.isdisjoint(_WORD.findall(value))
        if isinstance(value, dict):
            return any(self._in(key) or self._in(item) for key, item in value.items())
        return isinstance(value, list) and any(map(self._in, value))


def erase(directory: Path, recordings: Path, name: str) -> dict[str, int]:
    """Erase a person from the database and the recordings; how many rows of each table. Raises OSError, sqlite3.Error.

    Deleted data is overwritten. Then free pages, which may have data of earlier deletions, leave the file.
    """
    if not (directory / database.FILE).exists():
        return {}
    person = Person(name)
    with closing(database.connect(directory)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        # As bytes: SQLite would give a function no text with a damaged byte.
        connection.create_function("named", 1, lambda data: person.named(database.text(data)))
        connection.create_function("meant", 1, lambda data: person.meant(database.text(data)))
        connection.execute("BEGIN IMMEDIATE")
        done = _erase(connection, recordings, person)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # overwrites pages that VACUUM cuts off
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return done


def _erase(connection: sqlite3.Connection, recordings: Path, person: Person) -> dict[str, int]:
    done: dict[str, int] = {}
    for table, column in (("codes", "code"), ("calls", "call")):
        rows = connection.execute(f"SELECT id FROM {table} WHERE meant(CAST({column} AS BLOB))").fetchall()  # noqa: S608 - our own words
        person.ids.update(key for (key,) in rows)
    calls = connection.execute(
        "SELECT envelope ->> '$.call' FROM events WHERE json_valid(envelope) AND meant(CAST(envelope AS BLOB))"
    )
    person.ids.update(call for (call,) in calls.fetchall() if call)
    found = [row[:2] for row in connection.execute(_RECORDED) if row[1] in person.ids or person.named(row[2])]
    person.ids.update(each for row in found for each in row if each)
    for recording, _ in found:
        for path in recording_files.all_of(recordings, recording):
            path.unlink(missing_ok=True)  # for root too, to whom they do not belong
    connection.executemany("DELETE FROM recordings WHERE id = ?", [(recording,) for recording, _ in found])
    done["recordings"] = len(found)
    done["codes"] = connection.execute("DELETE FROM codes WHERE meant(CAST(code AS BLOB))").rowcount
    connection.execute("DELETE FROM lockouts WHERE named(CAST(who AS BLOB))")
    for table, column in _JSON.items():
        done[table] = connection.execute(f"DELETE FROM {table} WHERE meant(CAST({column} AS BLOB))").rowcount  # noqa: S608 - as above
    for table in _AUDITED:
        emptied = f"UPDATE {table} SET envelope = '', salt = x'' WHERE meant(CAST(envelope AS BLOB))"  # noqa: S608 - as above
        done[table] = connection.execute(emptied).rowcount
    return done
