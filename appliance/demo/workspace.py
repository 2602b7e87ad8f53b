"""The directory of the demonstration, emptied at each start."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base import durable
from appliance.base.errors import ErrorCode, IntercomError, reason

MARK = ".intercomd-demo"  # marks the directory as ours; locked while it is in use


def default() -> Path:
    """The default directory, below the user's own state. Raises IntercomError."""
    return durable.state_of_user("intercomd-demo", "--directory")


@contextmanager
def kept(directory: Path) -> Iterator[Path]:
    """The directory, empty and ours alone. Raises IntercomError."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (directory / MARK).exists() and any(directory.iterdir()):
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"{directory} is not empty.",
                "It was not created by a demonstration.",
                "Give another.",
            )
        lock = (directory / MARK).open("w")
    except OSError as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, f"{directory} cannot be used.", reason(error), "Give another one with --directory."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                "A demonstration runs already.",
                f"It uses {directory}.",
                "End it, or give --directory.",
            ) from error
        _empty(directory)
        yield directory


def remove(directory: Path) -> None:
    """Remove the directory."""
    _empty(directory)
    (directory / MARK).unlink(missing_ok=True)
    directory.rmdir()


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()
