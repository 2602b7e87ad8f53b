"""Reports the state of the service to systemd: READY, STATUS, WATCHDOG (sd_notify(3)). Without systemd nothing is sent.

The protocol is a datagram to a socket named in the environment; systemd promises to keep it. systemd-python would stop
the event loop while systemd does not read (tests/unit/test_libsystemd.py).
"""

import logging
import os
import socket
import time

log = logging.getLogger(__name__)


class Notify:
    """The service manager's socket, if there is one."""

    def __init__(self) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "")
        self._path = "\0" + path[1:] if path.startswith("@") else path
        micros = os.environ.get("WATCHDOG_USEC", "")
        mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s: float | None = int(micros) / 1e6 if micros.isdigit() and mine else None

    def send(self, *lines: str) -> None:
        """Send assignments such as READY=1; never waits, and a manager that does not listen is no matter."""
        if not self._path:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(lines).encode(), self._path)
        except OSError as err:
            log.debug("systemd could not be notified of %s: %s", lines, err)

    @property
    def there(self) -> bool:
        """Whether systemd runs us."""
        return bool(self._path)

    def reloading(self) -> None:
        """Say that the configuration is read again; READY=1 ends it. The time identifies the reload."""
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def status(self, text: str) -> None:
        """The line that `systemctl status` shows; more than one are joined."""
        self.send(f"STATUS={'; '.join(text.splitlines())}")
