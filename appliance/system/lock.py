"""One daemon for each state directory: a second one would use the same event ids and relay lines."""

import errno
import fcntl
import os
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError


def take(directory: Path) -> int:
    """Lock the directory for this process until it ends; returns the descriptor that holds the lock.

    Creates the directory, readable only by its owner, if it is missing. Raises IntercomError `unavailable` if another
    process has it or it cannot be created. Returns -1 if it cannot be written, even if it exists: state is then kept in
    memory, and no other process can use it either.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as err:
        if err.errno == errno.EROFS:
            return -1
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"The state directory {directory} cannot be created.",
            f"{err.strerror}.",
            "Give another with --state, or give it write permission for this user.",
        ) from err
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        os.close(descriptor)
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Another daemon uses the state directory {directory}.",
            "Two daemons would use the same relay and the same event ids.",
            "Stop the other one, or give this one its own directory with --state.",
        ) from err
    return descriptor
