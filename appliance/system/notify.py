"""Reports the state of the service to systemd: READY, STATUS, WATCHDOG (sd_notify(3)). Without systemd nothing is sent.

systemd-python's `notify` waits while the socket's queue is full, and keeps Python's global lock while it waits
(tests/system/test_libsystemd.py). So it is called only while systemd's socket has room; else the message is dropped.
"""

import logging
import os
import select
import socket
import time
from collections.abc import Callable

from appliance.base import libraries

log = logging.getLogger(__name__)


class Notify:
    """The service manager's socket, if there is one."""

    def __init__(self) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "")
        self._path = "\0" + path[1:] if path.startswith("@") else path
        self._notify = _library() if path else None
        micros = os.environ.get("WATCHDOG_USEC", "")
        mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s: float | None = int(micros) / 1e6 if micros.isdigit() and mine else None

    def send(self, *lines: str) -> None:
        """Send assignments such as READY=1. Never waits; drops them if systemd does not listen or read."""
        if self._notify is None:
            return
        try:
            if self._has_room():
                self._notify("\n".join(lines))
            else:
                log.debug("systemd could not be notified of %s: its queue is full", lines)
        except OSError as err:
            log.debug("systemd could not be notified of %s: %s", lines, err)

    def _has_room(self) -> bool:
        """Whether the socket accepts one more message at once. Raises OSError if nothing listens.

        A connected datagram socket is writable while its peer's queue has room (unix_dgram_poll in net/unix/af_unix.c).
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as probe:
            probe.connect(self._path)
            poll = select.poll()
            poll.register(probe, select.POLLOUT)
            return bool(poll.poll(0))

    @property
    def there(self) -> bool:
        """Whether systemd started us."""
        return bool(self._path)

    def reloading(self) -> None:
        """Report that the configuration is read again; READY=1 ends it. The time identifies the reload."""
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows; several lines are joined."""
        self.send(f"STATUS={'; '.join(text.splitlines())}")


def _library() -> Callable[[str], bool] | None:
    """systemd-python's `notify`, imported only if systemd started us; None, with an error in the log, without it."""
    try:
        from systemd.daemon import notify  # noqa: PLC0415  late: needed under systemd only
    except ImportError as err:
        remedy = libraries.remedy("python3-systemd", "systemd-python")
        log.error("The service's state cannot be reported to systemd. %s. %s.", err, remedy)  # noqa: TRY400  cause said
        return None
    return notify
