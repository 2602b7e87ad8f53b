"""Writes the core's inputs to a file, in a separate thread: the loop never waits for the disc."""

import json
import logging
import os
import queue
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.types import Json
from appliance.core.desired import Desired
from appliance.core.inputs import Input
from appliance.core.model import State
from appliance.core.step import Step
from appliance.replay import record_format
from appliance.replay.record_format import Taken
from appliance.replay.redaction import Masks

log = logging.getLogger(__name__)

LONGEST = 50_000_000  # bytes: about 70,000 inputs; a call causes one a second
BEHIND = 5_000  # inputs that may wait for the disc
STOPPED = "the daemon stopped"


class Recorder:
    """One recording. It ends, with a note in the file and in the log, when it is too long or the disc too slow."""

    def __init__(self, path: Path, *, longest: int = LONGEST, behind: int = BEHIND) -> None:
        """Open the file; an existing one is renamed to FILE.old. Raises IntercomError."""
        self._path, self._longest = path, longest
        self._waiting: queue.Queue[Taken | str] = queue.Queue(behind + 1)  # the last place is for the end
        self._behind = behind
        self._thread: threading.Thread | None = None
        self._over = False
        self._masks = Masks()
        self._written = 0
        try:
            if path.exists():
                path.replace(path.with_name(f"{path.name}.old"))
            self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as err:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"Inputs cannot be recorded into {path}.",
                f"{err.strerror}.",
                "Name a file in a directory that the daemon may write to.",
            ) from err

    def begin(self, version: str, state: State) -> None:
        """Write the header, and then all inputs. `state`: before the first input."""
        recorded = datetime.now(UTC).isoformat(timespec="seconds")
        header = record_format.header(version, recorded, state)
        self._thread = threading.Thread(target=self._run, args=(header,), name="inputs", daemon=True)
        self._thread.start()

    def take(self, given: Input, step: Step | None, desired: Desired | None) -> None:
        """Record an input; never waits, so a disc that is too slow ends the recording."""
        if self._over:
            return
        if self._waiting.qsize() >= self._behind:
            self._end("the disc was too slow")
        else:
            self._waiting.put_nowait(Taken(given, step, desired))

    def close(self) -> None:
        """Write the waiting inputs, and end. Blocks on the disc."""
        self._end(STOPPED)
        if self._thread is not None:
            self._thread.join(times.current.recorded_inputs_end_s)

    def _end(self, why: str) -> None:
        if not self._over:
            self._over = True
            self._waiting.put_nowait(why)

    def _run(self, header: Json) -> None:
        try:
            with self._file:
                self._write(header)
                why = self._write_all()
                self._write(record_format.ended(why))
        except OSError as err:
            why = f"it cannot be written: {reason(err)}"
        self._over = True
        level = logging.INFO if why == STOPPED else logging.WARNING
        log.log(level, "The recording of inputs %s has ended: %s", self._path, why)

    def _write_all(self) -> str:
        """Write until the end; returns the reason of the end."""
        flushed = time.monotonic()
        dirty = True
        while self._written < self._longest:
            try:
                taken = self._waiting.get(
                    timeout=max(0.0, flushed + times.current.recorded_inputs_written_s - time.monotonic())
                    if dirty
                    else None
                )
            except queue.Empty:
                self._file.flush()
                flushed, dirty = time.monotonic(), False
                continue
            if isinstance(taken, str):
                return taken
            self._write(record_format.of(taken))
            if not dirty:
                flushed, dirty = time.monotonic(), True
        return f"it was longer than {self._longest} bytes"

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(self._masks.hide(line), ensure_ascii=False, separators=(",", ":"))
        self._written += self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")
