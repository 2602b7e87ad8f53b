"""The call log: every call from its beginning on, so that calls that a power cut ended are logged as well."""

import json
import sqlite3
from collections.abc import Collection, Sequence

from msgspec import to_builtins
from msgspec.structs import asdict

from appliance.base import wall_time
from appliance.base.types import Json
from appliance.core.call_states import CUT_OFF
from appliance.core.model import CallSearch
from appliance.core.orders import LogCall
from appliance.store.lists import retention
from appliance.store.lists.retention import CALL_IS_WHOLE, Limit
from appliance.store.recording_index import CONTAINS, part
from appliance.store.write_behind import Backlog, Row
from appliance.store.writer import Writer

_UPSERT = (
    "INSERT INTO calls (id, boot, over, call) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET over = excluded.over, call = excluded.call"
)
_EVERYTHING = CallSearch()
_LATEST = 1 << 62  # more than each number
_NAMES = "uri", "display_name", "target", "target_name"  # by which people search for the far end
_PARTY = " OR ".join(CONTAINS.format(f"call ->> '$.remote.{name}'") for name in _NAMES)


class CallLog:
    """The newest `keep` calls in the writer's database; `boot` identifies this start of the service.

    `open`, `write` and `close` never wait, and are called by one thread; `list` reads the disc and is for threads other
    than asyncio's. Calls are numbered in the order in which they began: their ids sort by a clock that may have been
    wrong.
    """

    def __init__(self, writer: Writer, boot: str, keep: int = 10_000) -> None:
        self._writer, self._boot = writer, boot
        self._backlog = Backlog(writer, keep, self._write)

    def open(self) -> None:
        """End, soon, the calls that an unclean end of the service left open."""
        self._writer.submit(self._end_cut_off)

    def write(self, order: LogCall) -> None:
        """Write a call to disc as soon as the disc works."""
        from appliance.core.calls.view import logged_call  # noqa: PLC0415  late: the interfaces have loaded it

        entry = logged_call(order.call, order.ended, wall_time.epoch(), missed=order.missed)
        row = order.call.id, self._boot, order.ended is not None, json.dumps(to_builtins(entry), separators=(",", ":"))
        self._backlog.put(order.call.id, row)

    def list(
        self, limit: int = 50, before: int | None = None, search: CallSearch = _EVERYTHING
    ) -> Sequence[tuple[int, Json]]:
        """Numbers and calls, the newest `limit` before the number `before`, newest first, without damaged rows.

        Raises IntercomError.
        """
        rows = self._backlog.read(*_page(limit, before, search), "The call log")
        return [(number, json.loads(call)) for number, call in rows]

    def close(self) -> None:
        """Queue the last calls; `Writer.close` then waits for them."""
        self._backlog.close()

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _end_cut_off(self, connection: sqlite3.Connection) -> None:
        # SQLite would number further calls by chance after the largest number of all.
        again = "UPDATE calls SET number = (SELECT max(number) + 1 FROM calls WHERE number < ?1) WHERE number >= ?1"
        connection.execute(again, (_LATEST,))
        # A damaged row stays as it is: no list has it.
        left = f"SELECT number, call FROM calls WHERE NOT over AND boot != ? AND {CALL_IS_WHOLE}"  # noqa: S608 - our own words
        opened = connection.execute(left, (self._boot,))
        for number, call in opened.fetchall():
            ended = json.dumps(json.loads(call) | {"end": asdict(CUT_OFF)}, separators=(",", ":"))
            connection.execute("UPDATE calls SET over = 1, call = ? WHERE number = ?", (ended, number))

    def tidy(self, connection: sqlite3.Connection, limit: Limit) -> None:
        """Remove the calls beyond the limit."""
        self._backlog.keep = limit.count
        retention.remove(connection, retention.CALLS, retention.surplus(connection, retention.CALLS, limit))

    def _write(self, connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        connection.executemany(_UPSERT, rows)
        upto = retention.beyond(connection, "calls", "number", self._backlog.keep)
        retention.remove(connection, retention.CALLS, upto)


def _page(limit: int, before: int | None, search: CallSearch) -> tuple[str, tuple[int | str, ...]]:
    """The query for a page, newest first, and its values."""
    conditions: list[tuple[str, tuple[int | str, ...]]] = [("number < ?", (_LATEST if before is None else before,))]
    if search.after:
        conditions.append(("call ->> '$.created' >= ?", (search.after,)))
    if search.before:
        conditions.append(("call ->> '$.created' < ?", (search.before,)))
    if search.party:
        conditions.append((f"({_PARTY})", (part(search.party),) * len(_NAMES)))
    if search.direction:
        conditions.append(("call ->> '$.direction' = ?", (search.direction,)))
    if search.outcome:
        conditions.append(("call ->> '$.end.cause' = ?", (search.outcome,)))
    if search.call:
        conditions.append(("id = ?", (search.call,)))
    if search.missed is not None:
        conditions.append(("call ->> '$.missed' = ?", (int(search.missed),)))
    where = " AND ".join(condition for condition, _ in conditions)
    values = tuple(value for _, some in conditions for value in some)
    query = f"SELECT number, call FROM calls WHERE over AND {CALL_IS_WHOLE} AND {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - ours
    return query, (*values, limit)
