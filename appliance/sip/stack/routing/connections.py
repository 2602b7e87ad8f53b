"""Connections by TCP and TLS from an address that we no longer have: nothing comes back by them."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DESCRIPTORS = Path("/proc/self/fd")


def leave_dead() -> None:
    """End the connections from addresses that the board has lost, so that the next message makes a new connection.

    A message by a dead connection is lost, and the kernel says so only once it was not acknowledged for seconds. pjsua2
    names no connection's own address, so they are found among the process's descriptors.
    """
    for connection in _connections():
        with suppress(OSError):  # it ends by itself just now
            if not _ours(connection.family, str(connection.getsockname()[0])):
                connection.shutdown(socket.SHUT_RDWR)


def _connections() -> Iterator[socket.socket]:
    """A copy of each connected TCP socket of this process."""
    for entry in list(DESCRIPTORS.iterdir()):
        with suppress(OSError):  # it was closed meanwhile, as the descriptor of this very list, or is no connection
            if not stat.S_ISSOCK(entry.stat().st_mode):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as copy:
                if copy.type == socket.SOCK_STREAM and copy.family in {socket.AF_INET, socket.AF_INET6}:
                    copy.getpeername()  # a listener has none
                    yield copy


def _ours(family: int, address: str) -> bool:
    """Whether the machine has that address."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
