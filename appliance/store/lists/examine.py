"""Whether the journal, the call log, the audit and the list of recordings on disc are whole; it only looks."""

import sqlite3
from contextlib import closing
from pathlib import Path

from appliance.base.record import Record
from appliance.store import audit, database
from appliance.store.lists import chain
from appliance.store.lists.retention import CALLS, EVENTS, OPENINGS, RECORDINGS, REFUSALS, Table

_NAMED = 3  # faults of a table that are named
_LISTS = {
    "log.events": (EVENTS,),
    "log.calls": (CALLS,),
    "log.doors": (OPENINGS, REFUSALS),
    "recording": (RECORDINGS,),
}
_CHAINED = _LISTS["log.doors"]
_ERASED = "envelope = '' AND salt = x''"


class Examined(Record):
    """A list on disc. check: the settings of its limits; oldest, newest: times of its rows, "" without rows.

    heads: the newest hashes, in words, of a list whose rows are chained. erased: how many rows were emptied on order.
    """

    check: str
    rows: int = 0
    oldest: str = ""
    newest: str = ""
    faults: tuple[str, ...] = ()
    heads: str = ""
    erased: int = 0


def examine(directory: Path) -> list[Examined]:
    """Read every row of each list; none is examined if the database cannot be opened, which the writer reports.

    Each list is of one moment, whatever is written meanwhile. Not for the loop's thread.
    """
    try:
        connection = database.reader(directory)
    except sqlite3.Error:
        return []
    with closing(connection):
        return [_list(connection, check, tables) for check, tables in _LISTS.items()]


def _list(connection: sqlite3.Connection, check: str, tables: tuple[Table, ...]) -> Examined:
    rows, times, faults, heads, erased = 0, list[str](), list[str](), "", 0
    connection.execute("BEGIN")
    for table in tables:
        try:
            count, oldest, newest = connection.execute(
                f"SELECT count(*), min(time), max(time) FROM ({table.times})"  # noqa: S608 - our own words
            ).fetchone()
            rows += count
            times += [time for time in (oldest, newest) if time]
            found = _faults(connection, table)
            if table in _CHAINED:
                found += _few(chain.faults(connection, table.name))
                heads = audit.heads(connection)
                erased += connection.execute(f"SELECT count(*) FROM {table.name} WHERE {_ERASED}").fetchone()[0]  # noqa: S608
        except sqlite3.DatabaseError as error:
            found = [str(error)]
        faults += [f"table {table.name}: {fault}" for fault in found]
    connection.rollback()
    return Examined(check, rows, min(times, default=""), max(times, default=""), tuple(faults), heads, erased)


def _faults(connection: sqlite3.Connection, table: Table) -> list[str]:
    """Return the damage of a table, in words: damaged pages as SQLite reports them, and rows that are not whole."""
    pages = connection.execute(f"PRAGMA integrity_check('{table.name}')").fetchmany(_NAMED)
    found = [text for (text,) in pages if text != "ok"]
    unreadable = f"SELECT {table.key} FROM {table.name} WHERE NOT coalesce({table.whole}, 0)"  # noqa: S608 - as above
    unreadable += f" AND NOT ({_ERASED})" if table in _CHAINED else ""
    return found + _few([f"the text of row {key} cannot be read" for (key,) in connection.execute(unreadable)])


def _few(faults: list[str]) -> list[str]:
    """The first ones, and how many more there are."""
    more = len(faults) - _NAMED
    return faults if more <= 0 else [*faults[:_NAMED], f"{more} more rows"]
