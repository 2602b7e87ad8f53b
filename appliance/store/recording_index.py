"""The index of recordings: a table in the writer's database, searched in pages, newest first.

A recording's number is its place in the order in which recordings began. It is the time in milliseconds, but always
more than the last one, so a clock that was wrong does not change the order; and it is in the facts beside the file, so
that a new index has the same order.
"""

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from appliance.core.model import (
    OF_MESSAGE,
    CallId,
    RecordingClock,
    RecordingFacts,
    RecordingKind,
    RecordingSearch,
)

LATEST = 1 << 62  # more than each number
_TEXTS = [
    "id",
    "call",
    "remote",
    "started",
    "sha256",
    "party",
    "doors",
    "outcome",
    "note",
    "copy_error",
    "wanted_format",
]
ENTRY_IS_WHOLE = " AND ".join(
    (
        *(f"typeof({name}) = 'text'" for name in _TEXTS),
        *(f"typeof({name}) = 'integer'" for name in ("number", "bytes", "complete", "recovered", "copy_tries")),
        *(f"typeof({name}) IN ('text', 'null')" for name in ("copied", "conference")),
        "typeof(duration_s) = 'real'",
        f"number < {LATEST}",
        f"clock IN {tuple(map(str, RecordingClock))}",
        # As recording_files.is_id; not by GLOB alone, for which SQLite would read the index of ids.
        "substr(id, 1, 2) = 'r-' AND length(id) BETWEEN 3 AND 64 AND substr(id, 3) NOT GLOB '*[^-0-9a-z]*'",
    )
)
"""Whether a row of the index is whole: others are left out of lists, and lead to no file."""
COLUMNS = ", ".join(RecordingFacts.__struct_fields__)
ONE = f"SELECT {COLUMNS} FROM recordings WHERE id = ? AND {ENTRY_IS_WHOLE}"  # noqa: S608 - our own words, as below
TO_CONVERT = (
    "SELECT id FROM recordings WHERE complete AND wanted_format <> 'wav' AND id IN (SELECT value FROM json_each(?))"
)
ORDERED_OPUS = f"SELECT id FROM recordings WHERE complete AND wanted_format = 'opus' AND {ENTRY_IS_WHOLE}"  # noqa: S608
UNCOPIED = f"SELECT id FROM recordings WHERE complete AND copied IS NULL AND {ENTRY_IS_WHOLE} ORDER BY number"  # noqa: S608
_PLACES = ", ".join("?" * (COLUMNS.count(",") + 1))


def insert(connection: sqlite3.Connection, entry: RecordingFacts) -> None:
    """Add a row, unless the recording has one. Its number is more than any other's if it is 0."""
    number = entry.number or next_number(connection)
    while connection.execute("SELECT 1 FROM recordings WHERE number = ?", (number,)).fetchone():
        number += 1  # facts of one file were copied to another one
    values = (number, *_values(entry)[1:])
    connection.execute(f"INSERT OR IGNORE INTO recordings ({COLUMNS}) VALUES ({_PLACES})", values)  # noqa: S608 - ours


def next_number(connection: sqlite3.Connection) -> int:
    """The number of a recording that begins now."""
    last = connection.execute("SELECT max(number) FROM recordings WHERE number < ?", (LATEST,)).fetchone()[0]
    return max(int(time.time() * 1000), (last or 0) + 1)


def change(connection: sqlite3.Connection, recording: str, **values: Any) -> None:
    """Set some columns of a row."""
    settings = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE recordings SET {settings} WHERE id = ?", (*values.values(), recording))  # noqa: S608


def find(connection: sqlite3.Connection, recording: str) -> RecordingFacts | None:
    """The row of a recording."""
    found = connection.execute(ONE, (recording,)).fetchone()
    return None if found is None else entry(found)


def of_call(connection: sqlite3.Connection, call: CallId) -> list[RecordingFacts]:
    """The rows of a call's recordings."""
    found = connection.execute(f"SELECT {COLUMNS} FROM recordings WHERE call = ? AND {ENTRY_IS_WHOLE}", (call,))  # noqa: S608
    return [entry(row) for row in found.fetchall()]


def page(limit: int, before: int | None, search: RecordingSearch) -> tuple[str, tuple[int | str, ...]]:
    """The query for a page, newest first, and its values."""
    conditions: list[tuple[str, tuple[int | str, ...]]] = [("number < ?", (LATEST if before is None else before,))]
    if search.after:
        conditions.append(("started >= ?", (search.after,)))
    if search.before:
        conditions.append(("started < ?", (search.before,)))
    if search.party:
        conditions.append((f"({CONTAINS.format('remote')} OR {CONTAINS.format('party')})", (part(search.party),) * 2))
    if search.door:
        conditions.append(("instr(doors, ?)", (_token(search.door),)))
    if search.outcome:
        conditions.append(("outcome = ?", (search.outcome,)))
    if search.note:
        conditions.append((CONTAINS.format("note"), (part(search.note),)))
    if search.kind:
        is_message = "id LIKE '%' || ?"
        conditions.append((is_message if search.kind == RecordingKind.MESSAGE else f"NOT {is_message}", (OF_MESSAGE,)))
    where = " AND ".join(condition for condition, _ in conditions)
    values = tuple(value for _, some in conditions for value in some)
    query = f"SELECT {COLUMNS} FROM recordings WHERE {where} AND {ENTRY_IS_WHOLE} ORDER BY number DESC LIMIT ?"  # noqa: S608 - our own words
    return query, (*values, limit)


def entry(row: tuple[Any, ...]) -> RecordingFacts:
    """A row as a record."""
    fields = dict(zip(RecordingFacts.__struct_fields__, row, strict=True))
    fields["doors"] = tuple(door for door in fields["doors"].split("\n") if door)
    fields["clock"] = RecordingClock(fields["clock"])
    fields |= {name: bool(fields[name]) for name in ("complete", "recovered")}
    return RecordingFacts(**fields)


def doors_text(doors: Iterable[str]) -> str:
    """Return doors as a column: each id stands between line ends, so that a search for a door finds no longer id."""
    return "".join(_token(door) for door in doors)


CONTAINS = "{} GLOB ?"
_NOTHING = "["  # a pattern that fits no text, as its class has no end


def part(text: str) -> str:
    """A pattern for texts that contain this one; upper and lower case are the same. SQLite's LIKE knows A to Z only."""
    if "\0" in text:  # SQLite would read the pattern as far as there, and no stored text has one
        return _NOTHING
    return f"*{''.join(map(_either_case, text))}*"


def _either_case(letter: str) -> str:
    forms = {each for each in (letter, letter.lower(), letter.upper()) if len(each) == 1}
    return f"[{''.join(sorted(forms))}]" if len(forms) > 1 or letter in "*?[" else letter


def _token(door: str) -> str:
    return f"\n{door}\n"


def _values(entry: RecordingFacts) -> tuple[Any, ...]:
    """A record as a row, in the order of COLUMNS."""
    return (
        entry.number,
        entry.id,
        entry.call,
        entry.remote,
        entry.started,
        entry.duration_s,
        entry.bytes,
        entry.sha256,
        entry.complete,
        entry.recovered,
        entry.clock,
        entry.party,
        doors_text(entry.doors),
        entry.outcome,
        entry.note,
        entry.copied,
        entry.copy_tries,
        entry.copy_error,
        entry.wanted_format,
        entry.conference,
    )
