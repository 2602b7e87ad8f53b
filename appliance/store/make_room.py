"""Makes room: removes the oldest recordings beyond the limits, and copied ones; reports when space is short.

Other programs fill the disc too, and would use the space that removed recordings free. So recordings are removed for
the system's space only if they alone can free enough, not while others take much between two checks, and for others
never more than half of the most that recordings ever had: otherwise a program that fills the disc slowly would cost
them all. Little, a tenth of the system's space, does not count: the station's own database grows, too. The count begins
at the start.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from math import inf
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import reason
from appliance.base.record import Record
from appliance.core.inputs import Input, RecordingDeleted, SpaceMeasured
from appliance.core.model import CallId, RecordingId, Removal, Space, Storage
from appliance.store import database, recording_files
from appliance.store.quota import Limits, Removable, Stored, excess
from appliance.store.recording_index import ENTRY_IS_WHOLE

log = logging.getLogger(__name__)

AT_ONCE = 50  # recordings removed in one job, so that other writes get their turn
MUCH = 10  # a tenth of the space that is kept for the system: what others take counts beyond that only
KEPT = 2  # half of what recordings had stays, whatever others take
HOVERS_S = 3600.0  # for so long a state that comes again is no news
SHOWN_BYTES = 1_000_000  # a smaller change of the free space is not worth a message
_ORDER = (Space.FULL, Space.LOW, Space.OK)
_REMOVABLE = f"""
    SELECT id, started, bytes, duration_s, call FROM recordings
    WHERE complete AND id NOT IN (SELECT value FROM json_each(?)) AND {ENTRY_IS_WHOLE}
