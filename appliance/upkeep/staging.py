"""A directory for files on their way, which goes with its content however the program ends: at once, or next time."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from appliance.upkeep import overwrite

RESTORE, BACKUP = "intercomd-restore-", "intercomd-backup-"


@contextmanager
def staging(parent: Path, prefix: str) -> Iterator[Path]:
    """A new directory in `parent` that only we may read. Removes directories of killed programs. Raises OSError.

    Its name is chosen before it is made: a signal that ends the program may come right after its creation.
    """
    forget(parent, prefix)
    place = parent / f"{prefix}{secrets.token_hex(8)}"
    with ExitStack() as lock:
        try:
            place.mkdir(0o700)
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            lock.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield place
        finally:
            overwrite.remove(place)


def forget(parent: Path, prefix: str) -> list[Path]:
    """Remove what killed programs left in `parent`: nobody holds its lock any more. Returns it. Raises OSError."""
    return [left for left in parent.glob(f"{prefix}*") if _removed(left)]


def _removed(left: Path) -> bool:
    """Remove a directory of our user unless a program uses it; returns whether the directory is gone."""
    if left.is_symlink() or not left.is_dir() or left.stat().st_uid != os.geteuid():
        return False
    descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        overwrite.remove(left)
        return True
    finally:
        os.close(descriptor)
