"""Errors of lamps that are files of the kernel, with their remedies."""

import errno
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError


def trouble(what: object, root: Path, error: OSError) -> IntercomError:
    """The error that `error` means for `what`, one of the devices under `root`."""
    match error.errno:
        case errno.ENOENT:
            there = ", ".join(sorted(path.name for path in root.iterdir())) if root.is_dir() else ""
            cause, remedy = f"the kernel has none of that name; there are: {there or 'none'}", "use one of those"
        case errno.ENODEV:
            cause, remedy = "its device was removed", "reconnect it: it is claimed again by itself"
        case errno.EBUSY:
            cause, remedy = "a driver of the kernel has it", "free it from that driver, or use another channel"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            cause = f"it cannot be written: {error.strerror}"
            remedy = "let the group gpio and the service's sandbox write to it (docs/how-to/wire-lines.md)"
        case _:
            cause, remedy = error.strerror or str(error), "the kernel's log (dmesg) may say more"
    return IntercomError(ErrorCode.UNAVAILABLE, f"{what} cannot be used", cause, remedy)


def gone(what: object) -> IntercomError:
    """The error for a device that was removed."""
    return trouble(what, Path(), OSError(errno.ENODEV, ""))
