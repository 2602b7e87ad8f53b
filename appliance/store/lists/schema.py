"""The schema of a database, as facts that do not depend on the release of SQLite that wrote it."""

import sqlite3
from contextlib import closing
from functools import cache

from appliance.store.lists import chain

Facts = frozenset[tuple[object, ...]]


def of(connection: sqlite3.Connection) -> Facts:
    """The tables with their columns, and all else that the schema has. Raises sqlite3.Error."""
    found: set[tuple[object, ...]] = set()
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    for kind, name, table, sql in rows:
        if kind == "table":  # SQLite changes the text of tables that are renamed, so the columns count
            columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall()
            found.add((kind, name, *columns))
        else:
            found.add((kind, name, table, None if sql is None else " ".join(sql.split())))
    return frozenset(found)


@cache
def made_by(steps: tuple[str, ...]) -> Facts:
    """The schema that these steps make."""
    with closing(sqlite3.connect(":memory:")) as connection:
        chain.add_functions(connection)
        connection.executescript(" ".join(steps))
        return of(connection)
