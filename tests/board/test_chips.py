"""Chips and lines as the kernel's structures describe them; with real ones in the lab."""

import os
import struct
from types import SimpleNamespace

import pytest

from appliance.board import chips
from appliance.board.chips import Chip, Chips, KernelLine

LINES = [(b"BUTTON", b"", 0), (b"DOOR", b"intercomd-guard", 1 | 1 << 1 | 1 << 3), (b"", b"", 0)]


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Files in the place of chips, and the two questions answered as the kernel does."""

    def ioctl(_descriptor, question, given):
        if question == chips._CHIP_INFO:
            return struct.pack("=32s32sI", b"gpiochip0", b"board", len(LINES))
        assert question == chips._LINE_INFO
        (offset,) = struct.unpack_from("=I", given, 64)
        name, consumer, flags = LINES[offset]
        return struct.pack("=32s32sIIQ176x", name, consumer, offset, 0, flags)

    monkeypatch.setattr(chips, "fcntl", SimpleNamespace(ioctl=ioctl))

    # A file's own number stands for that of a device, which a file has not.
    def fstat(descriptor):
        return SimpleNamespace(st_rdev=os.fstat(descriptor).st_ino)

    taken = {name: getattr(os, name) for name in ("open", "close", "O_RDONLY", "O_CLOEXEC")}
    monkeypatch.setattr(chips, "os", SimpleNamespace(fstat=fstat, **taken))
    return tmp_path


def test_chips_are_listed_with_their_lines_and_who_uses_them(kernel):
    (kernel / "gpiochip0").touch()
    (kernel / "gpiochips").touch()  # not a chip
    (chip,) = chips.chips(kernel).found
    assert (chip.name, chip.label, chip.path) == ("gpiochip0", "board", str(kernel / "gpiochip0"))
    button, door, unnamed = chip.lines
    assert button == KernelLine(0, "BUTTON")
    assert door == KernelLine(1, "DOOR", "intercomd-guard", used=True, output=True, active_low=True)
    assert (chip.find("DOOR"), chip.find("2"), chip.find("LAMP"), chip.find("9")) == ((door,), (unnamed,), (), ())


def test_a_chip_with_two_names_is_listed_once_and_one_that_cannot_be_opened_with_the_reason(kernel):
    (kernel / "gpiochip0").touch()
    os.link(kernel / "gpiochip0", kernel / "gpiochip4")
    (kernel / "gpiochip2").symlink_to(kernel / "nothing")
    found = chips.chips(kernel)
    assert [chip.path for chip in found.found] == [str(kernel / "gpiochip0")]
    assert found.closed == ((str(kernel / "gpiochip2"), "No such file or directory"),)


def test_what_only_looks_like_a_chip_is_listed_with_the_reason(tmp_path):
    (tmp_path / "gpiochip0").touch()
    (told,) = chips.chips(tmp_path).closed
    assert told[1] == "Inappropriate ioctl for device"


def test_chips_are_named_by_label_name_or_path():
    one, other = (Chip(f"/dev/gpiochip{n}", f"gpiochip{n}", "board", ()) for n in (0, 1))
    both = Chips((one, other))
    assert both.named("board") == (one, other)
    assert both.named("gpiochip1") == both.named("/dev/gpiochip1") == (other,)
    assert both.named("none") == ()
