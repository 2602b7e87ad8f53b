"""Makes room: removes the oldest recordings beyond the limits, and copied ones; reports when space is short."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from appliance.base import durable
from appliance.base.record import Record
from appliance.core.inputs import Input, RecordingDeleted, SpaceMeasured
from appliance.core.model import RecordingId, Removal, Space, Storage
from appliance.store import recording_files
from appliance.store.quota import Limits, Removable, Stored, excess

AT_ONCE = 50  # recordings removed in one job, so that other writes get their turn
_REMOVABLE = """
    SELECT id, started, bytes, duration_s FROM recordings
    WHERE complete AND id NOT IN (SELECT value FROM json_each(?))
"""
_OLDEST = f"{_REMOVABLE} ORDER BY number"
_COPIED = f"{_REMOVABLE} AND copied IS NOT NULL ORDER BY number"
_STORED = "SELECT count(*), total(bytes) FROM recordings WHERE complete"  # by an index, which is small
_PROTECTED = f"{_STORED} AND id IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words


class Room(Record):
    """What there is after a removal. more: more has to go; report: to be called once the rows are on disc."""

    storage: Storage
    more: bool
    report: Callable[[], None]

    @property
    def why(self) -> str:
        """Why nothing more is recorded, for people."""
        return (
            f"No space is left for recordings: {self.storage.free_bytes // 1_000_000} MB are free, "
            f"{self.storage.needed_bytes // 1_000_000} MB are kept for the system, "
            "and no unprotected recording is left to remove."
        )


class RoomMaker:
    """Keeps the finished recordings in `directory` within `limits`. For jobs, in the writer thread."""

    def __init__(
        self,
        directory: Path,
        post: Callable[[Input], None],
        clock: Callable[[], float],
        limits: Callable[[], Limits],
    ) -> None:
        self._directory, self._post, self._clock, self._limits = directory, post, clock, limits
        self._reported: Storage | None = None

    def short(self) -> bool:
        """Whether less is free than is kept for the system. Raises OSError."""
        return self._free() < self._limits().free_bytes

    def make(self, connection: sqlite3.Connection) -> Room:
        """Remove what is beyond the limits, the oldest first. May be called again if its transaction failed.

        Raises OSError and sqlite3.Error.
        """
        limits = self._limits()
        gone: dict[Removal, list[Removable]] = {}
        if limits.copied:
            gone[Removal.COPIED] = self._remove_copied(connection)
        missing = limits.free_bytes - self._free()
        if missing > 0 or limits.any:
            gone[Removal.QUOTA] = self._remove_excess(connection, limits, missing)
        free = self._free()
        space = Space.OK
        if free < limits.free_bytes:
            space = Space.LOW if free >= limits.free_bytes // 2 else Space.FULL
        storage = Storage(space, free, limits.free_bytes, int(connection.execute(_STORED).fetchone()[1]))

        def report() -> None:
            for why, removed in gone.items():
                for each in removed:
                    self._post(
                        RecordingDeleted(
                            at=self._clock(),
                            recording=RecordingId(each.id),
                            duration_s=each.duration_s,
                            bytes=each.bytes,
                            why=why,
                        )
                    )
            if storage != self._reported:
                self._reported = storage
                self._post(SpaceMeasured(at=self._clock(), storage=storage))

        return Room(storage, any(len(removed) >= AT_ONCE for removed in gone.values()), report)

    def _remove_copied(self, connection: sqlite3.Connection) -> list[Removable]:
        rows = connection.execute(_COPIED, self._protected())
        ours = (each for each in map(_removable, rows) if self._remove(each) is not None)
        gone = list(islice(ours, AT_ONCE))
        rows.close()
        self._forget(connection, gone)
        return gone

    def _remove_excess(self, connection: sqlite3.Connection, limits: Limits, missing: int) -> list[Removable]:
        protected = self._protected()
        rows = connection.execute(_OLDEST, protected)
        removable = map(_removable, rows)
        count, size = connection.execute(_STORED).fetchone()
        protected_count, protected_size = connection.execute(_PROTECTED, protected).fetchone()
        stored = Stored(count - protected_count, int(size - protected_size))
        oldest, now = list(islice(removable, AT_ONCE)), time.time()
        gone: list[Removable] = []
        while len(gone) < AT_ONCE and (number := excess(oldest, stored, limits, missing, now)):
            for each in oldest[:number]:
                stored = Stored(stored.count - 1, stored.bytes - each.bytes)
                freed = self._remove(each)
                if freed is not None:  # a file of others stays, and does not count
                    missing -= freed
                    gone.append(each)
            oldest = oldest[number:] + list(islice(removable, number))
        rows.close()
        self._forget(connection, gone)
        return gone

    def _protected(self) -> tuple[str]:
        return (json.dumps(recording_files.protected(self._directory)),)

    def _remove(self, each: Removable) -> int | None:
        """Remove the files of a recording; the bytes that they had. None: they are not ours, and were left."""
        return recording_files.remove(self._directory / f"{each.id}{recording_files.WAV}")

    def _forget(self, connection: sqlite3.Connection, gone: Sequence[Removable]) -> None:
        if gone:
            durable.sync(self._directory)
            connection.executemany("DELETE FROM recordings WHERE id = ?", [(each.id,) for each in gone])

    def _free(self) -> int:
        there = self._directory if self._directory.is_dir() else self._directory.parent  # nothing was recorded yet
        return shutil.disk_usage(there).free


def _removable(row: tuple[str, str, int, float]) -> Removable:
    return Removable(row[0], _seconds(row[1]), *row[2:])


def _seconds(started: str) -> float:
    """A row's begin in seconds since 1970."""
    return datetime.fromisoformat(started).timestamp()
