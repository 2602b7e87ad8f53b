"""The file of SIP messages, to which pjsip appends.

At its limit, its end moves to `sip.trace.1`, and it begins again.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 10_000_000  # some ten thousand messages; as many again are in the older file
LIBC = ctypes.CDLL(None)


class TraceFile:
    """A file that pjsip has opened for appending, at `path`. For the SIP process's thread."""

    def __init__(self, path: str) -> None:
        """Raises OSError."""
        self._older = Path(f"{path}.1")
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)  # a removed file would still grow

    def turn(self) -> None:
        """Write what pjsip left in stdio's buffer, up to 4 KiB; begin the file again once it is too large."""
        LIBC.fflush(None)
        with suppress(OSError):  # the disc fails, which the daemon reports
            size = os.fstat(self._file).st_size
            if size > MOST_BYTES:
                self._begin_again(size)

    def _begin_again(self, size: int) -> None:
        """Copy the file's end to the older file, and empty the file: pjsip would go on writing to a renamed one."""
        try:
            with open(self._older, "wb", buffering=0, opener=_ours) as copy:
                at = size - MOST_BYTES
                while sent := os.sendfile(copy.fileno(), self._file, at, size - at):
                    at += sent
        except OSError:
            self._older.unlink(missing_ok=True)  # on a full disc the newest messages count
        os.ftruncate(self._file, 0)


def _ours(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
