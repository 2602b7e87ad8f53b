"""The files in the directory of recordings: only our own are removed, and a link is never followed."""

import os
import stat
from pathlib import Path


def size(path: Path) -> int | None:
    """Bytes of a recording's file; None if there is none, or it is not a file of this user (a link, another's).

    Raises OSError.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() else None


def remove(path: Path) -> int | None:
    """Remove a recording's file; the bytes that it had, 0 without a file. None: it is not ours, and was left.

    The caller syncs the directory. Raises OSError.
    """
    freed = size(path)
    if freed is None:
        return None if os.path.lexists(path) else 0
    path.unlink()
    return freed
