"""The answers to orders with an Idempotency-Key, so that an order is not carried out again after a restart."""

import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence

from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.store.lists import retention
from appliance.store.write_behind import Backlog, Row
from appliance.store.writer import Writer

log = logging.getLogger(__name__)


class Answers:
    """The newest `keep` answers, each until its time is over; on disc within about a second.

    `keep` and `close` never wait, and are called by one thread; `stored` reads the disc and is for threads other than
    asyncio's. clock: in seconds since 1970, as the monotonic one starts at zero with each boot.
    """

    def __init__(self, writer: Writer, most: int = 1_000, clock: Callable[[], float] = time.time) -> None:
        self._most, self._clock = most, clock
        self._backlog = Backlog(writer, most, self._write, times.current.answers_written_s)

    def keep(self, name: str, answer: str, seconds: float) -> None:
        """Write an answer to disc, which counts for so many seconds."""
        self._backlog.put(name, (name, self._clock() + seconds, answer))

    def stored(self) -> Sequence[tuple[str, str, float]]:
        """Each name with its answer and the seconds for which it counts still, oldest first; none if the disc fails."""
        now = self._clock()
        try:
            rows = self._backlog.read("SELECT name, answer, until FROM answers ORDER BY number", (), "Earlier answers")
        except IntercomError as error:
            log.warning("an order with an Idempotency-Key may be carried out again: %s", reason(error))
            return []
        whole = [row for row in rows if tuple(map(type, row)) == (str, str, float)]
        return [(name, answer, until - now) for name, answer, until in whole if until > now]

    def close(self) -> None:
        """Queue the last answers; `Writer.close` then waits for them."""
        self._backlog.close()

    def _write(self, connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        """In the writer's thread."""
        connection.executemany("INSERT OR REPLACE INTO answers (name, until, answer) VALUES (?, ?, ?)", rows)
        connection.execute("DELETE FROM answers WHERE until <= ?", (self._clock(),))
        if upto := retention.beyond(connection, "answers", "number", self._most):
            connection.execute("DELETE FROM answers WHERE number <= ?", (upto,))
