"""Other programs: started with their output read line by line, measured through /proc, ended with us."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tests.support.run import keeper

PATIENCE_S = 120.0  # a busy machine starts a program slowly
CPU_CLOCK = 2  # CPUCLOCK_SCHED of include/linux/posix-timers.h: nanoseconds of all threads, including ended ones


class Program:
    """A running program. It ends with us, however we end."""

    def __init__(
        self, words: list[str], directory: Path, more: dict[str, str] | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        """Start it; `more`: additions to its environment. patience_s: for each line, and for its end."""
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "PYTHONUNBUFFERED": "1"}
        environment.pop("RUNTIME_DIRECTORY", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the package installs compiled files
        environment |= more or {}
        self._words, self._patience_s = " ".join(words), patience_s
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=environment,
        )
        self.pid = self._process.pid
        self._lines: list[tuple[float, str]] = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def line(self, wanted: str, since: float = 0.0) -> tuple[float, str]:
        """The first line after `since` that contains `wanted`, and when it came (CLOCK_MONOTONIC).

        Raises TimeoutError.
        """
        until = time.monotonic() + self._patience_s
        with self._news:
            while True:
                for at, line in self._lines:
                    if at >= since and wanted in line:
                        return at, line
                if not self._news.wait(until - time.monotonic()):
                    told = "\n".join(line for _, line in self._lines[-20:])
                    raise TimeoutError(f"no line with {wanted!r} came from {self._words}:\n{told}")

    def stop(self) -> None:
        """End it, by force if necessary."""
        self._process.terminate()
        try:
            self._process.wait(self._patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            now = time.monotonic()
            with self._news:
                self._lines.append((now, line.decode("utf-8", "replace").rstrip()))
                self._news.notify()


def kept(main: Callable[[], int]) -> NoReturn:
    """Run a benchmark in a new process; whatever it starts ends with it, and with this one, by whatever signal."""
    status = keeper.keep_in_a_fork()
    sys.exit(main() if status is None else status)


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    return [pid, *keeper.below(pid)]


def command(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def pss_mb(pid: int) -> float:
    """Proportional set size: its own pages, and its share of pages that several processes share."""
    return _memory(pid, "Pss:")


def own_mb(pid: int) -> float:
    """The part of it that is no file's: the same whatever other processes use the same libraries."""
    return _memory(pid, "Pss_Anon:")


def _memory(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {name} of {pid}")


def cpu_s(pid: int) -> float:
    """Processor time of all its threads so far (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | CPU_CLOCK)


def say(what: str) -> None:
    """Print the progress."""
    print(what, file=sys.stderr, flush=True)  # noqa: T201 - for the person who waits
