"""Keys of a USB input device, by the kernel's own interface (evdev, include/uapi/linux/input.h).

The device is grabbed: its keys never reach a console.
"""

import asyncio
import difflib
import errno
import fcntl
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.record import Record

NAMES = Path("/sys/class/input")
EVENT = struct.Struct("llHHi")  # struct input_event: two longs for its time, type, code, value
EV_SYN, EV_KEY, SYN_DROPPED = 0, 1, 3
DOWN = 1  # 0 is up, 2 repeated by the kernel
GRAB, SET_CLOCK = 0x40044590, 0x400445A0  # EVIOCGRAB, EVIOCSCLOCKID
AT_ONCE = 64  # events per read


class KeyMoved(Record):
    """A key was pressed or released; `code` is its KEY_ number (include/uapi/linux/input-event-codes.h).

    at: CLOCK_MONOTONIC seconds, by the kernel; after_loss: events before this one were lost.
    """

    code: int
    down: bool
    at: float
    after_loss: bool


class InputDevice:
    """An open input device, until `close`; on the asyncio loop's thread.

    name: a path, or the device's own name. keys: called with each key that moves; lost: called when the device is
    unplugged, which closes it. Raises IntercomError if the device is not available.
    """

    def __init__(
        self, name: str, keys: Callable[[KeyMoved], None], lost: Callable[[IntercomError], None], names: Path = NAMES
    ) -> None:
        self._name, self._keys, self._lost = name, keys, lost
        self._dropped = False
        path = find(name, names)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _trouble(name, error) from error
        try:
            fcntl.ioctl(self._fd, SET_CLOCK, struct.pack("i", time.CLOCK_MONOTONIC))
            fcntl.ioctl(self._fd, GRAB, 1)
        except OSError as error:
            os.close(self._fd)
            raise _trouble(name, error) from error
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)

    def close(self) -> None:
        """Release the device; may be called twice."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> None:
        try:
            came = os.read(self._fd, EVENT.size * AT_ONCE)
        except BlockingIOError:
            return
        except OSError as error:
            self.close()
            self._lost(_trouble(self._name, error))
            return
        for seconds, micros, kind, code, value in EVENT.iter_unpack(came):
            if kind == EV_SYN and code == SYN_DROPPED:
                self._dropped = True
            elif kind == EV_KEY and value in {0, DOWN}:
                dropped, self._dropped = self._dropped, False
                self._keys(KeyMoved(code, value == DOWN, seconds + micros / 1e6, dropped))


def find(name: str, names: Path = NAMES) -> str:
    """The path of the device with that path or name. Raises IntercomError."""
    if name.startswith("/"):
        return name
    known: dict[str, list[str]] = {}
    for event in sorted(names.glob("event*")):
        try:
            known.setdefault((event / "device" / "name").read_text().strip(), []).append(f"/dev/input/{event.name}")
        except OSError:  # unplugged meanwhile
            continue
    found = known.get(name, [])
    if len(found) > 1:
        more = "give the path of one of them, in /dev/input/by-id or by-path"
        raise _unusable(name, f"{len(found)} devices have that name: {', '.join(found)}", more)
    if not found:
        near = difflib.get_close_matches(name, known, 1)
        there = ", ".join(sorted(known)) or "none"
        remedy = f"did you mean {near[0]!r}?" if near else "plug it in: the service finds it by itself"
        raise _unusable(name, f"no input device has that name; there are: {there}", remedy)
    return found[0]


def _trouble(name: str, error: OSError) -> IntercomError:
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return _unusable(name, "it is not plugged in", "plug it in: the service finds it by itself")
        case errno.EBUSY:
            return _unusable(name, "another program has grabbed it", "end that program (fuser -v /dev/input/event*)")
        case errno.EACCES | errno.EPERM:
            remedy = (
                "udev gives the service the devices that its configuration names: "
                "sudo udevadm trigger --action=change --subsystem-match=input"
            )
            return _unusable(name, f"it cannot be opened: {error.strerror}", remedy)
        case errno.ENOTTY | errno.EINVAL:
            return _unusable(name, "it is not an input device", "give one of /dev/input/by-id that ends in -event-kbd")
        case _:
            return _unusable(name, error.strerror or str(error), "the kernel's log (dmesg) may say more")


def _unusable(name: str, cause: str, remedy: str) -> IntercomError:
    return IntercomError(ErrorCode.UNAVAILABLE, f"The input device {name} cannot be used", cause, remedy)
