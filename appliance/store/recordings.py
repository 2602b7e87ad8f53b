"""Recordings: once reported as recorded, a recording is on disc, playable, and listed, whatever ended the service."""

import hashlib
import json
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record
from appliance.core.inputs import (
    Input,
    RecordingAvailable,
    RecordingChanged,
    RecordingDeleted,
    RecordingPrepared,
    RecordingRefused,
)
from appliance.core.model import CallId, RecordingId, Removal, Space
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.store import database, recording_files, wav
from appliance.store.make_room import RoomMaker
from appliance.store.quota import Limits
from appliance.store.writer import After, Writer

log = logging.getLogger(__name__)

AT_ONCE = 1000  # files compared with the index at the start
_TIDY_S = 3600.0  # limits of age are held within an hour
_PATCH_S = 2.0  # seconds of a recording's length that its header may lack after a power cut
_SETTLE_S = 0.25  # the SIP stack's last buffer reaches the file about 20 ms after it closed it
_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")


class Recording(Record):
    """A recording. `started`: UTC, as in events; length, bytes and hash are set once it is `complete`."""

    id: RecordingId
    call: CallId
    remote: str
    started: str
    duration_s: float
    bytes: int
    sha256: str
    complete: bool
    recovered: bool  # an unclean end had cut it off
    protected: bool = False  # by a file beside it: limits do not remove it


