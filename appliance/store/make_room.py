"""Makes room: removes the oldest recordings beyond the limits, and reports when space is short."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable
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
_OLDEST = """
    SELECT id, started, bytes, duration_s FROM recordings
    WHERE complete AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY number
"""
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
        missing = limits.free_bytes - self._free()
        gone: list[Removable] = []
        if missing > 0 or limits.any:
            gone = self._remove(connection, limits, missing)
        free = self._free()
        space = Space.OK
        if free < limits.free_bytes:
            space = Space.LOW if free >= limits.free_bytes // 2 else Space.FULL
        storage = Storage(space, free, limits.free_bytes, int(connection.execute(_STORED).fetchone()[1]))

        def report() -> None:
            for each in gone:
                self._post(
                    RecordingDeleted(
                        at=self._clock(),
                        recording=RecordingId(each.id),
                        duration_s=each.duration_s,
                        bytes=each.bytes,
                        why=Removal.QUOTA,
                    )
                )
            if storage != self._reported:
                self._reported = storage
                self._post(SpaceMeasured(at=self._clock(), storage=storage))

        return Room(storage, len(gone) >= AT_ONCE, report)

    def _remove(self, connection: sqlite3.Connection, limits: Limits, missing: int) -> list[Removable]:
        protected = (json.dumps(recording_files.protected(self._directory)),)
        rows = connection.execute(_OLDEST, protected)
        removable = (Removable(row[0], _seconds(row[1]), *row[2:]) for row in rows)
        count, size = connection.execute(_STORED).fetchone()
        protected_count, protected_size = connection.execute(_PROTECTED, protected).fetchone()
        stored = Stored(count - protected_count, int(size - protected_size))
        oldest, now = list(islice(removable, AT_ONCE)), time.time()
        gone: list[Removable] = []
        while len(gone) < AT_ONCE and (number := excess(oldest, stored, limits, missing, now)):
            for each in oldest[:number]:
                stored = Stored(stored.count - 1, stored.bytes - each.bytes)
                freed = recording_files.remove(self._directory / f"{each.id}.wav")
                if freed is not None:  # a file of others stays, and does not count
                    missing -= freed
                    gone.append(each)
            oldest = oldest[number:] + list(islice(removable, number))
        rows.close()
        if gone:
            durable.sync(self._directory)
            connection.executemany("DELETE FROM recordings WHERE id = ?", [(each.id,) for each in gone])
        return gone

    def _free(self) -> int:
        there = self._directory if self._directory.is_dir() else self._directory.parent  # nothing was recorded yet
        return shutil.disk_usage(there).free


def _seconds(started: str) -> float:
    """A row's begin in seconds since 1970."""
    return datetime.fromisoformat(started).timestamp()
