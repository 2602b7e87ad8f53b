"""The call log: every call from its beginning on, so that a power cut leaves those that it ended as well."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

from appliance.core import views
from appliance.core.model import By, Cause
from appliance.core.orders import LogCall
from appliance.errors import IntercomError
from appliance.store import database
from appliance.store.writer import After, Writer

log = logging.getLogger(__name__)

Json = dict[str, Any]
Row = tuple[str, str, bool, str]  # the call's id, the boot, whether it is over, and the call as JSON
_CUT_OFF = {"cause": Cause.ERROR, "code": 0, "reason": "The station went off", "by": By.DEVICE, "explanation": ""}
_UPSERT = (
    "INSERT INTO calls (id, boot, over, call) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET over = excluded.over, call = excluded.call"
)


class CallLog:
    """The newest `keep` calls in the writer's database; `boot` tells this start of the service from others.

    `open`, `write` and `close` never wait, and are called by one thread; `list` reads the disc and is for threads other
    than asyncio's. Calls are numbered as they began: their ids sort by a clock that may have been wrong.
    """

    def __init__(self, writer: Writer, boot: str, keep: int = 10_000) -> None:
        self._writer, self._boot, self._keep = writer, boot, keep
        self._lock = threading.Lock()  # guards what follows
        self._waiting: dict[str, Row] = {}  # the newest row of each call that is not on disc yet
        self._queued = False

    def open(self) -> None:
        """End, soon, the calls that an unclean end of the service left open."""
        self._writer.submit(self._end_cut_off)

    def write(self, order: LogCall) -> None:
        """Have a call on disc as soon as the disc works."""
        epoch = time.time() - time.monotonic()
        told = views.logged_call(order.call, order.ended, epoch, missed=order.missed)
        row = order.call.id, self._boot, order.ended is not None, json.dumps(told, separators=(",", ":"))
        with self._lock:
            self._waiting[order.call.id] = row
            if len(self._waiting) > self._keep:
                del self._waiting[next(iter(self._waiting))]
        self._flush_soon()

    def list(self, limit: int = 50, before: int | None = None) -> Sequence[tuple[int, Json]]:
        """Numbers and calls, the newest `limit` before the number `before`, newest first. Raises IntercomError."""
        with self._lock:
            queued = self._queued
        if queued:
            with suppress(IntercomError):  # told elsewhere; what is on disc can be read all the same
                self._writer.ask(lambda _: None)  # who was just told that a call ended finds it here
        try:
            with closing(database.reader(self._writer.directory)) as connection:
                rows = connection.execute(
                    "SELECT number, call FROM calls WHERE over AND number < ? ORDER BY number DESC LIMIT ?",
                    (1 << 62 if before is None else before, limit),
                ).fetchall()
        except sqlite3.Error as error:
            why, resolution = database.explain(error, self._writer.directory)
            raise IntercomError("unavailable", "The call log can not be read.", why, resolution) from error
        return [(number, json.loads(call)) for number, call in rows]

    def close(self) -> None:
        """Queue the last calls; `Writer.close` then waits for them."""
        self._writer.submit(self._flush)

    def _flush_soon(self) -> None:
        with self._lock:
            if self._queued or not self._waiting:
                return
            self._queued = True
        if not self._writer.submit(self._flush):
            with self._lock:
                self._queued = False  # the next call tries again

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _end_cut_off(self, connection: sqlite3.Connection) -> None:
        opened = connection.execute("SELECT number, call FROM calls WHERE NOT over AND boot != ?", (self._boot,))
        for number, call in opened.fetchall():
            ended = json.dumps(json.loads(call) | {"end": _CUT_OFF}, separators=(",", ":"))
            connection.execute("UPDATE calls SET over = 1, call = ? WHERE number = ?", (ended, number))

    def _flush(self, connection: sqlite3.Connection) -> After:
        with self._lock:
            rows = dict(self._waiting)
        connection.executemany(_UPSERT, rows.values())
        connection.execute("DELETE FROM calls WHERE number <= (SELECT max(number) FROM calls) - ?", (self._keep,))

        def flushed() -> None:
            with self._lock:
                self._waiting = {call: row for call, row in self._waiting.items() if rows.get(call) is not row}
                self._queued = False
            self._flush_soon()

        return flushed
