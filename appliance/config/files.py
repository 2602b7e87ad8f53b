"""Files that a configuration names: only regular ones, and limited in size, as a FIFO or a device has no end."""

import errno
import os
import stat
from pathlib import Path

MIB = 1 << 20
LONGEST = MIB  # of a configuration or certificate file
HIDDEN = "/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"  # noqa: S108 - by ProtectHome= and PrivateTmp= of the unit
UNSEEN = (
    "The service's unit hides home directories, and has a /tmp of its own.",
    "Move it, such as to /etc/intercomd or /var/lib/intercomd, and name it there.",
)  # cause and remedy
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class UnfitError(OSError):
    """The file is not a regular file, or too long; `strerror` is a sentence without its full stop."""


def read(path: Path, most: int = LONGEST) -> tuple[bytes, int]:
    """Return the contents and the mode of a regular file. Raises OSError: UnfitError, and the system's own.

    `path` may also be the target of /dev/stdin, or of a shell's <(…); then it is a FIFO, and refused.
    """
    _refuse(path.stat().st_mode)  # before it is opened, as opening a device may have effects
    # It may have been replaced since then; without O_NONBLOCK opening a FIFO waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        _refuse(mode)
        contents = file.read(most + 1)
    if len(contents) > most:
        bound = f"{most} bytes" if most % MIB else f"{most // MIB} MiB"
        raise UnfitError(errno.EFBIG, f"It is longer than {bound}")
    return contents, mode


def hidden(path: Path) -> bool:
    """Whether the unit of an installed service hides the file from it, also where its owner is right."""
    return str(path).startswith(HIDDEN) and _service() is not None


def refused(
    path: Path, error: OSError | ValueError, remedy: str = "Let that user read the file and enter its directory."
) -> tuple[str, str] | None:
    """Cause and remedy where a file may not be read: by the service's user, or by a person who runs a command.

    For the service, a file that its unit hides may not be read or does not exist.
    """
    service = _service()
    if service == os.geteuid() and isinstance(error, PermissionError | FileNotFoundError) and hidden(path):
        return UNSEEN
    if not isinstance(error, PermissionError):
        return None
    # A station that is not installed has the user who starts it.
    ours = service is None or service == os.geteuid()
    return ("The service's user may not read it.", remedy) if ours else ("You may not read it.", "Use sudo.")


def _service() -> int | None:
    """The id of the service's user; None where the service is not installed."""
    import pwd  # noqa: PLC0415  late: for errors alone

    try:
        return pwd.getpwnam("intercomd").pw_uid
    except KeyError:
        return None


def _refuse(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise UnfitError(errno.EINVAL, f"It is {kind}, not a regular file")
