"""Weighs the service and its guard; runs in the guest: weigh.py COUNT.

Prints their memory (PSS, MB), and the processor time of all their threads in % of a core: the least of so many windows,
since a guest counts the time that a busy host takes from it as that of its processes.
"""

import json
import sys
import time
from pathlib import Path

from pacing import pause

UNITS = ("intercomd.service", "intercomd-guard.service")
WINDOW_S = 2.0  # a lamp's flashes begin again after that time
CPU_CLOCK = 2  # CPUCLOCK_SCHED of include/linux/posix-timers.h


def processes() -> list[int]:
    """All of both units; the guard's has none without a door."""
    files = [Path("/sys/fs/cgroup/system.slice") / unit / "cgroup.procs" for unit in UNITS]
    return [int(pid) for file in files if file.exists() for pid in file.read_text().split()]


def pss_mb(pid: int) -> float:
    """Its own pages, and its share of those that several processes share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_s() -> float:
    """Processor time so far (clock_getcpuclockid)."""
    return sum(time.clock_gettime((~pid << 3) | CPU_CLOCK) for pid in processes())


def processor() -> float:
    """In % of a core, in one window."""
    before, begun = cpu_s(), time.monotonic()
    pause(WINDOW_S)
    return (cpu_s() - before) / (time.monotonic() - begun) * 100


pause(1.0)  # after what was done just before
used = [processor() for _ in range(int(sys.argv[1]))]
print(json.dumps({"memory": sum(map(pss_mb, processes())), "processor": min(used)}))
