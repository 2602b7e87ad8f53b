"""The audit: who opened which door when and by what, who was refused, and who may open them.

It is fed with the events themselves, whatever caused them, and outlasts the journal, which forgets after 10,000 events.
"""

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

from appliance.errors import IntercomError
from appliance.store import database
from appliance.store.writer import After, Writer

TYPES = ("door.", "keypad.accepted", "keypad.refused", "keypad.locked_out", "access.", "code.")

Json = dict[str, Any]


class Audit:
    """The newest `keep` of these events in the writer's database, each on disc as soon as the disc works.

    `append` never waits, and is called by one thread; `list` reads the disc and is for threads other than asyncio's.
    """

    def __init__(self, writer: Writer, keep: int = 50_000) -> None:
        self._writer, self._keep = writer, keep
        self._lock = threading.Lock()  # guards what follows
        self._waiting: deque[tuple[int, str]] = deque(maxlen=keep)
        self._queued = False

    def append(self, envelope: Json) -> None:
        """Keep an event, if it is one of these."""
        if not envelope["type"].startswith(TYPES):
            return
        with self._lock:
            self._waiting.append((envelope["id"], json.dumps(envelope, separators=(",", ":"))))
        self._flush_soon()

    def list(self, limit: int = 50, before: int | None = None) -> Sequence[Json]:
        """The newest `limit` events before the id `before`, newest first. Raises IntercomError."""
        with self._lock:
            queued = self._queued
        if queued:
            with suppress(IntercomError):  # told elsewhere; what is on disc can be read all the same
                self._writer.ask(lambda _: None)  # who was just told that a door opened finds it here
        try:
            with closing(database.reader(self._writer.directory)) as connection:
                rows = connection.execute(
                    "SELECT envelope FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                    (1 << 62 if before is None else before, limit),
                ).fetchall()
        except sqlite3.Error as error:
            why, resolution = database.explain(error, self._writer.directory)
            raise IntercomError("unavailable", "The audit can not be read.", why, resolution) from error
        return [json.loads(envelope) for (envelope,) in rows]

    def close(self) -> None:
        """Queue the last events; `Writer.close` then waits for them."""
        self._writer.submit(self._flush)

    def _flush_soon(self) -> None:
        with self._lock:
            if self._queued or not self._waiting:
                return
            self._queued = True
        if not self._writer.submit(self._flush):
            with self._lock:
                self._queued = False  # the next event tries again

    # -- in the writer thread ------------------------------------------------------------------------------------------

    def _flush(self, connection: sqlite3.Connection) -> After:
        with self._lock:
            rows = list(self._waiting)
        connection.executemany("INSERT OR REPLACE INTO audit VALUES (?, ?)", rows)
        newest = "SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?"
        connection.execute(f"DELETE FROM audit WHERE id <= ({newest})", (self._keep,))  # noqa: S608 - no value in it

        def flushed() -> None:
            with self._lock:
                while self._waiting and rows and self._waiting[0][0] <= rows[-1][0]:
                    self._waiting.popleft()
                self._queued = False
            self._flush_soon()

        return flushed
