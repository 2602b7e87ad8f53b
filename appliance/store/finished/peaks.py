"""The waveform of a recording: counted by a process of its own when a client first asks, and kept beside the file."""

import asyncio
import json
import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from appliance.base import idle_programs, times
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.core.model import StoredRecording
from appliance.store import recording_files, recording_index
from appliance.store.writer import Writer

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("count_peaks.py")
MOST_WAITING = 4  # requests
NICENESS = 10  # a client waits, and calls come first


class Peaks:
    """Counts one recording at a time. sound: gives the file of a recording that is complete, get: its row.

    Both may raise IntercomError. For asyncio's thread, which never waits for the disc here.
    """

    def __init__(self, sound: Callable[[str], Path], get: Callable[[str], StoredRecording], writer: Writer) -> None:
        self._sound, self._get, self._writer = sound, get, writer
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def of(self, recording: str) -> Json:
        """The waveform, in the form of audiowaveform (version 2). Raises IntercomError."""
        path = await asyncio.to_thread(self._sound, recording)
        found = await asyncio.to_thread(_kept, path)
        if found is not None:
            return found
        async with self._in_turn():
            found = await asyncio.to_thread(_kept, path)  # others may have waited for the same
            if found is None:
                found = await self._count(recording)
                await asyncio.to_thread(self._keep, path, found)
        return found

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise IntercomError(
                ErrorCode.RATE_LIMITED,
                "Too many waveforms are waiting.",
                f"The limit is {MOST_WAITING}.",
                "Try again later.",
            )
        self._waiting += 1
        limit_s = times.current.waveform_s
        try:
            async with asyncio.timeout(limit_s), self._turn:
                yield
        except TimeoutError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "The waveform was not ready in time.",
                f"The limit is {limit_s:g} s, and calls come first.",
                "Try again later.",
            ) from error
        finally:
            self._waiting -= 1

    async def _count(self, recording: str) -> Json:
        seconds = (await asyncio.to_thread(self._get, recording)).duration_s
        while True:
            path = await asyncio.to_thread(self._sound, recording)
            status, output, errors = await _run(path, seconds)
            if not status:
                made: Json = json.loads(output)
                return made
            if await asyncio.to_thread(os.path.lexists, path):  # otherwise the recording was converted meanwhile
                break
        log.warning("the waveform of %s could not be counted: %s", path, errors[-500:])
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The waveform could not be counted.",
            f"The program ended with status {status}.",
            "See the log.",
        )

    def _keep(self, path: Path, found: Json) -> None:
        """Store the waveform; where that fails it is counted again next time."""
        with suppress(IntercomError):
            self._writer.ask(partial(_store, path, json.dumps(found, separators=(",", ":"))))


async def _run(path: Path, seconds: float) -> tuple[int, bytes, str]:
    words = (sys.executable, "-I", "-S", str(PROGRAM), str(path), str(seconds))
    try:
        return await idle_programs.run(*words, cpu_s=int(times.current.waveform_s), niceness=NICENESS)
    except OSError as error:
        return 1, b"", reason(error)


def _store(path: Path, text: str, connection: sqlite3.Connection) -> None:
    """Only beside a recording that has not been deleted meanwhile."""
    if recording_index.find(connection, path.stem) is not None:
        recording_files.write_peaks(path, text)


def _kept(path: Path) -> Json | None:
    """Read the stored waveform; None without one, and for one that is damaged or older than the recording."""
    try:
        text = recording_files.read_peaks(path)
        found = None if text is None else json.loads(text)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("data"), list) else None
