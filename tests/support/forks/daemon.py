"""Daemons that are forked from a process which has loaded their modules: a start then costs a quarter.

Loading, with what libraries build at their first use (tests/support/forks/models.py), is three quarters of a start's
processor time. A forked daemon runs the same `main`, with its own options, environment, log and SIP process
(tests/support/forks/sip.py), and on the machine that a test made of namespaces. Where a test needs more (a limit,
another clock, a preloaded library), `Daemon` starts the program instead.
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from appliance.__main__ import main
from appliance.base import times
from appliance.base.times import Times
from tests.support import far_ends

# What a daemon with a simulated panel loads until it is ready; tests/daemon/appliance/test_starts.py compares.
LOADED = (
    "appliance.api.app",
    "appliance.api.http.server",
    "appliance.app.daemon",
    "appliance.base.apart",
    "appliance.config.directory",
    "appliance.config.load",
    "appliance.config.secrets",
    "appliance.core.snapshot",
    "appliance.runtime.shown",
    "appliance.simulator.panel",
    "appliance.store.lists.subscriptions",
    "appliance.system.journald",
    "appliance.system.lock",
    "concurrent.futures.thread",
    "gpiozero.pins.mock",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.websockets.auto",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
CODE = Path(__file__).resolve().parents[3]
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
NAMESPACES = 0x10000000 | 0x40000000 | 0x00020000  # user, network, mounts

_lock = threading.Lock()  # a status can be read once only, and a start looks for those of all others
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *LOADED, "tests.support.forks.models", "tests.support.forks.sip"])


class Forked:
    """A daemon with these options and times; it has what tests use of subprocess.Popen.

    machine: a process in its namespaces.
    """

    def __init__(
        self, options: Sequence[str], environment: Mapping[str, str], log: Path, wanted: Times, machine: int = 0
    ) -> None:
        far_ends.note([sys.executable, "-m", "appliance", *options])
        given = (list(options), dict(environment), log, wanted, machine)
        self._process: ForkServerProcess = _context.Process(target=_run, args=given, daemon=True)
        with _lock:
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        with _lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the same when it has ended. Raises subprocess.TimeoutExpired."""
        wait([self._process.sentinel], timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("appliance", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ends just now
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Have it end in order."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force."""
        self.send_signal(signal.SIGKILL)


def _run(options: list[str], environment: dict[str, str], log: Path, wanted: Times, machine: int) -> None:
    """Be the daemon. It ends with the process that forks, and that with the tests."""
    libc = ctypes.CDLL(None, use_errno=True)
    if machine:
        _enter(libc, machine)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # a change of the user namespace would undo both
    libc.prctl(PR_SET_DUMPABLE, 1)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(CODE)
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, log, os.O_WRONLY | os.O_APPEND)):
        opened = os.open(name, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    sys.argv = ["appliance", *options]
    times.use(wanted)
    from tests.support.forks import sip  # loaded already: it would load pjsua2 into each process that runs tests

    sip.take_over()
    sys.exit(main(options))


def _enter(libc: ctypes.CDLL, machine: int) -> None:
    descriptor = os.pidfd_open(machine)
    if libc.setns(descriptor, NAMESPACES):
        raise OSError(ctypes.get_errno(), "The machine's namespaces cannot be entered.")
    os.close(descriptor)
