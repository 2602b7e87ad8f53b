"""The files in the directory of recordings: only our own are removed, and a link is never followed.

Beside the sound, ID.wav, an empty ID.keep protects it: the mark outlasts a damaged index, as the sound does.
"""

import os
import stat
from pathlib import Path

from appliance.base import durable


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
    mark(path).unlink(missing_ok=True)
    return freed


def mark(path: Path) -> Path:
    """The file that protects this recording."""
    return path.with_suffix(".keep")


def protect(path: Path, *, wanted: bool) -> bool:
    """Protect a recording durably, or no longer; whether that changed anything. Raises OSError."""
    if os.path.lexists(mark(path)) == wanted:
        return False
    if wanted:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(mark(path), flags, 0o640))
    else:
        mark(path).unlink(missing_ok=True)
    durable.sync(path.parent)
    return True


def protected(directory: Path) -> list[str]:
    """The ids of all that are protected. Raises OSError."""
    return [path.stem for path in directory.glob("*.keep")]
