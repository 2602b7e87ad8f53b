"""One recorder for each call, as long as its recording is desired."""

import logging
import time
from pathlib import Path

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.desired import CallMedia
from appliance.core.model import CallId, RecordingId
from appliance.sip.stack.calls.operations import Post

LOG = logging.getLogger(__name__)
ENDED = 100  # recordings that are remembered after their end


Sides = tuple[pj.AudioMedia, pj.AudioMedia]  # local and remote


class Recorders:
    """Opens and closes WAV files `directory`/ID.wav. The bridge's routes supply the sound."""

    def __init__(self, directory: Path, post: Post) -> None:
        self._directory, self._post = directory, post
        self._running: dict[RecordingId, tuple[CallId, Sides]] = {}
        self._closing: dict[RecordingId, CallId] = {}
        # A recording that began is never begun again, which would empty its file: in the order of their beginning.
        self._done: dict[RecordingId, None] = {}

    def desire(self, wanted: dict[RecordingId, CallMedia]) -> None:
        """Run exactly these recordings, each of its call."""
        for recording in set(self._running) - set(wanted):
            call, _sides = self._running.pop(recording)  # freed: pjmedia's own thread closes it a moment later
            self._closing[recording] = call
        for recording, media in wanted.items():
            if recording not in self._done:
                self._done[recording] = None
                self._open(recording, media.call, separate=media.capture.separate)
        for recording in [each for each in self._done if each not in wanted][:-ENDED]:
            del self._done[recording]

    def sides(self, recording: RecordingId | None) -> Sides | None:
        """Where the sound of a recording goes, to one place if its sides are mixed; None if it does not run."""
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

    def _open(self, recording: RecordingId, call: CallId, *, separate: bool) -> None:
        now = time.monotonic
        try:
            sides = (_stereo if separate else _mono)(str(self._path(recording)))
        except pj.Error as error:
            why = f"{self._path(recording)}: {error.reason}"
            self._post(inputs.RecordingRefused(at=now(), call=call, recording=recording, why=why))
            return
        self._running[recording] = call, sides
        self._post(inputs.RecordingBegun(at=now(), call=call, recording=recording))


def _mono(path: str) -> Sides:
    recorder = pj.AudioMediaRecorder()
    recorder.createRecorder(path)
    return recorder, recorder


def _stereo(path: str) -> Sides:
    recorder = pj.AudioMediaStereoRecorder()
    recorder.createRecorder(path)
    return recorder, recorder.getRight()


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
