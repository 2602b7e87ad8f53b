"""The self-test of the sound: plays a sweep, records the microphone, and reports the measurement.

The sweep is made, and found in the recording, by processes of low priority (`appliance.audio.sweep`): both take seconds
on a small board, and a call that ends the test waits for none of them. The recording is in memory without a name, so
nothing of it remains, not even after a kill of the process.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pjsua2 as pj

from appliance.base.errors import reason
from appliance.core import inputs
from appliance.core.desired import SoundTest
from appliance.core.model import SoundMeasured
from appliance.sip.stack.calls.operations import Post


class MemoryFile:
    """A file in memory. pjsua2 needs a path that ends in .wav, so the file has such a path while pjsua2 opens it."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("self-test.wav")

    def opened_by(self, create: Callable[[str], None]) -> None:
        """Have pjsua2 open it. Raises pj.Error or OSError."""
        directory = Path(os.environ.get("TMPDIR") or "/tmp", f"intercomd-{os.urandom(8).hex()}")  # noqa: S108  of one's own
        path = directory / "self-test.wav"
        directory.mkdir(mode=0o700)
        try:
            path.symlink_to(f"/proc/{os.getpid()}/fd/{self.descriptor}")
            create(str(path))
        finally:
            path.unlink(missing_ok=True)
            directory.rmdir()

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self.descriptor).st_size

    def read(self) -> bytes:
        """Read the whole file."""
        return os.pread(self.descriptor, self.size, 0)

    def close(self) -> None:
        """Free the memory, once pjsua2 has closed it too."""
        os.close(self.descriptor)


class Computation:
    """A process of `appliance.audio.sweep`, which reads a file in memory and writes another one, `output`."""

    def __init__(self, order: str, seconds: float, given: MemoryFile | None = None) -> None:
        self.output = MemoryFile()
        files = [(os.POSIX_SPAWN_DUP2, self.output.descriptor, 1)]
        if given is not None:
            files.append((os.POSIX_SPAWN_DUP2, given.descriptor, 0))
        argv = [sys.executable, "-m", "appliance.audio.sweep", order, str(seconds)]
        try:
            self._pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=files)
        except OSError:
            self.output.close()
            raise
        self._status: int | None = None

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    def kill(self) -> None:
        """End it; it is gone a moment later, when `status` is no longer None."""
        if self.status is None:
            os.kill(self._pid, signal.SIGKILL)


class SelfTest:
    """At most one test. The bridge's ports and routes for it have changed whenever `turn` returns True.

    A process makes the sweep while the card opens; then it is played, and the microphone recorded; then another process
    looks for the one in the other. The core gives the test up if that takes too long.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._asked: SoundTest | None = None  # also after its report
        self._test: SoundTest | None = None
        self._sweep: MemoryFile | None = None
        self._recording: MemoryFile | None = None
        self._ports: tuple[pj.AudioMediaPlayer, pj.AudioMediaRecorder] | None = None
        self._computation: Computation | None = None
        self._killed: list[Computation] = []

    def desire(self, test: SoundTest | None) -> None:
        """Perform this test, or none: one that is being performed then ends at once."""
        if test != self._asked:
            self.clear()
            self._asked = self._test = test

    @property
    def listens(self) -> bool:
        """Whether the card is needed."""
        return self._test is not None and (self._recording is None or self._ports is not None)

    @property
    def busy(self) -> bool:
        """Whether there is something to look at soon."""
        return self._test is not None or bool(self._killed)

    @property
    def sound(self) -> tuple[pj.AudioMediaPlayer, pj.AudioMediaRecorder] | None:
        """The player of the sweep and the recorder of the microphone while the test runs, else None."""
        return self._ports

    def turn(self, working: bool) -> bool:
        """Take the next step. working: the card's microphone is open."""
        self._killed = [each for each in self._killed if each.status is None]
        if self._test is None:
            return False
        try:
            return self._proceed(self._test, working)
        except (pj.Error, OSError) as error:
            why = error.reason if isinstance(error, pj.Error) else reason(error)
            self._report(self._test, SoundMeasured(), f"{why}.")
            return True

    def clear(self) -> None:
        """End the test, and free everything."""
        files = [self._sweep, self._recording]
        if self._computation is not None:
            files.append(self._computation.output)
            self._computation.kill()
            self._killed.append(self._computation)
        self._test = self._sweep = self._recording = self._ports = self._computation = None
        for file in filter(None, files):
            file.close()

    def _proceed(self, test: SoundTest, working: bool) -> bool:
        if self._computation is not None:
            return self._computed(test, self._computation)
        if self._sweep is None:
            self._computation = Computation("make", test.seconds)
        elif self._recording is None:
            if working:
                self._begin(self._sweep)
                return True
        elif self._recording.size >= self._sweep.size:
            self._ports = None
            self._computation = Computation("measure", test.seconds, self._recording)
            return True
        return False

    def _begin(self, sweep: MemoryFile) -> None:
        player, recorder, self._recording = pj.AudioMediaPlayer(), pj.AudioMediaRecorder(), MemoryFile()
        sweep.opened_by(player.createPlayer)
        self._recording.opened_by(recorder.createRecorder)
        self._ports = player, recorder

    def _computed(self, test: SoundTest, computation: Computation) -> bool:
        if computation.status is None:
            return False
        if computation.status != 0:
            why = f"The process that computes ended with status {computation.status}."
            self._report(test, SoundMeasured(), why)
        elif self._recording is None:
            self._sweep, self._computation = computation.output, None
        else:
            measured = msgspec.json.decode(computation.output.read(), type=SoundMeasured)
            self._report(test, measured, "")
        return True

    def _report(self, test: SoundTest, measured: SoundMeasured, why: str) -> None:
        self.clear()
        self._post(inputs.SoundTested(at=time.monotonic(), test=test.id, measured=measured, why=why))
