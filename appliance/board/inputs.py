"""The input devices (keyboards, and USB keypads and card readers that act as these), and the readers of each."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from appliance.base.record import Record

_GRAB = 0x40044590  # EVIOCGRAB of include/uapi/linux/input.h


class FoundInputDevice(Record):
    """A device, by its own name and by its path, which may differ after the next boot."""

    name: str
    path: Path


def devices(root: Path = Path("/")) -> tuple[FoundInputDevice, ...]:
    """All input devices, in the kernel's order."""
    found = []
    for event in sorted((root / "sys/class/input").glob("event*"), key=lambda each: (len(each.name), each.name)):
        try:
            name = (event / "device/name").read_text().strip()
        except OSError:  # unplugged meanwhile
            continue
        found.append(FoundInputDevice(name, root / "dev/input" / event.name))
    return tuple(found)


def grabbed(path: Path) -> bool:
    """Whether a process has grabbed the device, so that no other receives its keys.

    Raises OSError for an unreadable one. This check grabs the device and releases it at once.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _GRAB, 1)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return True
        raise
    finally:
        os.close(descriptor)
    return False


def readers(path: Path, proc: Path = Path("/proc")) -> Iterator[int]:
    """The processes that have it open, as far as we may see them."""
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # another user's, or ended meanwhile
            if any(_link(each) == str(path) for each in (folder / "fd").iterdir()):
                yield int(folder.name)


def _link(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""
