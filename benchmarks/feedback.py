"""How soon a visitor who presses the button sees a lamp and hears a tone: `python -m benchmarks.feedback`.

The lamp is that of the simulated panel. The tone is taken from the monitor of a sound server, whose own delay counts: a
card is as quick or quicker. In the first press of each start the card is closed; later ones find it open or closed, as
visitors do.
"""

import array
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import sound
from benchmarks.peer import Peer
from benchmarks.processes import kept, say
from benchmarks.subjects import Daemon, noise

ROUNDS, PRESSES = 5, 6
BLOCK = 240  # samples, 5 ms
LOUD = 300  # of 32767
SILENT_S = 1.0
PATIENCE_S = 30.0


class Station(Daemon):
    """The daemon with a lamp that is lit from the press on."""

    CONFIG = f'{Daemon.CONFIG}[panel.lamp.status.pictures]\ndialing = "on"\n'


class Ear:
    """Hears what the speaker plays."""

    def __init__(self) -> None:
        words = ["parec", "-d", "null.monitor", "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=5"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE)
        self._loud = [time.monotonic()]  # moments
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def quiet(self) -> None:
        """Wait for silence."""
        while time.monotonic() - self._loud[-1] < SILENT_S:
            time.sleep(0.05)

    def sound(self, since: float) -> float:
        """When it became loud after that moment."""
        with self._news:
            if not self._news.wait_for(lambda: self._loud[-1] > since, PATIENCE_S):
                raise TimeoutError("no tone was heard")
            return next(moment for moment in self._loud if moment > since)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout
        while data := self._process.stdout.read(BLOCK * 2):
            if max(map(abs, array.array("h", data))) > LOUD:
                with self._news:
                    self._loud.append(time.monotonic())
                    self._news.notify()


class Eye:
    """Sees the lamps of the simulated panel."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(b'{"watch": "lamps"}\n')
        self._lines = self._socket.makefile()
        self._lines.readline()  # how they are now

    def change(self, since: float) -> float:
        """When a lamp changed after that moment."""
        while True:
            moment: float = json.loads(self._lines.readline())["at"]
            if moment > since:
                return moment


def measure(directory: Path, speaker: str, found: dict[str, list[float]]) -> None:
    """One start, and several presses."""
    peer = Peer()
    subject = Station(directory, noise(directory / "noise.wav"), speaker, peer.uri)
    subject.start()
    ear = Ear()
    try:
        subject.settle()
        eye = Eye(directory / "panel.sock")
        for number in range(PRESSES):
            subject.rest()
            ear.quiet()
            before = time.monotonic()
            subject.press()
            heard = ear.sound(before)
            seen = eye.change(before)
            peer.refused_invite()
            edge = subject.pressed() / 1e9
            found["lamp"].append((seen - edge) * 1e3)
            found["tone, first press" if number == 0 else "tone, later presses"].append((heard - edge) * 1e3)
    finally:
        ear.stop()
        subject.stop()
        peer.close()


def main() -> int:
    """Print each figure's median and largest value."""
    found: dict[str, list[float]] = {"lamp": [], "tone, first press": [], "tone, later presses": []}
    with sound.card() as speaker:
        for number in range(ROUNDS):
            say(f"start {number + 1}/{ROUNDS}")
            with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                measure(Path(directory), speaker, found)
    load = os.getloadavg()[0]
    for name, values in found.items():
        middle, most = statistics.median(values), max(values)
        sys.stdout.write(f"{name:20}{middle:7.1f} ms, at most {most:.1f} ms of {len(values)}, load {load:.1f}\n")
    return 0


if __name__ == "__main__":
    kept(main)
