"""HTTP over a Unix socket, with the standard library's client."""

import http.client
import socket
import time
from pathlib import Path

_AGAIN_S = 0.01  # between two tries while too many others wait to be accepted


class UnixConnection(http.client.HTTPConnection):
    """A connection to the server that listens at `path`; `timeout` in seconds, as of its base."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path instead of an address."""
        self.sock = connected(self._path, self.timeout or 0.0)


def connected(path: Path, timeout_s: float) -> socket.socket:
    """A socket that is connected to `path` and has this timeout. Raises OSError."""
    deadline, sock = time.monotonic() + timeout_s, socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout_s)
    while True:
        try:
            sock.connect(str(path))
        except BlockingIOError:  # EAGAIN: its queue is full, for which the kernel does not wait (unix(7), connect(2))
            if time.monotonic() > deadline:
                sock.close()
                raise
            time.sleep(_AGAIN_S)
        except OSError:
            sock.close()
            raise
        else:
            return sock
