"""The audit: who opened which door, when and how, who was refused, and who may open them.

It gets the events themselves, whatever caused them, and outlasts the journal, which drops them after 10,000 events.
Anybody can be refused again and again, so refusals have their own table and limit: they displace no opening.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence

from appliance.base.types import Json
from appliance.store.write_behind import Backlog, Row
from appliance.store.writer import Writer

TYPES = ("door.", "keypad.accepted", "keypad.refused", "keypad.locked_out", "access.", "code.")
SPARE = 100
REFUSALS = ("door.denied", "keypad.refused", "keypad.locked_out", "access.denied", "access.locked_out")


class Audit:
    """The newest `keep` refusals and the newest `keep` other events of the audit, on disc as soon as the disc works.

    `append` never waits, and is called by one thread; `list` reads the disc and is for threads other than asyncio's.
    """

    def __init__(self, writer: Writer, keep: int = 50_000) -> None:
        self._openings = Backlog(writer, keep, _newest("audit", keep))
        self._refusals = Backlog(writer, keep, _newest("refusals", keep))

    def append(self, envelope: Json) -> None:
        """Store an event, if it belongs to the audit."""
        if envelope["type"].startswith(TYPES):
            number = envelope["id"]
            backlog = self._refusals if envelope["type"].startswith(REFUSALS) else self._openings
            backlog.put(number, (number, json.dumps(envelope, separators=(",", ":"))))

    def list(self, limit: int = 50, before: int | None = None, after: str = "") -> Sequence[Json]:
        """The newest `limit` events before the id `before`, newest first; `after`: only those since then, in UTC.

        Raises IntercomError.
        """
        self._refusals.settle()
        wanted = "id < ?1" + (" AND envelope ->> '$.time' >= ?3" if after else "")
        query = (
            f"SELECT id, envelope FROM audit WHERE {wanted} "  # noqa: S608 - our own words
            f"UNION ALL SELECT id, envelope FROM refusals WHERE {wanted} ORDER BY id DESC LIMIT ?2"
        )
        page: tuple[int | str, ...] = (1 << 62 if before is None else before, limit)
        values = (*page, after) if after else page
        rows = self._openings.read(query, values, "The audit")
        return [json.loads(envelope) for _, envelope in rows]

    def close(self) -> None:
        """Queue the last events; `Writer.close` then waits for them."""
        self._openings.close()
        self._refusals.close()


def _newest(table: str, keep: int) -> Callable[[sqlite3.Connection, Collection[Row]], None]:
    """A function that writes rows into `table` and keeps its newest `keep`, and up to a hundredth more.

    To find the oldest one it must count all of them, which would make each row cost what 50,000 do.
    """
    written = 0

    def write(connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        nonlocal written
        connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)  # noqa: S608 - as below
        written += len(rows)
        if written > keep // SPARE:
            newest = f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1 OFFSET ?"  # noqa: S608 - our own table's name
            connection.execute(f"DELETE FROM {table} WHERE id <= ({newest})", (keep,))  # noqa: S608 - as above
            written = 0

    return write
