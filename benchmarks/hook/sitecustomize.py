# ruff: noqa: INP001 - Python imports it by its name alone
"""Writes which modules a Python process has loaded into BENCH_MODULES: at SIGUSR2, and at its end.

Each Python process that has this folder on PYTHONPATH imports it when it starts.
"""

import atexit
import os
import signal
import sys


def write(*_: object) -> None:
    """Write the names, one a line, in one step."""
    here = os.path.join(os.environ["BENCH_MODULES"], str(os.getpid()))  # noqa: PTH118 - pathlib would be one more module
    with open(f"{here}.new", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("\n".join(sorted(sys.modules)))
    os.replace(f"{here}.new", here)  # noqa: PTH105


if "BENCH_MODULES" in os.environ:
    signal.signal(signal.SIGUSR2, write)
    atexit.register(write)
