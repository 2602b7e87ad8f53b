"""A whole station on arm64 under qemu-user, with its SIP process and guard: instructions of its start and of rings.

The daemon starts its other processes by sys.executable, so a shell script stands for Python; each process counts into a
file of its own.
"""

import os
import shlex
import statistics
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import arm64
from benchmarks.instructions import ROOT
from benchmarks.peer import Peer
from benchmarks.processes import say
from benchmarks.subjects import NULL, Daemon, noise

PATIENCE_S = 900.0
RINGS = 5
REST_S = 2.0
RESTING = 10e6  # a station at rest executes fewer instructions than that in a second
COUNTER = struct.Struct("Q")
Counts = dict[int, float]  # of each process


class Station(Daemon):
    """The daemon, emulated."""

    patience_s = PATIENCE_S

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.peer = Peer(PATIENCE_S)
        super().__init__(directory, noise(directory / "noise.wav"), NULL, self.peer.uri)
        self._counts = directory / "counts"
        root = arm64.debian()
        script = directory / "python3"
        stand_in(script, self._counts, (arm64.EMULATOR, "-L", str(root)), root / arm64.PYTHON)
        self.command = (str(script), "-m", "benchmarks.patient")

    def start(self, more: dict[str, str] | None = None) -> float:
        """Start it; returns at appliance.ready."""
        path = os.pathsep.join([str(ROOT), str(arm64.pjsua2())])
        return super().start({"PYTHONHASHSEED": "0", "PYTHONPATH": path, **(more or {})})

    def stop(self) -> None:
        """End it, and its far end."""
        super().stop()
        self.peer.close()

    def executed(self) -> Counts:
        """Instructions of each process so far; a forked one counts into the file of the one that forked it."""
        return counts(self._counts)

    def resting(self) -> Counts:
        """Wait until it rests; instructions in a second."""
        until = time.monotonic() + PATIENCE_S
        while True:
            before = self.executed()
            time.sleep(REST_S)
            executed = {pid: count / REST_S for pid, count in since(before, self.executed()).items()}
            if sum(executed.values()) < RESTING:
                return executed
            if time.monotonic() > until:
                raise TimeoutError(f"the station never rests: {executed} instructions in a second")


def stand_in(script: Path, into: Path, emulator: Sequence[str], python: Path) -> None:
    """Write a script that runs Python emulated, with itself as sys.executable; each process counts into a file.

    The emulator looks on this machine for what the root lacks, so Python gets modules by the root's whole path, as in a
    virtual environment. An option names the folder of compiled files, since the guard is started without environment.
    """
    into.mkdir()
    (script.parent / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = true\n")
    words = [*emulator, "-0", script, "-plugin", f"{arm64.plugin()},to={into}", python]
    words += ["-X", f"pycache_prefix={arm64.compiled()}"]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    script.chmod(0o755)


def counts(directory: Path) -> Counts:
    """What the plugin has counted: process → instructions."""
    files = {int(file.name): file.read_bytes() for file in directory.iterdir()}
    return {pid: COUNTER.unpack(count)[0] for pid, count in files.items() if count}  # it is empty at first


def since(before: Counts, after: Counts) -> Counts:
    """What each process has executed in between."""
    return {pid: count - before.get(pid, 0) for pid, count in after.items()}


def run(directory: Path) -> dict[str, float]:
    """What `make bench` stores, in millions: a start until calls are possible and until it rests, a ring, and so on."""
    with _started(directory / "compiling") as station:
        station.settle()
    with _started(directory / "counting") as station:
        ready = station.executed()
        station.settle()
        station.resting()
        rested, processes = station.executed(), station.processes()
        _rings(station, 1)  # the first opens and imports what later ones have
        rings, rest = _rings(station, RINGS), [station.resting() for _ in range(RINGS)]
    samples = {"start": [ready], "rested": [rested], **rings, "rest": rest}
    return {name: count for what, taken in samples.items() for name, count in medians(what, taken, processes).items()}


def medians(what: str, taken: list[Counts], processes: dict[str, int]) -> dict[str, float]:
    """Millions of all processes together, and of each."""
    parts = {f"{what}/{kind}": [each.get(pid, 0) for each in taken] for kind, pid in processes.items()}
    sums = {what: [sum(each.values()) for each in taken], **parts}
    return {name: round(statistics.median(values) / 1e6, 2) for name, values in sums.items()}


@contextmanager
def _started(directory: Path) -> Iterator[Station]:
    station = Station(directory)
    say("arm64 station: starting")
    station.start()
    try:
        yield station
    finally:
        station.stop()


def _rings(station: Station, times: int) -> dict[str, list[Counts]]:
    found: dict[str, list[Counts]] = {"ring": [], "press": []}
    for number in range(times):
        say(f"arm64 station: ring {number + 1}/{times}")
        found["ring"].append(_ring(station))
        found["press"].append(_press(station))
    return found


def _ring(station: Station) -> Counts:
    station.rest()
    station.resting()
    before = station.executed()
    call = station.peer.invite(station.uri, "PCMA", station.peer.port)
    call.rings()
    executed = since(before, station.executed())
    call.cancel()
    return executed


def _press(station: Station) -> Counts:
    station.rest()
    station.resting()
    before = station.executed()
    station.press()
    station.peer.refused_invite()
    executed = since(before, station.executed())
    station.pressed()
    return executed
