"""Converts a finished recording to Opus by opusenc of opus-tools: the WAV file goes once the Opus file is durable."""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from appliance.base import durable, idle_programs
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.core.inputs import Input, RecordingConverted
from appliance.core.model import RecordingFormat, RecordingId
from appliance.store import recording_files, recording_index
from appliance.store.finished import ogg
from appliance.store.recordings import Recordings
from appliance.store.wav import WavContent
from appliance.store.writer import After, Writer, act

PROGRAM = "opusenc"
KBIT_S = 32  # an eighth of the WAV file: voices of one or two channels sound as before
WITHIN_S = 3600 * 4  # for the longest recording on the slowest board
LEAST_BYTES = 65_536  # the heads of the shortest file need some
DIFFERENCE_S = 0.1  # of both files' lengths, which are the same to a sample
# --cvbr: whatever is heard; without it, opusenc takes twice as much for a tone.
_OPTIONS = ("--quiet", "--cvbr", "--discard-comments", "--discard-pictures")


class Opus:
    """A job of `Work`. For asyncio's thread, which never waits for the disc here.

    by_default: whether a recording becomes an Opus file if its order named no format.
    """

    part = "recordings"
    longest_retry_s = 86_400.0

    def __init__(
        self,
        recordings: Recordings,
        writer: Writer,
        post: Callable[[Input], None],
        clock: Callable[[], float],
        by_default: Callable[[], bool] = lambda: True,
    ) -> None:
        self._recordings, self._writer, self._post, self._clock = recordings, writer, post, clock
        self._by_default = by_default

    def may_begin(self) -> bool:
        """Always: opusenc gives way to calls."""
        return True

    def pending(self) -> Sequence[RecordingId]:
        """Return the recordings whose WAV files must become Opus files; reads the disc.

        Raises IntercomError and OSError.
        """
        return self._recordings.to_convert(by_default=self._by_default())

    async def perform(self, recording: RecordingId) -> None:
        """Convert a complete recording; do nothing if it is an Opus file already, or was deleted.

        Raises IntercomError.
        """
        try:
            path = await asyncio.to_thread(self._recordings.sound, recording)
            if path.suffix == recording_files.WAV and await asyncio.to_thread(self._wanted, recording):
                await self._encode(path)
                await asyncio.to_thread(self._replace, recording, path)
        except (IntercomError, OSError) as error:
            if not await asyncio.to_thread(self._left, recording):
                raise error if isinstance(error, IntercomError) else _failed(reason(error)) from error

    def _wanted(self, recording: RecordingId) -> bool:
        """Whether the recording must still become an Opus file: the configuration may have changed since `pending`."""
        by_order = self._recordings.get(recording).wanted_format
        return by_order == RecordingFormat.OPUS or (self._by_default() and not by_order)

    def _left(self, recording: RecordingId) -> bool:
        """Remove the unfinished Opus file, since the disc may be full.

        Returns whether the recording was deleted meanwhile.
        """
        with suppress(OSError):
            recording_files.unfinished(self._recordings.path(recording)).unlink(missing_ok=True)
        return self._recordings.gone(recording)

    async def _encode(self, path: Path) -> None:
        new, size = await asyncio.to_thread(_begin, path)
        words = (PROGRAM, *_OPTIONS, "--bitrate", str(KBIT_S), str(path), str(new))
        status, _, errors = await idle_programs.run(*words, cpu_s=WITHIN_S, file_bytes=size)
        if status == idle_programs.NOT_FOUND:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "Recordings cannot be converted to Opus.",
                f"{PROGRAM} is not installed.",
                "apt install opus-tools",
            )
        if status:
            said = errors.strip().replace(path.stem, "ID")[-200:]
            raise _failed(said or f"{PROGRAM} ended with status {status}.")

    def _replace(self, recording: RecordingId, path: Path) -> None:
        """Make the new file durable and the recording's own. Raises IntercomError and OSError."""
        new = recording_files.unfinished(path)
        with new.open("r+b") as file:
            sound, whole = ogg.measure(file.fileno()), ogg.is_whole(file.fileno())
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if sound is None or abs(sound.duration_s - self._recordings.get(recording).duration_s) > DIFFERENCE_S:
            raise _failed("The new file is not as long as the recording.")
        if not whole:
            raise _failed("The new file was cut off.")
        new.chmod(0o640)
        self._writer.ask(partial(self._enter, recording, path, sound, digest), done=act)

    def _enter(
        self, recording: RecordingId, path: Path, sound: WavContent, digest: str, connection: sqlite3.Connection
    ) -> After:
        """Enter the new file into the index; the WAV file goes once that is on disc.

        The file gets its name here, in the thread that deletes recordings: none is left of one that was deleted.
        """
        entry, new = recording_index.find(connection, recording), recording_files.unfinished(path)
        if entry is None:
            return partial(_remove, new)
        with suppress(FileNotFoundError):  # it has its name already where this runs again
            new.replace(recording_files.opus(path))
        if recording_files.size(recording_files.opus(path)) != sound.bytes:
            raise _failed("The new file is gone.")
        durable.sync(path.parent)
        recording_index.change(connection, recording, bytes=sound.bytes, sha256=digest, wanted_format="")
        self._recordings.write_facts(connection, recording)

        def finish() -> None:
            _remove(path)
            self._post(
                RecordingConverted(
                    at=self._clock(),
                    call=entry.call,
                    recording=recording,
                    duration_s=entry.duration_s,
                    bytes=sound.bytes,
                )
            )
            self._recordings.tidy()
            self._recordings.completed()  # it may be copied now

        return finish


def _remove(path: Path) -> None:
    """Remove a file that is needed no more; where the disc refuses, it stays, and harms nobody."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        durable.sync(path.parent)


def _begin(path: Path) -> tuple[Path, int]:
    """The new file, which is not there yet, and the most bytes that it may have: no more than the old one."""
    new = recording_files.unfinished(path)
    new.unlink(missing_ok=True)
    return new, max(path.stat().st_size, LEAST_BYTES)


def _failed(why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        "A recording could not be converted to Opus.",
        why,
        "It stays as a WAV file, and is tried again.",
    )
