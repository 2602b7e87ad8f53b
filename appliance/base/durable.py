"""Files on the disc: replaced as a whole, so that a power cut leaves the old or the new one, also on FAT; its space."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from appliance.base.errors import ErrorCode, IntercomError, reason

Kept = TypeVar("Kept")


def replace(path: Path, text: str, *, mode: int = 0o600, dress: Callable[[Path], None] | None = None) -> None:
    """Write the file, and return when it is on disc. Raises OSError.

    mode: of the new file, less the umask. dress: changes the owner or mode of the new file before it takes its place.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        if dress is not None:
            dress(new)
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def update(
    path: Path, text: str, *, mode: int | None = None, user: str | None = None, group: str | None = None
) -> bool:
    """Replace the file if its text or mode differs; returns False if nothing differs. Raises OSError.

    mode, user, group: for the new file; None: as of the old file. Only root can give files away, so names that do not
    exist, and owners that cannot be set, are left. A file system without owners (FAT) has none.
    """

    def dress(new: Path) -> None:
        with suppress(OSError):
            _dress(path, new, mode, user, group)

    before = _read(path)
    if before == text.encode() and mode in {None, stat.S_IMODE(path.stat().st_mode)}:
        return False
    replace(path, text, dress=dress)
    return before != text.encode()


def records(path: Path, shape: type[Kept], longest: int, unusable: str, remedy: str) -> Kept | None:
    """Read a file of records as JSON, which nobody but its owner may write; None without it.

    longest: how many bytes are read. Raises IntercomError if the file cannot be used; `unusable` names the consequence.
    """
    import msgspec  # noqa: PLC0415  late: few programs that write files read records

    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(longest)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = f"{path} cannot be read: {reason(error)}"
        raise IntercomError(ErrorCode.UNAVAILABLE, unusable, why, remedy) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise IntercomError(ErrorCode.UNAVAILABLE, unusable, f"Others may write to {path}.", remedy)
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise IntercomError(ErrorCode.UNAVAILABLE, unusable, f"{path} is damaged: {error}.", remedy) from error


def remove(path: Path) -> None:
    """Remove a file durably, if it is there. Raises OSError."""
    if path.exists():
        path.unlink()
        sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, durable: fsync(2) of a file leaves out its name. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _dress(old: Path, new: Path, mode: int | None, user: str | None, group: str | None) -> None:
    """Owner first: a mode that lets the group read is not given while it is another one's."""
    if mode is None and old.exists():
        before = old.stat()
        os.chown(new, before.st_uid, before.st_gid)
        new.chmod(stat.S_IMODE(before.st_mode))
        return
    if user is not None or group is not None:
        import shutil  # noqa: PLC0415  late: only the set-up gives owners

        for name, wanted in (("user", user), ("group", group)):
            if wanted is not None:
                with suppress(LookupError, PermissionError):
                    shutil.chown(new, **{name: wanted})
    if mode is not None:
        new.chmod(mode)


def free_bytes(recordings: Path) -> int:
    """Bytes that are free on the disc of this directory, which the first recording makes. Raises OSError."""
    disc = os.statvfs(recordings if recordings.is_dir() else recordings.parent)
    return disc.f_bavail * disc.f_frsize


def state_of_user(name: str, option: str) -> Path:
    """The directory of this name in the state of the user who runs the program (XDG Base Directory).

    Raises IntercomError for a user without a home, as in a container; option: what names another place.
    """
    # By text, as Path raises RuntimeError.
    places = os.environ.get("XDG_STATE_HOME", ""), os.path.expanduser("~/.local/state")  # noqa: PTH111
    state = next(filter(os.path.isabs, places), "")
    if not state:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "This user has no directory for the state.",
            "HOME is not set, or the system does not know the user.",
            f"Name one with {option}.",
        )
    return Path(state) / name
