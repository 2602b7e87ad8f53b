"""Copies a finished recording elsewhere by rclone, which checks the copy: its facts first, then its sound."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from appliance.base import idle_programs, times
from appliance.base.errors import ErrorCode, IntercomError, reason, sentences
from appliance.base.record import RecordWithSecrets
from appliance.base.wall_time import utc
from appliance.core.inputs import Input, RecordingCopied, RecordingCopyFailed
from appliance.core.model import RecordingId, StoredRecording
from appliance.store import recording_files, recording_index
from appliance.store.recordings import Recordings
from appliance.store.writer import After, Writer, act, nothing

PROGRAM = "rclone"
_MEMORY_BYTES = 2 * 1024**3  # of address space, of which Go reserves far more than it uses
_ROOM_BYTES = 1_000_000  # in a file that rclone writes itself: what encryption adds, or its configuration
# --retries: we try again ourselves. LE: routers that know it send everything else first (RFC 8622).
_OPTIONS = (
    *("--ask-password=false", "--retries=1", "--low-level-retries=3", "--contimeout=30s", "--timeout=60s"),
    *("--buffer-size=1M", "--dscp=LE", "--log-format="),
)
_ADDRESS_SECRETS = re.compile(r"(?<=://)[^\s/@\"]+@|\?[^\s\"]+")
_LAST = 200  # characters


class Destination(RecordWithSecrets):
    """The destination of copies: rclone's remote and the path there, and the file that describes the remote.

    secrets: passwords and keys in that file, which no message shows.
    """

    SECRETS = frozenset({"secrets"})

    remote: str
    file: str
    secrets: frozenset[str] = frozenset()

    def path(self, name: str) -> str:
        """The path of a file there."""
        return f"{self.remote}{'' if self.remote.endswith((':', '/')) else '/'}{name}"


class Copies:
    """A job of `Work`. For asyncio's thread, which never waits for the disc here.

    destination: reads the disc, and may raise IntercomError, as may converting: the recordings that become Opus files
    first. may_begin: whether no call needs the network.
    """

    part = "copies"
    longest_retry_s = 3600.0  # as remotes fail, rather than recordings

    def __init__(
        self,
        recordings: Recordings,
        writer: Writer,
        post: Callable[[Input], None],
        clock: Callable[[], float],
        destination: Callable[[], Destination],
        converting: Callable[[], Sequence[RecordingId]] = tuple,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        self._recordings, self._writer, self._post, self._clock = recordings, writer, post, clock
        self._destination, self._converting, self.may_begin = destination, converting, may_begin

    def pending(self) -> Sequence[RecordingId]:
        """Return the recordings without a copy that need no conversion first; reads the disc.

        Raises IntercomError and OSError.
        """
        later = set(self._converting())
        return [recording for recording in self._recordings.uncopied() if recording not in later]

    async def perform(self, recording: RecordingId) -> None:
        """Copy a complete recording; do nothing if it was deleted. Raises IntercomError."""
        try:
            destination = await asyncio.to_thread(self._destination)
            path, row = await asyncio.to_thread(self._source, recording)
            facts = recording_files.facts(path)
            if await asyncio.to_thread(recording_files.size, facts) is not None:
                await self._copy(facts, destination)
            await self._copy(path, destination)
            note = partial(self._note, recording, row.sha256, destination.path(path.name))
            await asyncio.to_thread(self._writer.ask, note, done=act)
        except (IntercomError, OSError) as error:
            if not await asyncio.to_thread(self._recordings.gone, recording):
                failed = error if isinstance(error, IntercomError) else _failed(f"{reason(error)}.")
                why = sentences(failed.message, failed.cause)
                self._writer.submit(partial(self._note_failure, recording, why))
                raise failed from error

    def _source(self, recording: RecordingId) -> tuple[Path, StoredRecording]:
        return self._recordings.sound(recording), self._recordings.get(recording)

    async def _copy(self, file: Path, destination: Destination) -> None:
        """Copy a file; returns once rclone has compared the copy with it. Raises IntercomError and OSError."""
        size = await asyncio.to_thread(recording_files.size, file)
        if size is None:
            raise _failed("Its file is gone.")
        copy_s = times.current.copy_s
        words = (PROGRAM, "copyto", *_OPTIONS, f"--config={destination.file}", "--", str(file))
        try:
            async with asyncio.timeout(copy_s):
                status, _, errors = await idle_programs.run(
                    *words,
                    destination.path(file.name),
                    cpu_s=int(copy_s),
                    file_bytes=size * 2 + _ROOM_BYTES,
                    memory_bytes=_MEMORY_BYTES,
                    # Whatever rclone keeps of its own, it keeps in our directory.
                    environment={"HOME": str(self._writer.directory.absolute()), "GOMEMLIMIT": "64MiB"},
                )
        except TimeoutError as error:
            raise _failed(f"rclone did not end within {copy_s / 3600:g} hours.") from error
        if status:
            raise _failed(_readable(errors, file, destination.secrets) or f"rclone ended with status {status}.")

    def _note(self, recording: RecordingId, sha256: str, to: str, connection: sqlite3.Connection) -> After:
        """Enter into the index that it was copied, unless it is another file by now."""
        entry = recording_index.find(connection, recording)
        if entry is None:
            return nothing
        if entry.sha256 != sha256:
            raise _failed("Its file changed meanwhile.")
        now = utc(datetime.now(UTC))
        recording_index.change(connection, recording, copied=now, copy_tries=entry.copy_tries + 1, copy_error="")
        self._recordings.write_facts(connection, recording)

        def finish() -> None:
            self._post(
                RecordingCopied(
                    at=self._clock(),
                    call=entry.call,
                    recording=recording,
                    to=to,
                    duration_s=entry.duration_s,
                    bytes=entry.bytes,
                )
            )
            self._recordings.tidy()  # it may be removed here now

        return finish

    def _note_failure(self, recording: RecordingId, why: str, connection: sqlite3.Connection) -> After:
        entry = recording_index.find(connection, recording)
        if entry is None:
            return nothing
        tries = entry.copy_tries + 1
        recording_index.change(connection, recording, copy_tries=tries, copy_error=why)
        return lambda: self._post(
            RecordingCopyFailed(at=self._clock(), call=entry.call, recording=recording, tries=tries, why=why)
        )


def _readable(errors: str, file: Path, secrets: frozenset[str]) -> str:
    """The last line of rclone, without the recording's id, secrets of its configuration, and parts of addresses."""
    lines = errors.strip().splitlines()
    said = _ADDRESS_SECRETS.sub("", lines[-1] if lines else "").replace(file.stem, "ID")
    for secret in sorted(secrets, key=len, reverse=True):
        said = said.replace(secret, "…")
    return f"{said[:_LAST].rstrip('.')}." if said else ""


def _failed(why: str) -> IntercomError:
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        "A recording could not be copied elsewhere.",
        why,
        "Try rclone by hand, as docs/how-to/copy-recordings.md shows. The station tries again by itself.",
    )
