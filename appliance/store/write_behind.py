"""Rows on their way to the disc: nobody waits for them, and readers find rows that were put before."""

import sqlite3
import threading
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError
from appliance.store import database
from appliance.store.writer import After, Writer

Row = tuple[Any, ...]


class Backlog:
    """The newest row of each key, at most `keep` of them, until `write` has put it on disc, in the writer's thread.

    keep: any thread may change it. delay_s: how long a row may wait for others, which then take one transaction
    together.

    `put` and `close` never wait, and are called by one thread; `read` reads the disc and is for threads other than
    asyncio's.
    """

    def __init__(
        self,
        writer: Writer,
        keep: int,
        write: Callable[[sqlite3.Connection, Collection[Row]], None],
        delay_s: float = 0.0,
    ) -> None:
        self._writer, self.keep, self._write, self._delay_s = writer, keep, write, delay_s
        self._lock = threading.Lock()  # protects the following
        self._waiting: dict[int | str, Row] = {}
        self._queued = False

    def put(self, key: int | str, row: Row) -> None:
        """Write a row to disc as soon as the disc works, in place of the earlier one with that key."""
        with self._lock:
            self._waiting[key] = row
            if len(self._waiting) > self.keep:
                del self._waiting[next(iter(self._waiting))]
        self._flush_soon()

    def read(self, query: str, values: tuple[int | str, ...], what: str) -> list[Row]:
        """The rows on disc, after earlier `put`s if possible. Raises IntercomError `unavailable`, about `what`."""
        self.settle()
        try:
            with closing(database.reader(self._writer.directory)) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._writer.suspect(error)
            why, resolution = database.explain(error, self._writer.directory)
            raise IntercomError(ErrorCode.UNAVAILABLE, f"{what} cannot be read.", why, resolution) from error

    def settle(self) -> None:
        """Wait until all rows are on disc, if possible: on a disc that works again, before the next retry."""
        with self._lock:
            queued = self._queued
        if queued:
            with suppress(IntercomError):  # reported elsewhere; rows on disc can be read nevertheless
                self._forget(self._writer.ask(self._store))

    def close(self) -> None:
        """Queue the last rows; `Writer.close` then waits for them."""
        self._writer.submit(self._flush, single=True)

    def _flush_soon(self) -> None:
        with self._lock:
            if self._queued or not self._waiting:
                return
            self._queued = True
        self._writer.submit(
            self._flush, delay_s=self._delay_s, single=True
        )  # refused after the end only, which `close` came before

    # -- in the writer's thread ----------------------------------------------------------------------------------------

    def _flush(self, connection: sqlite3.Connection) -> After:
        rows = self._store(connection)

        def flushed() -> None:
            self._forget(rows)
            with self._lock:
                self._queued = False
            self._flush_soon()

        return flushed

    def _store(self, connection: sqlite3.Connection) -> dict[int | str, Row]:
        """Write what waits; return it, as it waits until the transaction is on disc."""
        with self._lock:
            rows = dict(self._waiting)
        self._write(connection, rows.values())
        return rows

    def _forget(self, rows: dict[int | str, Row]) -> None:
        """Wait no longer for rows that are on disc; a newer row of the same key stays."""
        with self._lock:
            self._waiting = {key: row for key, row in self._waiting.items() if rows.get(key) is not row}
