"""A whole station under qemu-user, with its SIP process and guard: instructions of its start and of rings.

It runs on this machine's Python and libraries. The daemon starts its other processes by sys.executable, so a shell
script stands for Python; each process counts into a file of its own.
"""

import os
import platform
import statistics
import struct
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import instructions
from benchmarks.arm64 import plugin
from benchmarks.peer import Peer
from benchmarks.processes import say
from benchmarks.subjects import NULL, Daemon, noise

PATIENCE_S = 900.0
RINGS = 5
REST_S = 2.0
RESTING = 20e6  # a station at rest executes fewer instructions than that in REST_S
COUNTER = struct.Struct("Q")
PYTHON = """#!/bin/sh
exec {emulator} -0 {script} -plugin {plugin},to={counts} {python} "$@"
"""


class Station(Daemon):
    """The daemon, emulated."""

    patience_s = PATIENCE_S

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.peer = Peer(PATIENCE_S)
        super().__init__(directory, noise(directory / "noise.wav"), NULL, self.peer.uri)
        self._counts = directory / "counts"
        self._counts.mkdir()
        script = directory / "python3"
        values = {"emulator": emulator(), "plugin": plugin(), "python": Path(sys.executable).resolve()}
        script.write_text(PYTHON.format(**values, script=script, counts=self._counts))
        script.chmod(0o755)
        self.command = (str(script), "-m", "benchmarks.patient")

    def start(self, more: dict[str, str] | None = None) -> float:
        """Start it; returns at appliance.ready."""
        path = os.pathsep.join([str(instructions.ROOT), sysconfig.get_path("purelib")])
        return super().start({"PYTHONHASHSEED": "0", "PYTHONPATH": path, **(more or {})})

    def stop(self) -> None:
        """End it, and its far end."""
        super().stop()
        self.peer.close()

    def executed(self) -> dict[int, int]:
        """Instructions of each process so far; a forked one counts into the file of the one that forked it."""
        return counts(self._counts)

    def total(self) -> int:
        """Instructions of all its processes so far."""
        return sum(self.executed().values())

    def resting(self) -> int:
        """Wait until it rests; instructions in REST_S."""
        until = time.monotonic() + PATIENCE_S
        while True:
            before = self.total()
            time.sleep(REST_S)
            if (executed := self.total() - before) < RESTING:
                return executed
            if time.monotonic() > until:
                raise TimeoutError(f"the station never rests: {executed} instructions in {REST_S:g} s")


def emulator() -> str:
    """That of this machine's own architecture."""
    return f"qemu-{platform.machine()}"


def counts(directory: Path) -> dict[int, int]:
    """What the plugin has counted: process → instructions."""
    files = {int(file.name): file.read_bytes() for file in directory.iterdir()}
    return {pid: COUNTER.unpack(count)[0] for pid, count in files.items() if count}  # it is empty at first


def run(directory: Path) -> dict[str, float]:
    """What `make bench` stores, in millions: a start until calls are possible, a ring, a press, a second at rest.

    `import` is what the daemon's imports execute here: what they execute on arm64 too is known (see arm64.py).
    """
    found: dict[str, float] = {}
    with _started(directory / "compiling") as station:
        station.settle()
    with _started(directory / "counting") as station:
        begun = station.executed()
        station.settle()
        found["start"] = sum(begun.values())
        for kind, pid in station.processes().items():
            found[f"start/{kind}"] = begun[pid]
        _rings(station, 1)  # the first opens and imports what later ones have
        found |= _rings(station, RINGS)
        found["rest"] = statistics.median(station.resting() for _ in range(RINGS)) / REST_S
    millions = {what: round(count / 1e6, 2) for what, count in found.items()}
    return {**millions, "import": round(instructions.counted()["import"], 2)}


@contextmanager
def _started(directory: Path) -> Iterator[Station]:
    say("emulated station: starting")
    station = Station(directory)
    station.start()
    try:
        yield station
    finally:
        station.stop()


def _rings(station: Station, times: int) -> dict[str, float]:
    rings, presses = [], []
    for number in range(times):
        say(f"emulated station: ring {number + 1}/{times}")
        rings.append(_ring(station))
        presses.append(_press(station))
    return {"ring": statistics.median(rings), "press": statistics.median(presses)}


def _ring(station: Station) -> int:
    station.rest()
    station.resting()
    before = station.total()
    call = station.peer.invite(station.uri, "PCMA", station.peer.port)
    call.rings()
    executed = station.total() - before
    call.cancel()
    return executed


def _press(station: Station) -> int:
    station.rest()
    station.resting()
    before = station.total()
    station.press()
    station.peer.refused_invite()
    executed = station.total() - before
    station.pressed()
    return executed
