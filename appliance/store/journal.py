"""The journal: assigns an id to each event, stores the newest events, and returns to a client the events it missed."""

import bisect
import json
import logging
import math
import secrets
import sqlite3
import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.base.types import Json
from appliance.core.events import EventsLost
from appliance.core.wall_clock import DAY_S
from appliance.store import event_ids
from appliance.store.event_ids import Reservation
from appliance.store.lists import retention
from appliance.store.lists.retention import Limit
from appliance.store.writer import After, Writer

log = logging.getLogger(__name__)

_AT_ONCE = ("door.",)  # events about who opened the door, and how, do not wait
_IDS_IN_A_MS = 1024  # 2^53, the largest id that is exact in JavaScript, is far away
_LOOKED_AT = 100  # events before a leap of the clock
_DELETE_EVERY = 500  # rows beyond `keep` are deleted this many at a time


class Journal:
    """The newest `keep` events. `take`, `append` and `since` are called by one thread, the reactor's, and never wait.

    Ids are consecutive within one start of the service and never used twice: each comes from a block of `block` ids
    that was reserved on disc before (see `event_ids`), and the next block is reserved when half of one is used. If the
    writer has been stuck for so long that the block is used up, ids are assigned nevertheless: events go on.
    """

    def __init__(self, directory: Path, writer: Writer, keep: int = 10_000, *, block: int = 100_000) -> None:
        self.boot = uuid.uuid4().hex
        self._directory, self._writer, self._keep, self._block = directory, writer, keep, block
        self._next = 1
        self._reserved = 0
        self._reserving = False
        # As text: a quarter of the memory of dictionaries, and the format on disc.
        self._kept: deque[tuple[int, str]] = deque()
        self._removed = 0  # the newest event that was too old
        self._lock = threading.Lock()  # protects the following
        self._pending: deque[tuple[int, str]] = deque()  # at most `keep`
        self._newest_at_once = 0
        self._queued: set[bool] = set()  # the jobs that wait, by `at_once`: one of each, however many events
        self._rows_since_delete = 0

    def open(self) -> EventsLost | None:
        """Read the stored events and reserve the first ids: before the loop runs, since this waits for the disc.

        Returns the range that must be reported before any other event, if an unclean end or a damaged file lost one.
        The writer reports a directory that cannot be used; the journal then works in memory.
        """
        try:
            rows: list[tuple[int, str]] = self._writer.ask(self._load, timeout_s=times.current.journal_read_s)
        except IntercomError as error:
            log.warning("the journal could not be read: %s", reason(error))
            rows = []
        self._kept.extend(rows)
        newest = rows[-1][0] if rows else 0
        first, clean = self._first_id(newest)
        try:
            event_ids.write(self._directory, Reservation(first + self._block - 1, clean=False))
            self._reserved = first + self._block - 1
        except OSError:
            # Nothing can be reserved.
            first, clean = max(first, _apart()), False
        self._next = first
        self._reserve_in_time()  # without a block: fails, is reported, and tried again by the writer
        return EventsLost(from_=newest + 1, to=first - 1, certain=clean) if newest + 1 < first else None

    @property
    def right_s(self) -> float:
        """The time of the newest event, in seconds since 1970 by the clock of then; inf if it is not known.

        If the clock leapt ahead by more than a day, within the last day, it is the time before that. A board without a
        battery clock begins in the past: so the latest of some times counts.
        """
        with suppress(ValueError, KeyError, OverflowError):
            if self._kept:
                newest = _time(_read(self._kept[-1]))
                first = bisect.bisect_left(self._kept, newest - DAY_S, key=lambda row: _time(_read(row)))
                after = _read(self._kept[first])  # the first one of the last day
                earlier = map(_read, islice(self._kept, max(0, first - _LOOKED_AT), first))
                before = max((_later(event, after) for event in earlier), default=math.inf)
                return before if _time(after) - before > DAY_S else newest
        return math.inf

    def take(self) -> int:
        """A new id for the next event."""
        number = self._next
        self._next += 1
        self._reserve_in_time()
        return number

    def append(self, envelope: dict[str, Any]) -> None:
        """Store an event (the envelope, with the `id` from `take`), on disc within about a second."""
        row = (envelope["id"], json.dumps(envelope, separators=(",", ":")))
        self._kept.append(row)
        self._forget()
        at_once = envelope["type"].startswith(_AT_ONCE)
        with self._lock:
            self._pending.append(row)
            if len(self._pending) > self._keep:
                self._pending.popleft()
            if at_once:
                self._newest_at_once = row[0]
        self._flush_soon(at_once=at_once)

    def since(self, after: int, most: int) -> tuple[tuple[int, int] | None, list[dict[str, Any]]]:
        """The events after the event `after`: the range (first, last) that is lost, or None, and at most `most` events.

        For an `after` that was never assigned (the directory was erased, say) the range is the one beyond our newest.
        """
        if after >= self._next:
            return (self._next, after), []
        self._forget()
        first = self._kept[0][0] if self._kept else self._next
        lost = (after + 1, first - 1) if after + 1 < first else None
        begin = bisect.bisect_right(self._kept, after, key=lambda row: row[0])
        return lost, [json.loads(text) for _, text in islice(self._kept, begin, begin + most)]

    def close(self) -> None:
        """Queue the last events and the mark of a clean end; `Writer.close` then waits for them."""
        self._writer.submit(self._finish, single=True)

    def _flush_soon(self, *, at_once: bool) -> None:
        with self._lock:
            if not self._queued.isdisjoint({at_once, True}):
                return
            self._queued.add(at_once)
        self._writer.submit(
            partial(self._flush, at_once=at_once),
            delay_s=0.0 if at_once else times.current.journal_written_s,
            single=True,
        )

    def _forget(self) -> None:
        """Forget events beyond the limits; the newest stays, since it says which ids were used."""
        while len(self._kept) > self._keep or (len(self._kept) > 1 and self._kept[0][0] <= self._removed):
            self._kept.popleft()

    def _first_id(self, newest: int) -> tuple[int, bool]:
        """The first id that was certainly never used, and whether all before it were; `newest` is on disc (or 0)."""
        try:
            found = event_ids.read(self._directory)
        except FileNotFoundError:
            if not newest:
                return 1, True
        except (OSError, ValueError) as error:
            log.warning("reserved event ids cannot be read: %s", reason(error))
            if not newest:
                return _apart(), False
        else:
            # The newest on disc is greater only if ids were assigned in memory while the disc failed.
            return max(found.upto, newest) + 1, found.clean
        # The newest on disc may be an hour old if the disc has failed since; a block and a half was reserved.
        return newest + 2 * self._block, False

    def _reserve_in_time(self) -> None:
        if not self._reserving and self._next > self._reserved - self._block // 2:
            self._reserving = True
            if not self._writer.submit(self._reserve_block):
                self._reserving = False  # the next event tries again

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _load(self, connection: sqlite3.Connection) -> list[tuple[int, str]]:
        whole = f"SELECT id, envelope FROM events WHERE {retention.EVENT_IS_WHOLE} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our own words
        rows = connection.execute(whole, (self._keep,))
        return rows.fetchall()[::-1]

    def tidy(self, connection: sqlite3.Connection, limit: Limit) -> After:
        """Remove the events beyond the limit."""
        newest = connection.execute("SELECT max(id) FROM events").fetchone()[0] or 0
        upto = min(retention.surplus(connection, retention.EVENTS, limit), newest - 1)
        retention.remove(connection, retention.EVENTS, upto)

        def tidied() -> None:
            self._keep, self._removed = limit.count, max(upto, self._removed)

        return tidied

    def _reserve_block(self, _: sqlite3.Connection) -> After:
        upto = self._next + self._block - 1
        event_ids.write(self._directory, Reservation(upto, clean=False))

        def reserved() -> None:
            self._reserved, self._reserving = upto, False
            self._reserve_in_time()  # ids may have been assigned meanwhile

        return reserved

    def _flush(self, connection: sqlite3.Connection, *, at_once: bool = False) -> After:
        with self._lock:
            rows = list(self._pending)
        connection.executemany("INSERT OR REPLACE INTO events VALUES (?, ?)", rows)
        self._rows_since_delete += len(rows)
        if self._rows_since_delete >= _DELETE_EVERY:
            # By the count on disc, which has events that `open` could not wait for.
            limit = Limit(self._keep)
            retention.remove(connection, retention.EVENTS, retention.surplus(connection, retention.EVENTS, limit))

        def flushed() -> None:
            if self._rows_since_delete >= _DELETE_EVERY:
                self._rows_since_delete = 0
            with self._lock:
                while self._pending and rows and self._pending[0][0] <= rows[-1][0]:
                    self._pending.popleft()
                self._queued.discard(at_once)
                more, more_at_once = bool(self._pending), bool(rows) and self._newest_at_once > rows[-1][0]
            if more:
                self._flush_soon(at_once=more_at_once)

        return flushed

    def _finish(self, connection: sqlite3.Connection) -> After:
        flushed = self._flush(connection)

        def finished() -> None:
            flushed()
            try:
                event_ids.write(self._directory, Reservation(self._next - 1, clean=True))
            except OSError as error:
                log.warning("the clean end could not be recorded: %s", reason(error))

        return finished


def _read(row: tuple[int, str]) -> Json:
    event: Json = json.loads(row[1])
    return event


def _time(event: Json) -> float:
    """The time of an event, in seconds since 1970. Raises ValueError, KeyError, OverflowError."""
    return datetime.fromisoformat(event["time"]).timestamp()


def _later(event: Json, after: Json) -> float:
    """The time of an event, plus what passed until `after` in one start. Raises ValueError, KeyError, OverflowError."""
    return _time(event) + (after["uptime"] - event["uptime"] if event["boot"] == after["boot"] else 0.0)


def _apart() -> int:
    """A first id for a start without a file that shows the used ids: no other start has used the following ids.

    The id comes from the clock, so that ids increase from start to start. A board without a battery clock begins at the
    same time whenever it is switched on: then the milliseconds, which differ from start to start and each stand for as
    many ids as are used in a long time, and chance separate the starts.
    """
    return time.time_ns() // 1_000_000 * _IDS_IN_A_MS + secrets.randbelow(_IDS_IN_A_MS)
