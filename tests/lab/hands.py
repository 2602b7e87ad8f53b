"""Hands in the guest, where Debian's Python runs this: cards held to a reader on lines, keys of devices at USB.

hands.py wiegand CHIP D0 D1 OTHER NUMBER…   sends 26-bit cards on lines of a simulated chip, and prints a line of JSON
                                            for each
hands.py keyboard NAME FIFO                 is an input device of that name, and types what is written to FIFO, a line a
                                            time, with Enter for its end unless that is "\\"

A simulated line's edge comes with the kernel's next tick, and what else its line did until then is lost: so a pulse is
followed by one of the line OTHER, whose edge is waited for. As fast as that goes is as fast as pulses can be here.
"""

import contextlib
import fcntl
import json
import os
import struct
import sys
import time
from pathlib import Path

import gpiod

PAUSE_S = 0.1
UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_SETUP, UI_DEV_CREATE = 0x40045564, 0x40045565, 0x405C5503, 0x5501
ENTER, CODES = 28, {**dict(zip("1234567890", range(2, 12), strict=True)), "*": 55}


def framed(number: int) -> list[int]:
    """The bits of a card: 24, between parity that makes the first half even and the second one odd."""
    inner = [number >> place & 1 for place in reversed(range(24))]
    return [sum(inner[:12]) % 2, *inner, 1 - sum(inner[12:]) % 2]


def on_one_processor() -> None:
    """Run where the threads of interrupts run, which go first: who waits for a line's edge waits for all before it."""
    os.sched_setaffinity(0, {0})
    for task in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone
            if (task / "comm").read_text().startswith("irq/"):
                os.sched_setaffinity(int(task.name), {0})


def wiegand(chip: str, lines: tuple[int, int, int], numbers: list[int]) -> None:
    """Hold cards to a reader."""
    config = Path("/sys/kernel/config/gpio-sim") / chip
    device = Path("/sys/devices/platform") / (config / "dev_name").read_text().strip()
    name = (config / "bank" / "chip_name").read_text().strip()
    pulls = [os.open(device / name / f"sim_gpio{line}" / "pull", os.O_WRONLY) for line in lines]
    os.pwrite(pulls[2], b"pull-up", 0)
    with gpiod.Chip(f"/dev/{name}") as opened:
        other = opened.request_lines({lines[2]: gpiod.LineSettings(edge_detection=gpiod.line.Edge.FALLING)})
    # A thread of an interrupt chooses its processor at its first edge; what these two are is told, and no card.
    for line in (0, 1, 2):
        os.pwrite(pulls[line], b"pull-down", 0)
        os.pwrite(pulls[line], b"pull-up", 0)
    other.wait_edge_events()
    other.read_edge_events()
    time.sleep(2 * PAUSE_S)
    on_one_processor()
    for number in numbers:
        began = time.monotonic()
        for bit in framed(number):
            for line in (bit, 2):
                os.pwrite(pulls[line], b"pull-down", 0)
                os.pwrite(pulls[line], b"pull-up", 0)
            other.wait_edge_events()
            other.read_edge_events()
        print(json.dumps({"number": number, "took_s": time.monotonic() - began}))
        time.sleep(PAUSE_S)


def keyboard(name: str, fifo: str) -> None:
    """Be a keyboard until the end."""
    made = os.open("/dev/uinput", os.O_WRONLY)
    fcntl.ioctl(made, UI_SET_EVBIT, 1)
    for code in (ENTER, *CODES.values()):
        fcntl.ioctl(made, UI_SET_KEYBIT, code)
    fcntl.ioctl(made, UI_DEV_SETUP, struct.pack("HHHH80sI", 3, 1, 1, 1, name.encode(), 0))
    fcntl.ioctl(made, UI_DEV_CREATE)
    if not Path(fifo).exists():
        os.mkfifo(fifo)
    while True:
        for line in Path(fifo).read_text().splitlines():
            codes = [CODES[character] for character in line.rstrip("\\")]
            for code in codes if line.endswith("\\") else [*codes, ENTER]:
                for down in (1, 0):
                    os.write(made, struct.pack("llHHi", 0, 0, 1, code, down) + struct.pack("llHHi", 0, 0, 0, 0, 0))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["wiegand", chip, d0, d1, other, *numbers]:
            wiegand(chip, (int(d0), int(d1), int(other)), [int(number) for number in numbers])
        case ["keyboard", name, fifo]:
            keyboard(name, fifo)
        case _:
            sys.exit(__doc__)