class Recordings:
    """Files `<id>.wav` in `directory`, written by the SIP process, and their index in the writer's database.

    `prepare`, `finish`, `desire` and `path` never wait; `list`, `get`, `delete` and `protect` read the disc and are for
    threads other than asyncio's. `clock` returns CLOCK_MONOTONIC in seconds, `limits` the
    limits that hold now; both are called by any thread.
    """

    def __init__(
        self,
        directory: Path,
        writer: Writer,
        post: Callable[[Input], None],
        clock: Callable[[], float] = time.monotonic,
        limits: Callable[[], Limits] = Limits,
    ) -> None:
        self._room = RoomMaker(directory, post, clock, limits)
        self._directory, self._writer, self._post, self._clock = directory, writer, post, clock
        self._lock = threading.Lock()  # protects the following
        self._ours: set[RecordingId] = set()  # prepared since the start and not finished
        self._desired: tuple[RecordingId, ...] = ()
        self._patching = False

    def open(self) -> None:
        """Repair and announce, soon, every recording that an unclean end left unfinished; then keep to the limits."""
        self._writer.submit(self._recover)
        self._tidy_again(0.0)

    def prepare(self, order: PrepareRecording) -> None:
        """Make an empty file and the index row durable, then post RecordingPrepared, or RecordingRefused."""
        with self._lock:
            self._ours.add(order.recording)
        refuse = partial(self._refuse, order.call, order.recording)
        if not self._writer.submit(partial(self._prepare, order), refuse=refuse):
            refuse("Too many writes are waiting.")

    def desire(self, recordings: tuple[RecordingId, ...]) -> None:
        """Set the recordings that are being written now: their headers are updated every 2 s."""
        with self._lock:
            self._desired = recordings
            start = bool(recordings) and not self._patching
            self._patching |= start
        if start:
            self._patch_later()

    def finish(self, order: FinishRecording) -> None:
        """Complete header and index row, then post RecordingAvailable; RecordingRefused if nothing was recorded."""
        self._writer.submit(partial(self._finish, order.recording), delay_s=_SETTLE_S)

    def path(self, recording: str) -> Path:
        """The path of its file, now or later; text that is not an id (a client's "../x") raises IntercomError."""
        if not _ID.fullmatch(recording):
            raise _not_found(recording)
        return self._directory / f"{recording}.wav"

    def tidy(self) -> None:
        """Keep, soon, to the limits, which may have changed."""
        self._writer.submit(self._tidy)

    def list(self, limit: int = 50, cursor: str | None = None) -> tuple[Recording, ...]:
        """The newest `limit` before the id `cursor`, newest first. Raises IntercomError."""
        return self._read("SELECT * FROM recordings WHERE id < ? ORDER BY id DESC LIMIT ?", cursor or "~", limit)

    def get(self, recording: str) -> Recording:
        """The row of a recording. Raises IntercomError."""
        found = self._read("SELECT * FROM recordings WHERE id = ?", recording)
        if not found:
            raise _not_found(recording)
        return found[0]

    def delete(self, recording: str, by: str) -> None:
        """Remove file and row, and wait for that; RecordingDeleted follows, with the client's name `by`.

        Raises IntercomError, also while it is being written.
        """
        path = self.path(recording)

        def remove(connection: sqlite3.Connection) -> tuple[float, int]:
            """The length and the bytes of what is removed."""
            query = "SELECT complete, duration_s, bytes FROM recordings WHERE id = ?"
            row = connection.execute(query, (recording,)).fetchone()
            if row is None:
                raise _not_found(recording)
            if not row[0]:
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"Recording {recording} is being written.",
                    resolution="Delete it after the call.",
                )
            if os.path.lexists(recording_files.mark(path)):
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"Recording {recording} is protected.",
                    resolution="Set its `protected` to false first.",
                )
            if recording_files.remove(path) is None:
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"The file of recording {recording} is left as it is.",
                    f"{path} is a link, or belongs to another user.",
                    "Remove the file by hand, and try again.",
                )
            if self._directory.is_dir():
                durable.sync(self._directory)
            connection.execute("DELETE FROM recordings WHERE id = ?", (recording,))
            return row[1], row[2]

        def report(removed: tuple[float, int]) -> None:
            self._post(
                RecordingDeleted(
                    at=self._clock(),
                    recording=RecordingId(recording),
                    duration_s=removed[0],
                    bytes=removed[1],
                    why=Removal.REQUEST,
                    by=by,
                )
            )

        self._writer.ask(remove, done=report)
        self.tidy()  # space may be enough again

    def protect(self, recording: str, by: str, *, wanted: bool) -> None:
        """Protect a recording from the limits and from `delete`, or no longer; wait for that.

        RecordingChanged follows if it was different, with the client's name `by`. Raises IntercomError.
        """
        path = self.path(recording)

        def mark(connection: sqlite3.Connection) -> bool:
            """Whether that changed anything."""
            if connection.execute("SELECT 1 FROM recordings WHERE id = ?", (recording,)).fetchone() is None:
                raise _not_found(recording)
            return recording_files.protect(path, wanted=wanted)

        def report(changed: bool) -> None:
            if changed:
                given = RecordingChanged(at=self._clock(), recording=RecordingId(recording), protected=wanted, by=by)
                self._post(given)

        self._writer.ask(mark, done=report)
        if not wanted:
            self.tidy()

    def _read(self, query: str, *values: str | int) -> tuple[Recording, ...]:
        try:
            with closing(database.reader(self._writer.directory)) as connection:
                rows = connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            why, resolution = database.explain(error, self._writer.directory)
            raise IntercomError(
                ErrorCode.UNAVAILABLE, "The index of recordings cannot be read.", why, resolution
            ) from error
        return tuple(self._recording(row) for row in rows)

    def _recording(self, row: tuple[Any, ...]) -> Recording:
        protected = os.path.lexists(recording_files.mark(self.path(row[0])))
        return Recording(*row[:7], *map(bool, (*row[7:], protected)))

    def _refuse(self, call: CallId, recording: RecordingId, why: str) -> None:
        with self._lock:
            self._ours.discard(recording)
        self._post(RecordingRefused(at=self._clock(), call=call, recording=recording, why=why))

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _prepare(self, order: PrepareRecording, connection: sqlite3.Connection) -> After:
        path = self.path(order.recording)
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        room = self._room.make(connection)
        if room.storage.space is not Space.OK:
            return _both(room.report, partial(self._refuse, order.call, order.recording, room.why))
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
            os.fsync(descriptor)
            os.close(descriptor)
            durable.sync(self._directory)
            self._insert(connection, order.recording, order.call, order.remote, datetime.now(UTC))
        except (OSError, sqlite3.Error):
            recording_files.remove(path)
            raise
        prepared = RecordingPrepared(at=self._clock(), call=order.call, recording=order.recording)
        return _both(room.report, partial(self._post, prepared))

    def _insert(
        self, connection: sqlite3.Connection, recording: str, call: str, remote: str, started: datetime
    ) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO recordings VALUES (?, ?, ?, ?, 0, 0, '', 0, 0)",
            (recording, call, remote, started.isoformat(timespec="microseconds").replace("+00:00", "Z")),
        )

    def _patch_later(self) -> None:
        if not self._writer.submit(self._patch, delay_s=_PATCH_S):
            with self._lock:
                self._patching = False

    def _patch(self, connection: sqlite3.Connection) -> After | None:
        with self._lock:
            recordings = self._desired
            self._patching = bool(recordings)
        for recording in recordings:
            try:
                descriptor = os.open(self.path(recording), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                wav.repair(descriptor)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if not recordings:
            return None
        return _both(self._spare(connection, recordings), self._patch_later)

    def _spare(self, connection: sqlite3.Connection, running: Iterable[RecordingId]) -> After:
        """Remove recordings while space is short; in time, stop those that run: what does not fit is lost silently."""
        if not self._room.short():
            return _nothing
        room = self._room.make(connection)
        posts = [room.report]
        for recording in running if room.storage.space is Space.FULL else ():
            call = connection.execute("SELECT call FROM recordings WHERE id = ?", (recording,)).fetchone()
            at, of = self._clock(), CallId(call[0] if call else "")
            posts.append(partial(self._post, RecordingRefused(at=at, call=of, recording=recording, why=room.why)))
        return _both(*posts)

    def _tidy_again(self, delay_s: float) -> None:
        self._writer.submit(self._tidy_hourly, delay_s=delay_s)

    def _tidy_hourly(self, connection: sqlite3.Connection) -> After:
        return _both(self._tidy(connection), partial(self._tidy_again, _TIDY_S))

    def _tidy(self, connection: sqlite3.Connection) -> After:
        """Keep to the limits, a few removals in each job."""
        room = self._room.make(connection)
        return _both(room.report, self.tidy) if room.more else room.report

    def _finish(self, recording: RecordingId, connection: sqlite3.Connection) -> After | None:
        return self._complete(connection, recording, recovered=False)

    def _complete(self, connection: sqlite3.Connection, recording: RecordingId, *, recovered: bool) -> After | None:
        """Repair the file and complete its row; both go if the file holds no sound."""
        path = self.path(recording)
        row = connection.execute("SELECT call FROM recordings WHERE id = ?", (recording,)).fetchone()
        sound, digest = _seal(path)
        if sound is None:
            recording_files.remove(path)
            connection.execute("DELETE FROM recordings WHERE id = ?", (recording,))
            if recovered or row is None:
                return None
            return partial(self._refuse, CallId(row[0]), recording, "Nothing was recorded.")
        if row is None:  # the index was damaged and set aside after this recording began
            self._insert(connection, recording, "", "", _modified(path))
        connection.execute(
            "UPDATE recordings SET duration_s = ?, bytes = ?, sha256 = ?, complete = 1, recovered = ? WHERE id = ?",
            (sound.duration_s, sound.bytes, digest, recovered, recording),
        )

        def completed() -> None:
            with self._lock:
                self._ours.discard(recording)
            self._post(
                RecordingAvailable(
                    at=self._clock(),
                    recording=recording,
                    duration_s=sound.duration_s,
                    bytes=sound.bytes,
                    recovered=recovered,
                )
            )
            self.tidy()

        return completed

    def _recover(self, connection: sqlite3.Connection) -> After | None:
        """Complete unfinished rows, and files without a row since a damaged database was set aside."""
        with self._lock:
            ours = set(self._ours)
        for recording in sorted(self._unlisted(connection) - ours):  # by their ids: limits take the order of the rows
            self._insert(connection, recording, "", "", _modified(self.path(recording)))
        rows = connection.execute("SELECT id FROM recordings WHERE NOT complete ORDER BY id")
        unfinished = [RecordingId(row[0]) for row in rows if row[0] not in ours]
        afters = [self._complete(connection, recording, recovered=True) for recording in unfinished]

        def announce() -> None:
            for after in afters:
                if after is not None:
                    after()

        return announce

    def _unlisted(self, connection: sqlite3.Connection) -> set[RecordingId]:
        """The files without a row. SQLite compares them, since a loop over all recordings would hold up the start."""
        query = "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM recordings WHERE recordings.id = value)"
        found: set[RecordingId] = set()
        names = (path.stem for path in self._directory.glob("*.wav"))
        while some := list(islice(names, AT_ONCE)):
            rows = connection.execute(query, (json.dumps([name for name in some if _ID.fullmatch(name)]),))
            found.update(RecordingId(row[0]) for row in rows if recording_files.size(self.path(row[0])) is not None)
        return found


def _both(*afters: After) -> After:
    """All of these, one after another."""

    def act() -> None:
        for after in afters:
            after()

    return act


def _nothing() -> None:
    """Nothing is left to do."""


def _seal(path: Path) -> tuple[wav.WavContent | None, str]:
    """Repair a file's header and make it durable; its SHA-256. No sound: (None, "")."""
    if recording_files.size(path) is None:
        return None, ""
    file = path.open("r+b")
    with file:
        sound = wav.repair(file.fileno())
        if sound is None:
            return None, ""
        os.fsync(file.fileno())
        return sound, hashlib.file_digest(file, "sha256").hexdigest()


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _not_found(recording: str) -> IntercomError:
    return IntercomError(
        ErrorCode.RECORDING_NOT_FOUND,
        f"There is no recording {recording!r}.",
        resolution="GET /v1/recordings lists them.",
    )
