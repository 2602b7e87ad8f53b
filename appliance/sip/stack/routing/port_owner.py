"""The owner of a port: another program, for the error message, or this process."""

import os
import socket
from pathlib import Path

STATES = ("/proc/self/net/udp", "/proc/self/net/udp6")
CONNECTIONS, LISTENING = ("/proc/self/net/tcp", "/proc/self/net/tcp6"), "0A"


def owner(port: int) -> str:
    """The program and its process id, or "another program" if we may not see it."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # ended meanwhile, or another user's process
            continue
    return "another program"


def own(port: int) -> list[socket.socket]:
    """Our own sockets at that port, as duplicated descriptors."""
    return _ours(_inodes(port))


def listening() -> list[socket.socket]:
    """Our own listening TCP sockets, as duplicated descriptors."""
    return _ours([fields[9] for fields in _lines(CONNECTIONS) if fields[3] == LISTENING])


def _ours(inodes: list[str]) -> list[socket.socket]:
    wanted, found = {f"socket:[{inode}]" for inode in inodes}, []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if str(entry.readlink()) in wanted:
                found.append(int(entry.name))
        except OSError:  # the descriptor that lists the directory
            continue
    return [socket.socket(fileno=os.dup(descriptor)) for descriptor in found]  # now: they would be listed, too


def _inodes(port: int) -> list[str]:
    return [fields[9] for fields in _lines(STATES) if fields[1].endswith(f":{port:04X}")]


def _lines(tables: tuple[str, ...]) -> list[list[str]]:
    return [line.split() for table in tables if Path(table).exists() for line in Path(table).read_text().splitlines()]
