"""Processes by /proc: what they are, what is below them, and whether they live."""

import os
import signal
from pathlib import Path

from tests.support.waiting import pause


def status(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat after the name: state, parent, …; None when it is gone or not yet reaped.

    One whose first thread has ended is a zombie too, and lives while another of its threads does.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" and int(fields[17]) <= 1 else fields


def command(pid: int) -> str:
    """Return its command line, "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid: int) -> list[int]:
    """Return the living processes that it is the parent of."""
    every = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [each for each in every if (fields := status(each)) and fields[1] == str(pid)]


def tree(pid: int) -> list[tuple[int, str]]:
    """Return a process and all below it, each with its start time: ids are used again."""
    below = [each for child in children(pid) for each in tree(child)]
    fields = status(pid)
    return [(pid, fields[19]), *below] if fields else below


def living(processes: list[tuple[int, str]]) -> list[int]:
    """Return those of a tree that live still."""
    return [pid for pid, born in processes if (fields := status(pid)) and fields[19] == born]


def hold_up(seconds: float, *processes: int) -> None:
    """Let them stand still for so long, as on a machine that has no time for them."""
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        pause(seconds)
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)


def rss_mb(pid: int) -> float:
    """Return its memory in MB, all of what it shares included: what others do with their share changes nothing."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return round(int(rollup.partition("\nRss:")[2].split()[0]) / 1024, 1)