"""  # noqa: S608 - our own words
_OLDEST = f"{_REMOVABLE} ORDER BY number"
_COPIED = f"{_REMOVABLE} AND copied IS NOT NULL ORDER BY number"
_STORED = "SELECT count(*), total(bytes) FROM recordings WHERE complete"  # by an index, which is small
_RUNNING = f"SELECT id FROM recordings WHERE NOT complete AND {ENTRY_IS_WHOLE}"  # noqa: S608 - as above
_PROTECTED = f"{_STORED} AND id IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words


class Room(Record):
    """The space after a removal. more: further recordings must go; report: to call once the rows are on disc."""

    storage: Storage
    more: bool
    report: Callable[[], None]

    @property
    def enough(self) -> bool:
        """Whether a recording may begin."""
        return self.storage.free_bytes >= self.storage.needed_bytes

    @property
    def why(self) -> str:
        """Why nothing more is recorded, for people."""
        return (
            f"No space is left for recordings: {self.storage.free_bytes // 1_000_000} MB are free, "
            f"{self.storage.needed_bytes // 1_000_000} MB are kept for the system, "
            "and removing half of the recordings, of those that are not protected, would not win what is missing."
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
        self._last_free: int | None = None  # at the last look
        self._better: dict[Space, float] = {}  # when the space was reported as better than before, by its new state
        self._left: set[str] = set()  # recordings that cannot be removed
        self._held = self._most = 0  # bytes of all recordings, at the last look and at most

    def unsettled(self) -> bool:
        """Whether space is short, or other than was reported. Raises OSError."""
        free, reported = self._free(), self._reported
        return (
            reported is None
            or reported.space is not Space.OK
            or free < self._limits().free_bytes
            or abs(free - reported.free_bytes) >= SHOWN_BYTES
        )

    def make(self, connection: sqlite3.Connection) -> Room:
        """Remove the recordings beyond the limits, the oldest first. May be called again if its transaction failed.

        Raises OSError and sqlite3.Error.
        """
        limits = self._limits()
        gone: dict[Removal, list[Removable]] = {}
        if limits.copied:
            gone[Removal.COPIED] = self._remove_copied(connection)
        if limits.any:
            gone[Removal.QUOTA] = self._remove_excess(connection, limits)
        held = self._bytes(connection)
        self._most = max(held, self._most - max(0, self._held - held))  # what people or limits removed counts no more
        free = self._free()
        if free < limits.free_bytes:
            gone.setdefault(Removal.QUOTA, []).extend(self._win(connection, limits.free_bytes, free, held))
            free, held = self._free(), self._bytes(connection)
        self._last_free, self._held = free, held
        stored_bytes = int(connection.execute(_STORED).fetchone()[1])
        storage = Storage(self._space(free, limits.free_bytes), free, limits.free_bytes, stored_bytes)

        def report() -> None:
            for why, removed in gone.items():
                for each in removed:
                    self._post(
                        RecordingDeleted(
                            at=self._clock(),
                            call=CallId(each.call),
                            recording=RecordingId(each.id),
                            duration_s=each.duration_s,
                            bytes=each.bytes,
                            why=why,
                        )
                    )
            self._report(storage)

        return Room(storage, any(len(removed) >= AT_ONCE for removed in gone.values()), report)

    def report(self) -> None:
        """Measure and report the space without the database, which may need space that the disc lacks.

        Raises OSError.
        """
        free, needed = self._free(), self._limits().free_bytes
        stored_bytes = 0 if self._reported is None else self._reported.recordings_bytes
        self._report(Storage(self._space(free, needed), free, needed, stored_bytes))

    def _report(self, storage: Storage) -> None:
        if storage != self._reported:
            if self._reported is not None and _ORDER.index(storage.space) > _ORDER.index(self._reported.space):
                self._better[storage.space] = self._clock()
            self._reported = storage
            self._post(SpaceMeasured(at=self._clock(), storage=storage))

    def _remove_copied(self, connection: sqlite3.Connection) -> list[Removable]:
        rows = connection.execute(_COPIED, self._protected())
        ours = (each for each in map(_removable, rows) if self._remove(each))
        gone = list(islice(ours, AT_ONCE))
        rows.close()
        self._forget(connection, gone)
        return gone

    def _bytes(self, connection: sqlite3.Connection) -> int:
        """The bytes of all recordings, also of running ones."""
        running = (self._path(recording) for (recording,) in connection.execute(_RUNNING))
        return int(connection.execute(_STORED).fetchone()[1]) + sum(recording_files.size(each) or 0 for each in running)

    def _win(self, connection: sqlite3.Connection, needed: int, free: int, held: int) -> list[Removable]:
        """Remove as few recordings as win the space that is missing, the oldest first; none if it is too much."""
        missing, taken = needed - free, 0 if self._last_free is None else self._last_free - free
        if self._most - (held - missing) > max(self._most // KEPT, needed // MUCH):
            return []
        if missing > needed // MUCH and taken > needed // MUCH:
            return []  # others are filling the disc; the next look shows whether they have ended
        rows = connection.execute(_OLDEST, self._protected())
        helpful, won = [], 0
        for each in map(_removable, rows):
            frees = self._frees(each.id)
            if frees:
                helpful.append(each)
                won += frees
            if won >= missing:
                break
        rows.close()
        if won < missing:
            return []
        gone = [each for each in helpful[:AT_ONCE] if self._remove(each)]
        self._forget(connection, gone)
        return gone

    def _remove_excess(self, connection: sqlite3.Connection, limits: Limits) -> list[Removable]:
        protected = self._protected()
        rows = connection.execute(_OLDEST, protected)
        removable = map(_removable, rows)
        count, size = connection.execute(_STORED).fetchone()
        protected_count, protected_size = connection.execute(_PROTECTED, protected).fetchone()
        stored = Stored(count - protected_count, int(size - protected_size))
        oldest, now = list(islice(removable, AT_ONCE)), time.time()
        gone: list[Removable] = []
        while len(gone) < AT_ONCE and (number := excess(oldest, stored, limits, now)):
            for each in oldest[:number]:
                stored = Stored(stored.count - 1, stored.bytes - each.bytes)
                if self._remove(each):  # a file of others stays
                    gone.append(each)
            oldest = oldest[number:] + list(islice(removable, number))
        rows.close()
        self._forget(connection, gone)
        return gone

    def _protected(self) -> tuple[str]:
        return (json.dumps(recording_files.protected(self._directory)),)

    def _remove(self, each: Removable) -> bool:
        """Remove the files of a recording. False: they are not ours or cannot be removed, and were left."""
        try:
            return recording_files.remove(self._path(each.id))
        except OSError as error:
            self._leave(each.id, error)
            return False

    def _frees(self, recording: str) -> int:
        try:
            return recording_files.frees(self._path(recording))
        except OSError as error:
            self._leave(recording, error)
            return 0

    def _leave(self, recording: str, error: OSError) -> None:
        """Log once that a recording cannot be removed; raise the error if the disc is to blame."""
        if not database.is_of_one_file(error, self._directory):
            raise error
        if recording not in self._left:
            self._left.add(recording)
            log.warning("recording %s cannot be removed: %s Check the disc.", recording, reason(error))

    def _path(self, recording: str) -> Path:
        return self._directory / f"{recording}{recording_files.WAV}"

    def _forget(self, connection: sqlite3.Connection, gone: Sequence[Removable]) -> None:
        if gone:
            recording_files.sync(self._directory)
            connection.executemany("DELETE FROM recordings WHERE id = ?", [(each.id,) for each in gone])

    def _free(self) -> int:
        return durable.free_bytes(self._directory)

    def _space(self, free: int, needed: int) -> Space:
        """The state of the space. One that hovers becomes as good again after an hour, or with a tenth more free."""
        found, clear = _space(free, needed), _space(free - needed // MUCH, needed)
        before = found if self._reported is None else self._reported.space
        hovers = self._clock() < self._better.get(found, -inf) + HOVERS_S
        return before if hovers and _ORDER.index(clear) <= _ORDER.index(before) <= _ORDER.index(found) else found


def _space(free: int, needed: int) -> Space:
    if free >= needed:
        return Space.OK
    return Space.LOW if free >= needed // 2 else Space.FULL


def _removable(row: tuple[str, str, int, float]) -> Removable:
    return Removable(row[0], _seconds(row[1]), *row[2:])


def _seconds(started: str) -> float:
    """A row's begin in seconds since 1970; of a damaged one none that can be true."""
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(started).timestamp()
    return -inf
