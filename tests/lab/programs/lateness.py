"""How late a thread of the highest real-time priority runs; in the guest: lateness.py FILE.

It sleeps for 5 ms again and again. FILE gets a line each time it wakes at least 10 ms late: CLOCK_MONOTONIC in seconds,
and the lateness in ms. Nothing in the guest can delay it but its kernel and the host.
"""

import os
import sys
import time
from pathlib import Path

from pacing import pause

STEP_S = 0.005
LEAST_MS = 10.0


def main() -> None:
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(90))
    with Path(sys.argv[1]).open("a", buffering=1) as written:
        before = time.monotonic()
        while True:
            pause(STEP_S)
            now = time.monotonic()
            late_ms = (now - before - STEP_S) * 1e3
            if late_ms >= LEAST_MS:
                written.write(f"{now:.3f} {late_ms:.1f}\n")
            before = now


main()
