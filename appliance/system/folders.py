"""Changes of files in folders, as the kernel reports them (inotify(7))."""

import asyncio
import ctypes
import os
from collections.abc import Callable, Iterable
from pathlib import Path

# linux/inotify.h
CLOSE_WRITE, MOVED_TO, CREATE = 0x08, 0x80, 0x100
NON_BLOCKING = os.O_NONBLOCK | os.O_CLOEXEC
LONGEST = 65_536  # bytes of reports that are read at once


class FolderWatch:
    """Calls `changed` on the loop when files in these folders were written, or came there, until `stop`.

    Without inotify, and for folders that are not there, it calls nothing.
    """

    def __init__(self, folders: Iterable[Path], changed: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._changed, self._file = changed, int(libc.inotify_init1(NON_BLOCKING))
        if self._file < 0:
            return
        for folder in set(folders):
            libc.inotify_add_watch(self._file, os.fsencode(folder), CLOSE_WRITE | MOVED_TO | CREATE)
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def stop(self) -> None:
        """End the watch."""
        if self._file >= 0:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)
            self._file = -1

    def _read(self) -> None:
        os.read(self._file, LONGEST)
        self._changed()
