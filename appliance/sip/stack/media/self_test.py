"""The self-test of the sound: plays a sweep, records the microphone, and has another process find the one in the other.

The recording is in memory without a name, so nothing of it is left, not even by a process that is killed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pjsua2 as pj

from appliance.audio import sweep
from appliance.core import inputs
from appliance.core.desired import SoundTest
from appliance.core.model import SoundMeasured
from appliance.sip.stack.calls.operations import Post

COMPUTES_S = 25.0  # at most, on a slow and busy board


class MemoryFile:
    """A WAV file in memory. pjsua2 wants a path that ends in .wav, so it has one while pjsua2 opens it."""

    def __init__(self, content: bytes = b"") -> None:
        self.descriptor = os.memfd_create("self-test.wav")
        os.write(self.descriptor, content)

    def opened_by(self, create: Callable[[str], None]) -> None:
        """Have pjsua2 open it. Raises pj.Error or OSError."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "self-test.wav"
            path.symlink_to(f"/proc/{os.getpid()}/fd/{self.descriptor}")
            create(str(path))

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self.descriptor).st_size

    def close(self) -> None:
        """Free the memory, once pjsua2 has closed it too."""
        os.close(self.descriptor)


class SelfTest:
    """At most one test. `ports` and `routes` are for the bridge; they have changed whenever `turn` returns True."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._asked: SoundTest | None = None  # also after its report
        self._test: SoundTest | None = None
        self._recording: MemoryFile | None = None
        self._player: pj.AudioMediaPlayer | None = None
        self._recorder: pj.AudioMediaRecorder | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._until = 0.0

    def desire(self, test: SoundTest | None) -> None:
        """Perform this test, or none: one that is being performed then ends at once."""
        if test != self._asked:
            self.clear()
            self._asked = self._test = test

    @property
    def listens(self) -> bool:
        """Whether the card is needed."""
        return self._test is not None and self._process is None

    @property
    def busy(self) -> bool:
        """Whether there is something to look at soon."""
        return self._test is not None

    @property
    def sound(self) -> tuple[pj.AudioMediaPlayer, pj.AudioMediaRecorder] | None:
        """What plays the sweep, and what records the microphone, while they do."""
        return None if self._player is None or self._recorder is None else (self._player, self._recorder)

    def turn(self, now: float, working: bool) -> bool:
        """Begin once the card works, end once all is recorded, and report what was measured."""
        if self._test is None:
            return False
        if self._process is not None:
            self._read(now, self._process, self._test)
        elif self._recording is None and working:
            self._begin(self._test)
            return True
        elif self._recording is not None and self._recording.size >= sweep.bytes_for(self._test.seconds):
            self._compute(now, self._recording, self._test)
            return True
        return False

    def clear(self) -> None:
        """End the test, and free everything."""
        self._player = self._recorder = None
        recording, process = self._recording, self._process
        self._test = self._recording = self._process = None
        if recording is not None:
            recording.close()
        if process is not None:
            process.kill()
            process.communicate()

    def _begin(self, test: SoundTest) -> None:
        played = MemoryFile(sweep.played(test.seconds))
        player, recorder, self._recording = pj.AudioMediaPlayer(), pj.AudioMediaRecorder(), MemoryFile()
        try:
            played.opened_by(player.createPlayer)
            self._recording.opened_by(recorder.createRecorder)
        except (pj.Error, OSError) as error:
            self._report(test, SoundMeasured(), f"The sweep cannot be played: {getattr(error, 'reason', error)}.")
        else:
            self._player, self._recorder = player, recorder
        finally:
            played.close()

    def _compute(self, now: float, recording: MemoryFile, test: SoundTest) -> None:
        self._player = self._recorder = None
        os.lseek(recording.descriptor, 0, os.SEEK_SET)
        argv = [sys.executable, "-m", "appliance.audio.sweep", str(test.seconds)]
        self._until = now + COMPUTES_S
        try:
            self._process = subprocess.Popen(argv, stdin=recording.descriptor, stdout=subprocess.PIPE)
        except OSError as error:
            self._report(test, SoundMeasured(), f"The recording cannot be examined: {error}.")

    def _read(self, now: float, process: subprocess.Popen[bytes], test: SoundTest) -> None:
        if process.poll() is None and now < self._until:
            return
        self._process = None
        process.kill()
        printed, _ = process.communicate()
        measured, why = SoundMeasured(), f"The examination of the recording ended with status {process.returncode}."
        if process.returncode == 0:
            with suppress(msgspec.DecodeError):
                measured, why = msgspec.json.decode(printed, type=SoundMeasured), ""
        self._report(test, measured, why)

    def _report(self, test: SoundTest, measured: SoundMeasured, why: str) -> None:
        self.clear()
        self._post(inputs.SoundTested(at=time.monotonic(), test=test.id, measured=measured, why=why))
