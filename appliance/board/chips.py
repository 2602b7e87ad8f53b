"""The GPIO chips and the users of their lines, queried from the kernel without claiming a line.

include/uapi/linux/gpio.h, second version.
"""

import fcntl
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from appliance.base.record import Record

_CHIP_INFO, _LINE_INFO = 0x8044B401, 0xC100B405
_USED, _ACTIVE_LOW, _OUTPUT = 1 << 0, 1 << 1, 1 << 3  # enum gpio_v2_line_flag


class KernelLine(Record):
    """A line; `name` and `consumer` may be empty."""

    offset: int
    name: str
    consumer: str = ""
    used: bool = False
    output: bool = False
    active_low: bool = False


class Chip(Record):
    """A chip: its number in /dev differs between boards and boots, its label does not."""

    path: str
    name: str
    label: str
    lines: tuple[KernelLine, ...]

    def find(self, wanted: str) -> tuple[KernelLine, ...]:
        """The lines of that name, or the line of that offset if it is all digits."""
        if wanted.isdecimal():
            return tuple(line for line in self.lines if line.offset == int(wanted))
        return tuple(line for line in self.lines if line.name == wanted)


class Chips(Record):
    """The chips that could be queried, and (path, reason) for the others."""

    found: tuple[Chip, ...]
    closed: tuple[tuple[str, str], ...] = ()

    def named(self, wanted: str) -> tuple[Chip, ...]:
        """The chips with that label, or the one with that name or path in /dev."""
        return tuple(chip for chip in self.found if wanted in {chip.label, chip.name, chip.path})


def chips(dev: Path = Path("/dev")) -> Chips:
    """All chips. A chip with two names in /dev is listed once."""
    found: dict[int, Chip] = {}
    closed: list[tuple[str, str]] = []
    for _, path in sorted(_numbered(dev.glob("gpiochip*"))):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            closed.append((path, error.strerror or str(error)))
            continue
        try:
            found.setdefault(os.fstat(descriptor).st_rdev, _chip(path, descriptor))
        except OSError as error:
            closed.append((path, error.strerror or str(error)))
        finally:
            os.close(descriptor)
    return Chips(tuple(found.values()), tuple(closed))


def _numbered(paths: Iterable[Path]) -> list[tuple[int, str]]:
    """Sorted by number: gpiochip10 comes after gpiochip9."""
    numbers = [(path.name.removeprefix("gpiochip"), str(path)) for path in paths]
    return [(int(number), path) for number, path in numbers if number.isdecimal()]


def _chip(path: str, descriptor: int) -> Chip:
    info = fcntl.ioctl(descriptor, _CHIP_INFO, bytes(68))
    (count,) = struct.unpack_from("=I", info, 64)
    lines = tuple(_line(descriptor, offset) for offset in range(count))
    return Chip(path, _word(info[:32]), _word(info[32:64]), lines)


def _line(descriptor: int, offset: int) -> KernelLine:
    info = fcntl.ioctl(descriptor, _LINE_INFO, struct.pack("=64xI188x", offset))
    (flags,) = struct.unpack_from("=Q", info, 72)
    return KernelLine(
        offset,
        _word(info[:32]),
        _word(info[32:64]),
        used=bool(flags & _USED),
        output=bool(flags & _OUTPUT),
        active_low=bool(flags & _ACTIVE_LOW),
    )


def _word(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="replace")
