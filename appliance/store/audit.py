"""The audit: who opened which door, when and how, who was refused, and who may open them.

It gets the events themselves, whatever caused them, and outlasts the journal, which has all kinds of events. What
people who open nothing can cause again and again, refusals above all, has its own table and limit: it displaces no
opening. Each table is a chain, so that changed and removed rows show.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from datetime import datetime

from msgspec import MsgspecError, convert

from appliance.base.types import Json
from appliance.core.inputs import Input, OpeningsRead
from appliance.core.model import Opening
from appliance.store.lists import chain, retention
from appliance.store.lists.retention import EVENT_IS_WHOLE, Limit, Table
from appliance.store.write_behind import Backlog, Row
from appliance.store.writer import After, Writer

log = logging.getLogger(__name__)

TYPES = (
    "door.",
    "keypad.accepted",
    "keypad.refused",
    "keypad.locked_out",
    "access.",
    "code.",
    "dtmf.redirected",
    "rule.added",
    "rule.removed",
)
LAST = "~"  # after every time
REFUSALS = (
    "door.denied",
    "keypad.refused",
    "keypad.locked_out",
    "access.denied",
    "access.locked_out",
    "access.order_refused",
    "dtmf.redirected",  # this and the rules below: by a token without `door`, as often as it likes
    "rule.added",
    "rule.removed",
)


class Audit:
    """The newest `keep` of REFUSALS and the newest `keep` other events of the audit, on disc as soon as the disc works.

    `append` never waits, and is called by one thread; `list` reads the disc and is for threads other than asyncio's.
    """

    def __init__(self, writer: Writer, keep: int = 50_000) -> None:
        self._noted, self._writer = "", writer
        self._lists = tuple(_List(writer, table, keep) for table in (retention.OPENINGS, retention.REFUSALS))

    def open(self, post: Callable[[Input], None], doors: Collection[str]) -> None:
        """Post the last opening of each of these doors as soon as the disc can be read."""

        def read(connection: sqlite3.Connection) -> After:
            found = last_openings(connection, doors)
            return lambda: post(OpeningsRead(at=time.monotonic(), openings=found))

        self._writer.submit(read)

    def append(self, envelope: Json) -> None:
        """Store an event, if it belongs to the audit."""
        if envelope["type"].startswith(TYPES):
            number = envelope["id"]
            kept = self._lists[envelope["type"].startswith(REFUSALS)]
            kept.backlog.put(number, (number, json.dumps(envelope, separators=(",", ":"))))

    def list(self, limit: int = 50, cursor: int | None = None, after: str = "", before: str = "") -> Sequence[Json]:
        """The newest `limit` events with ids below `cursor`, newest first. after, before: of their times, in UTC.

        Each has the hash of its row. Rows that are damaged are left out: the doctor names them. Raises IntercomError.
        """
        openings, refusals = self._lists
        refusals.backlog.settle()
        during = (
            " AND CASE WHEN json_valid(envelope) THEN envelope ->> '$.time' >= ?3 AND envelope ->> '$.time' < ?4 END"
        )
        wanted = f"id < ?1 AND {EVENT_IS_WHOLE}" + (during if after or before else "")
        query = (
            f"SELECT id, envelope, lower(hex(hash)) FROM audit WHERE {wanted} "  # noqa: S608 - our own words
            f"UNION ALL SELECT id, envelope, lower(hex(hash)) FROM refusals WHERE {wanted} ORDER BY id DESC LIMIT ?2"
        )
        page: tuple[int | str, ...] = (1 << 62 if cursor is None else cursor, limit)
        values = (*page, after, before or LAST) if after or before else page
        rows = openings.backlog.read(query, values, "The audit")
        return [{**json.loads(envelope), "hash": hashed} for _, envelope, hashed in rows]

    def close(self) -> None:
        """Queue the last events; `Writer.close` then waits for them."""
        for each in self._lists:
            each.backlog.close()

    def tidy(self, connection: sqlite3.Connection, limit: Limit) -> After:
        """Remove the rows beyond the limit, and write the newest hashes to the log, which is stored elsewhere."""
        for each in self._lists:
            each.tidy(connection, limit)
        found = heads(connection)

        def note() -> None:
            if found != self._noted:
                self._noted = found
                log.info("audit of doors: %s", found)

        return note


class _List:
    """The newest `keep` rows of a table."""

    def __init__(self, writer: Writer, table: Table, keep: int) -> None:
        self._table = table
        self.backlog = Backlog(writer, keep, self._write)

    def tidy(self, connection: sqlite3.Connection, limit: Limit) -> None:
        """Remove the oldest rows beyond the limit, and close the chain behind them."""
        self.backlog.keep = limit.count
        chain.trim(connection, self._table.name, retention.surplus(connection, self._table, limit))

    def _write(self, connection: sqlite3.Connection, rows: Collection[Row]) -> None:
        name = self._table.name
        chain.append(connection, name, ((number, text) for number, text in rows))
        if upto := retention.beyond(connection, name, self._table.key, self.backlog.keep):
            chain.trim(connection, name, upto)


def last_openings(connection: sqlite3.Connection, doors: Collection[str]) -> tuple[Opening, ...]:
    """The last opening of each of these doors; one whose row is damaged is left out.

    It reads from the newest row on, until it has all of them: a door's last opening is seldom far back.
    """
    query = (
        "SELECT envelope FROM audit WHERE json_valid(envelope) AND envelope ->> '$.type' = 'door.unlocked' "
        "ORDER BY id DESC"
    )
    left, found = set(doors), []
    with closing(connection.execute(query)) as rows:
        while left and (row := rows.fetchone()) is not None:
            with suppress(MsgspecError, ValueError, KeyError, TypeError):
                event = json.loads(row[0])
                opening = {key: event["data"][key] for key in ("door", "by", "means", "held")}
                if opening["door"] in left:
                    left.remove(opening["door"])
                    at = datetime.fromisoformat(event["time"]).timestamp()
                    found.append(convert(opening | {"at": at}, Opening))
    return tuple(found)


def heads(connection: sqlite3.Connection) -> str:
    """The newest hash of each chain, in words; "" before the first row."""
    tables = {"opening": retention.OPENINGS, "refusal": retention.REFUSALS}
    found = {word: chain.newest(connection, table.name) for word, table in tables.items()}
    return "; ".join(
        f"newest {word}: row {number}, hash {hashed}" for word, (number, hashed) in found.items() if number
    )
