"""The audit: who opened which door when and by what, who was refused, and who may open them.

It is fed with the events themselves, whatever caused them, and outlasts the journal, which forgets after 10,000 events.
"""

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from appliance.store.backlog import Backlog, Row
from appliance.store.writer import Writer

TYPES = ("door.", "keypad.accepted", "keypad.refused", "keypad.locked_out", "access.", "code.")

Json = dict[str, Any]


class Audit:
    """The newest `keep` of these events in the writer's database, each on disc as soon as the disc works.

    `append` never waits, and is called by one thread; `list` reads the disc and is for threads other than asyncio's.
    """

    def __init__(self, writer: Writer, keep: int = 50_000) -> None:
        self._keep = keep
        self._backlog = Backlog(writer, keep, self._write)

    def append(self, envelope: Json) -> None:
        """Keep an event, if it is one of these."""
        if envelope["type"].startswith(TYPES):
            number = envelope["id"]
            self._backlog.put(number, (number, json.dumps(envelope, separators=(",", ":"))))

    def list(self, limit: int = 50, before: int | None = None) -> Sequence[Json]:
        """The newest `limit` events before the id `before`, newest first. Raises IntercomError."""
        query = "SELECT envelope FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?"
        rows = self._backlog.read(query, (1 << 62 if before is None else before, limit), "The audit")
        return [json.loads(envelope) for (envelope,) in rows]

    def close(self) -> None:
        """Queue the last events; `Writer.close` then waits for them."""
        self._backlog.close()

    def _write(self, connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        connection.executemany("INSERT OR REPLACE INTO audit VALUES (?, ?)", rows)
        newest = "SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?"
        connection.execute(f"DELETE FROM audit WHERE id <= ({newest})", (self._keep,))  # noqa: S608 - no value in it
