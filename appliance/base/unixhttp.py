"""HTTP over a Unix socket, with the standard library's client."""

import http.client
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")

_AGAIN_S = 0.01  # between two tries while too many others wait to be accepted


class UnixConnection(http.client.HTTPConnection):
    """A connection to the server that listens at `path`; `timeout` in seconds, as of its base."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path instead of an address."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        patiently(lambda: self.sock.connect(str(self._path)), self.timeout or 0.0)


def patiently(connect: Callable[[], Made], timeout_s: float) -> Made:
    """Connect to a Unix socket, again and again while too many others wait to be accepted; what that gives.

    The kernel does not wait for them: EAGAIN comes at once (unix(7), connect(2)). Raises OSError.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return connect()
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_S)
