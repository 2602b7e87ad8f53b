"""Starts the SIP process. Imports little: the daemon starts the process first, so that both load at the same time."""

import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import appliance

if TYPE_CHECKING:
    from appliance.sip.settings import SipSettings


class SipProcess:
    """A process that waits for its first message, our end of its socket, and a pidfd (pidfd_open(2)).

    begun: the process has got its first message. adopted: the link watches the process.
    """

    def __init__(self, pid: int, descriptor: int, sock: socket.socket) -> None:
        self.pid, self.descriptor, self.sock = pid, descriptor, sock
        self.begun = self.adopted = False

    def begin(self, settings: "SipSettings") -> None:
        """Send the first message. A process that has ended is noticed when it is adopted."""
        from appliance.base import times  # noqa: PLC0415  late: the process starts before
        from appliance.sip.wire import Start, encode  # noqa: PLC0415

        with suppress(OSError):
            self.sock.sendall(encode(Start(settings, times=times.current)))
        self.begun = True

    def abandon(self) -> None:
        """End the process if nobody has adopted it."""
        if self.adopted:
            return
        self.sock.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.descriptor)


def spawn() -> SipProcess:
    """Start a process. From the main thread: PR_SET_PDEATHSIG follows the thread that spawns. Raises OSError."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            pid = _spawn(theirs)
        return SipProcess(pid, _pidfd(pid), ours)
    except OSError:
        ours.close()
        raise


def spawn_early() -> SipProcess | None:
    """Start the process before the rest of the daemon. None if that fails now; then the link tries again."""
    try:
        return spawn()
    except OSError:
        return None


def _spawn(theirs: socket.socket) -> int:
    theirs.set_inheritable(True)
    # A crash of the library shows in the journal what Python did.
    environment = appliance.environment() | {"PYTHONFAULTHANDLER": "1"}
    arguments = [sys.executable, "-m", "appliance.sip.stack", str(theirs.fileno()), str(os.getpid())]
    # libCreate prints on stdout before any setting takes effect.
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    return os.posix_spawn(sys.executable, arguments, environment, file_actions=quiet)


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:  # without the descriptor its end would go unnoticed
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
