"""How long the journal, the call log and the audit keep their rows: by count and by age."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from appliance.base import times
from appliance.base.record import Record
from appliance.base.wall_time import utc
from appliance.store.recording_index import ENTRY_IS_WHOLE
from appliance.store.restore_index import both
from appliance.store.writer import After, Writer

_PLAUSIBLE = "2025"  # before intercomd existed: an earlier time comes from a clock that was not set


class Limit(Record):
    """The limit of a list: it has at most `count` rows, none of them older than age_s. None: no limit by age."""

    count: int
    age_s: float | None = None


class Table(Record):
    """A table with a row for each entry, in the order of `key`.

    whole: whether a row can be read, time: the time of its entry, both in SQL.
    """

    name: str
    key: str
    whole: str
    time: str

    @property
    def times(self) -> str:
        """A query for the keys and times of all rows; a row that is damaged has no time."""
        found = f"CASE WHEN {self.whole} THEN {self.time} END"
        return f"SELECT {self.key} AS key, {found} AS time FROM {self.name}"  # noqa: S608 - our own words, as below


# Whether a row of the journal or of the audit is an event: clients and filters read these fields of each.
EVENT_IS_WHOLE = """CASE WHEN json_valid(envelope) THEN envelope ->> '$.id' = id
    AND json_type(envelope, '$.type') = 'text' AND json_type(envelope, '$.time') = 'text'
    AND json_type(envelope, '$.boot') = 'text' AND json_type(envelope, '$.uptime') IN ('real', 'integer')
    AND json_type(envelope, '$.data') = 'object' END"""
CALL_IS_WHOLE = """CASE WHEN json_valid(call) THEN call ->> '$.id' = id
    AND json_type(call, '$.direction') = 'text' AND json_type(call, '$.created') = 'text'
    AND json_type(call, '$.remote') = 'object' AND json_type(call, '$.end') = 'object' END"""
_OF_EVENT = "envelope ->> '$.time'"
EVENTS = Table("events", "id", EVENT_IS_WHOLE, _OF_EVENT)
CALLS = Table("calls", "number", CALL_IS_WHOLE, "call ->> '$.created'")
OPENINGS = Table("audit", "number", EVENT_IS_WHOLE, _OF_EVENT)
REFUSALS = Table("refusals", "number", EVENT_IS_WHOLE, _OF_EVENT)
RECORDINGS = Table("recordings", "number", ENTRY_IS_WHOLE, "started")


def surplus(connection: sqlite3.Connection, table: Table, limit: Limit) -> int:
    """Return the key of the newest row beyond the limit, which goes with all rows before it; 0 if no row is beyond.

    The order of rows is certain, their times are not: a row is at least as young as each one before it, so a clock that
    was behind for one row ages no other. A row with an impossible time goes with a later row.
    """
    too_many = beyond(connection, table.name, table.key, limit.count)
    if limit.age_s is None:
        return too_many
    now = datetime.now(UTC)
    given = _PLAUSIBLE, utc(now - timedelta(seconds=limit.age_s)), utc(now)
    found = connection.execute(
        f"""
        WITH times AS ({table.times}),
            young AS (SELECT key FROM times WHERE time >= ?2 AND time <= ?3 ORDER BY key LIMIT 1)
        SELECT key FROM times
        WHERE key < coalesce((SELECT key FROM young), 1 << 62) AND time >= ?1 AND time < ?2
        ORDER BY key DESC LIMIT 1
        """,  # noqa: S608
        given,
    ).fetchone()
    return too_many if found is None else max(too_many, int(found[0]))


def beyond(connection: sqlite3.Connection, table: str, key: str, keep: int) -> int:
    """Return the key of the newest row beyond the newest `keep` rows; 0 if there are no more.

    Rows are counted: a damaged key may be far beyond all others, and the difference would cost all of them.
    """
    oldest = f"SELECT {key} AS key FROM {table} ORDER BY {key} LIMIT max(0, (SELECT count(*) FROM {table}) - ?)"  # noqa: S608
    found = connection.execute(f"SELECT max(key) FROM ({oldest})", (keep,)).fetchone()  # noqa: S608
    return int(found[0] or 0)


def remove(connection: sqlite3.Connection, table: Table, upto: int) -> None:
    """Remove the rows up to a key; 0: none."""
    if upto == 0:  # a row whose number is damaged may stand below it
        return
    connection.execute(f"DELETE FROM {table.name} WHERE {table.key} <= ?", (upto,))  # noqa: S608


class Retention:
    """Keeps lists within their limits: at the start, once an hour, and when the limits have changed.

    limits: returns the present limit of each list; tidies: for each list, the function that removes its surplus in the
    writer's thread.
    """

    def __init__(
        self,
        writer: Writer,
        limits: Callable[[], Sequence[Limit]],
        *tidies: Callable[[sqlite3.Connection, Limit], After | None],
    ) -> None:
        self._writer, self._limits, self._tidies = writer, limits, tidies

    def open(self) -> None:
        """Begin; never waits."""
        self._writer.submit(self._hourly)

    def tidy(self) -> None:
        """Keep, soon, to the limits, which may have changed."""
        self._writer.submit(self._tidy)

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _hourly(self, connection: sqlite3.Connection) -> After:
        done = self._tidy(connection)

        def again() -> None:
            done()
            self._writer.submit(self._hourly, delay_s=times.current.list_tidy_again_s, single=True)

        return again

    def _tidy(self, connection: sqlite3.Connection) -> After:
        return both(*(tidy(connection, limit) for tidy, limit in zip(self._tidies, self._limits(), strict=True)))
