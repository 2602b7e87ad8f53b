"""Stop one thread of a process for a time, as a machine does that has no time for it; the other threads go on.

    thread_hold.py PID NAME SECONDS

NAME: of the thread, as in /proc/PID/task/*/comm.
"""

import ctypes
import os
import sys
from pathlib import Path

from pacing import pause

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # waitpid takes threads as well


def main() -> None:
    pid, name, seconds = sys.argv[1:]
    tasks = Path("/proc", pid, "task").iterdir()
    (thread,) = [int(task.name) for task in tasks if (task / "comm").read_text().strip() == name]
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        trace(request, thread)
    os.waitpid(thread, WALL)
    pause(float(seconds))
    trace(PTRACE_DETACH, thread)


def trace(request: int, thread: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(request, thread, None, None) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


main()
