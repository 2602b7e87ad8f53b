"""Recordings: once reported as recorded, a recording is on disc, playable, and listed, whatever ended the service."""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.base import durable, times
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.base.wall_time import utc
from appliance.core.inputs import (
    Input,
    RecordingAvailable,
    RecordingChanged,
    RecordingDeleted,
    RecordingPrepared,
    RecordingRefused,
)
from appliance.core.model import NO_CALL, Call, CallId, RecordingClock, RecordingFacts, RecordingId, Removal, Space
from appliance.core.orders import FinishRecording, PrepareRecording
from appliance.store import database, recording_files, recording_index, wav
from appliance.store.make_room import RoomMaker
from appliance.store.quota import Limits
from appliance.store.recording_lists import RecordingLists, not_found
from appliance.store.recording_times import TimeCorrector
from appliance.store.restore_index import IndexRestorer, both, write_facts
from appliance.store.writer import After, Writer, act, nothing

if TYPE_CHECKING:
    from appliance.store.finished.peaks import Peaks

log = logging.getLogger(__name__)

_SETTLE_S = 0.25  # the SIP stack's last buffer reaches the file about 20 ms after it closed it


class Recordings(RecordingLists):
    """Files `<id>.wav` in `directory`, written by the SIP process, and their index in the writer's database.

    completed: called in the writer's thread, or by `open`, when a recording is complete, or many may be.

    `prepare`, `finish`, `desire` and `path` never wait; `list`, `get`, `delete` and `protect` read the disc and are for
    threads other than asyncio's. `clock` returns CLOCK_MONOTONIC in seconds, `limits` the limits that hold now,
    `trusted` whether the wall clock is right; all are called by any thread.
    """

    def __init__(
        self,
        directory: Path,
        writer: Writer,
        post: Callable[[Input], None],
        clock: Callable[[], float] = time.monotonic,
        limits: Callable[[], Limits] = Limits,
        trusted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._room = RoomMaker(directory, post, clock, limits)
        super().__init__(directory, writer)
        self._post, self._clock = post, clock
        self._times = TimeCorrector(writer, clock, trusted, self.write_facts)
        self._restorer = IndexRestorer(
            directory, writer, partial(self._complete, recovered=True), self._running, self._restored
        )
        self._peaks: Peaks | None = None
        self.completed: Callable[[], object] = nothing
        self.opus_ordered = False  # whether one is a WAV file that somebody has ordered as an Opus file
        self._lock = threading.Lock()  # protects the following
        self._ours: dict[RecordingId, RecordingFacts | None] = {}  # prepared since the start and not finished
        self._calls: set[CallId] = set()  # the calls that have not ended
        self._desired: tuple[RecordingId, ...] = ()
        self._patching = False

    def open(self) -> None:
        """Soon list, repair and announce the recordings that an unclean end left unfinished; then apply the limits."""
        self._writer.renewed.append(self._restorer.start)
        self._restorer.start()
        self._tidy_again(0.0)
        self._look_again()

    def prepare(self, order: PrepareRecording) -> None:
        """Make an empty file and the index row durable, then post RecordingPrepared, or RecordingRefused."""
        with self._lock:
            self._ours[order.recording] = None
            self._calls.add(order.call)
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
        """Complete header and index row, then post RecordingAvailable; RecordingRefused if nothing was recorded.

        One that was discarded is removed instead, and RecordingDeleted is posted.
        """
        self._writer.submit(partial(self._finish, order), delay_s=_SETTLE_S, single=True)

    def describe(self, call: Call) -> None:
        """Add to the recordings of a call, which has ended, whom it was with, its outcome and its note; never waits."""
        with self._lock:
            known = call.id in self._calls
            self._calls.discard(call.id)
        if known:
            self._writer.submit(partial(self._describe, call))

    def take(self, envelope: Json) -> None:
        """Note which doors are opened while something is recorded; gets all events, and never waits."""
        with self._lock:
            recordings = self._desired
        if recordings and envelope["type"] == "door.unlocked":
            self._writer.submit(partial(self._opened, recordings, envelope["data"]["door"]))

    def sound(self, recording: str) -> Path:
        """The file of a complete recording. One that was cut off since is repaired first. Raises IntercomError."""
        path, row = self.file(recording), self.get(recording)
        if not row.complete:  # a file that grows while it is sent would exceed the Content-Length of the answer
            raise IntercomError(
                ErrorCode.CONFLICT,
                "The recording is still being written.",
                resolution="Wait for the event recording.available.",
            )
        size = recording_files.size(path)
        if size is None and self.file(recording) != path:  # it was converted meanwhile, which happens once
            return self.sound(recording)
        if size is None:
            raise IntercomError(
                ErrorCode.RECORDING_NOT_FOUND,
                f"The file of recording {recording} is gone.",
                "It was removed or replaced by hand." if os.path.lexists(path) else "It was removed by hand.",
                f"DELETE /v1/recordings/{recording} removes it from the list.",
            )
        if size != row.bytes:
            self._writer.ask(partial(self._mend, RecordingId(recording)), done=act)
            opus = recording_files.opus(path)
            if recording_files.size(opus) == row.bytes:  # the disc did not let the WAV file go
                return opus
        return self.file(recording)

    async def peaks(self, recording: str) -> Json:
        """The waveform of a complete recording (`models.Waveform`); for asyncio's thread. Raises IntercomError."""
        from appliance.store.finished.peaks import Peaks  # noqa: PLC0415  late: few clients show one

        if self._peaks is None:
            self._peaks = Peaks(self.sound, self.get, self._writer)
        return await self._peaks.of(recording)

    def tidy(self) -> None:
        """Keep, soon, to the limits, which may have changed."""
        self._writer.submit(self._tidy)

    def delete(self, recording: str, by: str) -> None:
        """Remove file and row, and wait for that; RecordingDeleted follows, with the client's name `by`.

        Raises IntercomError, also while it is being written.
        """
        path = self.path(recording)

        def remove(connection: sqlite3.Connection) -> tuple[float, int, CallId]:
            """Remove the recording's row; returns its length, its bytes and its call."""
            query = "SELECT complete, duration_s, bytes, call FROM recordings WHERE id = ?"
            row = connection.execute(query, (recording,)).fetchone()
            if row is None:
                raise not_found(recording)
            if not row[0]:
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"Recording {recording} is being written.",
                    resolution="Delete it after the call.",
                )
            if recording_files.is_protected(path):
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"Recording {recording} is protected.",
                    resolution="Unprotect it first: `protected` false, or intercomctl recordings unprotect.",
                )
            if not recording_files.remove(path):
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"The file of recording {recording} is left as it is.",
                    f"{path} is a link, or belongs to another user.",
                    "Remove the file by hand, and try again.",
                )
            recording_files.sync(self._directory)
            connection.execute("DELETE FROM recordings WHERE id = ?", (recording,))
            return row[1], row[2], row[3]

        self._writer.ask(remove, done=partial(self._deleted, recording, by))
        self.tidy()  # space may be enough again

    def protect(self, recording: str, by: str, *, wanted: bool) -> None:
        """Protect a recording from the limits and from `delete`, or no longer; wait for that.

        RecordingChanged follows if it was different, with the client's name `by`. Raises IntercomError.
        """
        path = self.path(recording)

        def mark(connection: sqlite3.Connection) -> CallId | None:
            """Protect the recording or end its protection; returns its call if that changed anything."""
            row = connection.execute("SELECT call FROM recordings WHERE id = ?", (recording,)).fetchone()
            if row is None:
                raise not_found(recording)
            try:
                return CallId(row[0]) if recording_files.protect(path, wanted=wanted) else None
            except IsADirectoryError as error:
                raise IntercomError(
                    ErrorCode.CONFLICT,
                    f"Recording {recording} cannot be protected.",
                    f"{recording_files.mark(path)} is a directory.",
                    "Remove the directory by hand, and try again.",
                ) from error

        def report(call: CallId | None) -> None:
            if call is not None:
                of = RecordingId(recording)
                self._post(RecordingChanged(at=self._clock(), call=call, recording=of, protected=wanted, by=by))

        self._writer.ask(mark, done=report)
        if not wanted:
            self.tidy()

    def write_facts(self, connection: sqlite3.Connection, recording: RecordingId) -> None:
        """Write the row of a finished recording beside its file; in the writer's thread. Raises OSError."""
        entry = recording_index.find(connection, recording)
        if entry is not None and entry.complete:
            write_facts(self.path(recording), entry)

    def _restored(self) -> None:
        self.tidy()
        self._writer.submit(self._look_for_orders)

    def _report_completed(self) -> None:
        self.completed()

    def _running(self) -> set[RecordingId]:
        with self._lock:
            return set(self._ours)

    def _forget(self, recording: RecordingId) -> None:
        with self._lock:
            self._ours.pop(recording, None)

    def _deleted(self, recording: str, by: str, removed: tuple[float, int, CallId]) -> None:
        self._forget(RecordingId(recording))
        self._post(
            RecordingDeleted(
                at=self._clock(),
                call=removed[2],
                recording=RecordingId(recording),
                duration_s=removed[0],
                bytes=removed[1],
                why=Removal.REQUEST,
                by=by,
            )
        )

    def _refuse(self, call: CallId, recording: RecordingId, why: str) -> None:
        self._forget(recording)
        self._post(RecordingRefused(at=self._clock(), call=call, recording=recording, why=why))

    # -- jobs, in the writer thread ------------------------------------------------------------------------------------

    def _prepare(self, order: PrepareRecording, connection: sqlite3.Connection) -> After:
        path = self.path(order.recording)
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        room = self._room.make(connection)
        if not room.enough:
            return both(room.report, partial(self._refuse, order.call, order.recording, room.why))
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
            os.fsync(descriptor)
            os.close(descriptor)
            durable.sync(self._directory)
            entry = RecordingFacts(
                recording_index.next_number(connection),
                order.recording,
                order.call,
                order.remote,
                utc(datetime.now(UTC)),
                clock=self._times.quality(),
                note=order.note,
                wanted_format=order.format or "",
                conference=order.conference,
            )
            recording_index.insert(connection, entry)
        except (OSError, sqlite3.Error):
            recording_files.remove(path)
            raise
        with self._lock:
            self._ours[order.recording] = entry
        prepared = RecordingPrepared(at=self._clock(), call=order.call, recording=order.recording)
        if entry.clock is RecordingClock.UNCERTAIN:
            self._times.note(order.recording)
        return both(room.report, partial(self._post, prepared))

    def _describe(self, call: Call, connection: sqlite3.Connection) -> None:
        remote, outcome = call.remote, call.end.cause if call.end else ""
        party = remote.target_name or remote.target or remote.display_name
        for entry in recording_index.of_call(connection, call.id):
            note = entry.note or call.custom_data
            recording_index.change(connection, entry.id, party=party, outcome=outcome, note=note)
            self.write_facts(connection, entry.id)

    def _look_for_orders(self, connection: sqlite3.Connection) -> After:
        self.opus_ordered = connection.execute(recording_index.ORDERED_OPUS).fetchone() is not None
        return self._report_completed

    def _opened(self, recordings: tuple[RecordingId, ...], door: str, connection: sqlite3.Connection) -> None:
        for recording in recordings:
            entry = recording_index.find(connection, recording)
            if entry is not None and door not in entry.doors:
                doors = recording_index.doors_text((*entry.doors, door))
                recording_index.change(connection, recording, doors=doors)

    def _patch_later(self) -> None:
        if not self._writer.submit(self._patch, delay_s=times.current.recording_header_again_s):
            with self._lock:
                self._patching = False

    def _patch(self, _connection: sqlite3.Connection) -> After | None:
        with self._lock:
            recordings = self._desired
            self._patching = bool(recordings)
        for recording in recordings:
            try:
                descriptor = os.open(self.path(recording), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            except OSError as error:
                if database.is_of_one_file(error, self._directory):
                    continue  # its end reports it
                raise
            try:
                wav.repair(descriptor)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return self._patch_later if recordings else None

    def _look_again(self) -> None:
        # `refuse`: so that the look waits for no other job while the disc fails.
        self._writer.submit(
            self._look, delay_s=times.current.space_again_s, refuse=self._look_without_database, single=True
        )

    def _look(self, connection: sqlite3.Connection) -> After:
        """Look at the space, which others use too."""
        with self._lock:
            recordings = self._desired
        return both(self._spare(connection, recordings), self._look_again)

    def _look_without_database(self, _why: str) -> None:
        with suppress(OSError):  # the writer reports it
            self._room.report()
        self._look_again()

    def _spare(self, connection: sqlite3.Connection, running: Iterable[RecordingId]) -> After:
        """Remove recordings while space is short.

        Stop running recordings before the disc is full, when samples would be lost.
        """
        if not self._room.unsettled():
            return nothing
        room = self._room.make(connection)
        posts = [room.report]
        for recording in running if room.storage.space is Space.FULL else ():
            call = connection.execute("SELECT call FROM recordings WHERE id = ?", (recording,)).fetchone()
            at, of = self._clock(), CallId(call[0] if call else "")
            posts.append(partial(self._post, RecordingRefused(at=at, call=of, recording=recording, why=room.why)))
        return both(*posts)

    def _tidy_again(self, delay_s: float) -> None:
        self._writer.submit(self._tidy_hourly, delay_s=delay_s, single=True)

    def _tidy_hourly(self, connection: sqlite3.Connection) -> After:
        return both(self._tidy(connection), partial(self._tidy_again, times.current.recording_tidy_again_s))

    def _tidy(self, connection: sqlite3.Connection) -> After:
        """Keep to the limits, a few removals in each job."""
        room = self._room.make(connection)
        return both(room.report, self.tidy) if room.more else room.report

    def _finish(self, order: FinishRecording, connection: sqlite3.Connection) -> After | None:
        try:
            if order.discarded_by:
                return self._discard(order, connection)
            return self._complete(connection, order.recording, recovered=False, failed=order.failed)
        except OSError as error:
            if not database.is_of_one_file(error, self._directory):
                raise
            row = recording_index.find(connection, order.recording)
            why = database.explain(error, self.path(order.recording))[0]
            return partial(self._refuse, NO_CALL if row is None else row.call, order.recording, why)

    def _discard(self, order: FinishRecording, connection: sqlite3.Connection) -> After:
        sound, _ = recording_files.seal(path := self.path(order.recording))
        recording_files.remove(path)
        recording_files.sync(self._directory)
        row = recording_index.find(connection, order.recording)
        connection.execute("DELETE FROM recordings WHERE id = ?", (order.recording,))
        call = NO_CALL if row is None else row.call
        removed = (0.0, 0, call) if sound is None else (sound.duration_s, sound.bytes, call)
        return partial(self._deleted, order.recording, order.discarded_by, removed)

    def _complete(
        self, connection: sqlite3.Connection, recording: RecordingId, *, recovered: bool, failed: bool = False
    ) -> After | None:
        """Repair the file and complete its row; both go if the file holds no sound. failed: as in FinishRecording."""
        path = self.path(recording)
        sound, digest = recording_files.seal(path)
        if sound is None:
            row = recording_index.find(connection, recording)
            recording_files.remove(path)
            connection.execute("DELETE FROM recordings WHERE id = ?", (recording,))
            if recovered or row is None:
                return None
            if failed:
                return partial(self._forget, recording)
            return partial(self._refuse, row.call, recording, "Nothing was recorded.")
        return self._completed(connection, recording, sound, digest, recovered=recovered)

    def _mend(self, recording: RecordingId, connection: sqlite3.Connection) -> After:
        """Repair a file that was changed after its completion; a file without sound stays unchanged."""
        path, entry = self.path(recording), recording_index.find(connection, recording)
        if entry is not None and recording_files.size(recording_files.opus(path)) == entry.bytes:
            # An unclean end came after the index had learned of the Opus file, and before the WAV file was removed.
            with suppress(OSError):  # `sound` gives the Opus file nevertheless
                path.unlink(missing_ok=True)
            return nothing
        sound, digest = recording_files.seal(path)
        if sound is None:
            raise IntercomError(
                ErrorCode.RECORDING_NOT_FOUND,
                f"The file of recording {recording} has no sound that can be played.",
                "It was damaged after it was complete.",
                "Check the disc or SD card.",
            )
        return self._completed(connection, recording, sound, digest, recovered=True)

    def _completed(
        self,
        connection: sqlite3.Connection,
        recording: RecordingId,
        sound: wav.WavContent,
        digest: str,
        *,
        recovered: bool,
    ) -> After:
        """Complete the row, and the facts beside the file."""
        with self._lock:
            prepared = self._ours.get(recording)
        # Without a row the index was damaged, and set aside after this recording began.
        entry = prepared or recording_index.find(connection, recording) or self._restorer.described(recording)
        recording_index.insert(connection, entry)
        recording_index.change(
            connection,
            recording,
            duration_s=sound.duration_s,
            bytes=sound.bytes,
            sha256=digest,
            complete=True,
            recovered=recovered,
        )
        self.write_facts(connection, recording)

        def announce() -> None:
            self._forget(recording)
            self._post(
                RecordingAvailable(
                    at=self._clock(),
                    call=entry.call,
                    recording=recording,
                    duration_s=sound.duration_s,
                    bytes=sound.bytes,
                    recovered=recovered,
                )
            )
            self._restored()

        return announce
