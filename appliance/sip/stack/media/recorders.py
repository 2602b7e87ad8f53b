"""One recorder for each call, as long as its recording is desired."""

import logging
import time
from pathlib import Path

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import CallId, RecordingId
from appliance.sip.stack.calls.operations import Post

LOG = logging.getLogger(__name__)


class Recorders:
    """Opens and closes WAV files `directory`/ID.wav. The bridge's routes supply the sound."""

    def __init__(self, directory: Path, post: Post) -> None:
        self._directory, self._post = directory, post
        self._running: dict[RecordingId, tuple[CallId, pj.AudioMediaRecorder]] = {}
        self._closing: dict[RecordingId, CallId] = {}
        self._done: set[RecordingId] = set()  # a recording that began is never begun again: that would empty its file

    def desire(self, wanted: dict[RecordingId, CallId]) -> None:
        """Run exactly these recordings."""
        for recording in set(self._running) - set(wanted):
            call, _recorder = self._running.pop(recording)  # freed: pjmedia's own thread closes it a moment later
            self._closing[recording] = call
        for recording, call in wanted.items():
            if recording not in self._done:
                self._done.add(recording)
                self._open(recording, call)

    def recorder(self, recording: RecordingId | None) -> pj.AudioMediaRecorder | None:
        """The running recorder of a recording; None if there is none."""
        return self._running[recording][1] if recording in self._running else None

    @property
    def closing(self) -> bool:
        """Whether a file is not closed yet."""
        return bool(self._closing)

    def turn(self, now: float) -> None:
        """Report files that are closed by now."""
        if not self._closing:
            return
        opened = set(_open_files())
        for recording, call in list(self._closing.items()):
            if str(self._path(recording).resolve()) not in opened:
                del self._closing[recording]
                size = _size(self._path(recording))
                self._post(inputs.RecordingClosed(at=now, call=call, recording=recording, bytes=size))

    def clear(self) -> None:
        """Close all files, before the endpoint."""
        self._running.clear()

    def _path(self, recording: RecordingId) -> Path:
        return self._directory / f"{recording}.wav"

    def _open(self, recording: RecordingId, call: CallId) -> None:
        recorder, now = pj.AudioMediaRecorder(), time.monotonic
        try:
            recorder.createRecorder(str(self._path(recording)))
        except pj.Error as error:
            why = f"{self._path(recording)}: {error.reason}"
            self._post(inputs.RecordingRefused(at=now(), call=call, recording=recording, why=why))
            return
        self._running[recording] = call, recorder
        self._post(inputs.RecordingBegun(at=now(), call=call, recording=recording))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it was removed by hand
        return 0


def _open_files() -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except OSError:  # the descriptor that lists the directory
            continue
    return found
