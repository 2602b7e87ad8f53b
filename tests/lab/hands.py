"""Hands in the guest, where Debian's Python runs this: cards held to a reader on lines, keys of devices at USB.

hands.py wiegand CHIP D0 D1 NUMBER…  sends 26-bit cards on lines of a simulated chip; prints a line of JSON for each;
                                     one that begins with 0b is not a number but the bits themselves
hands.py keyboard NAME FIFO          is an input device of that name, and types what is written to FIFO, a line a time,
                                     with Enter for its end unless that is "\\"
"""

import fcntl
import json
import os
import random
import struct
import sys
import time
from pathlib import Path

from moved import Lines

PAUSE_S = 0.1
BETWEEN_S = (0.001, 0.002)  # pulses of a card, as readers send them
UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_SETUP, UI_DEV_CREATE = 0x40045564, 0x40045565, 0x405C5503, 0x5501
ENTER, CODES = 28, {**dict(zip("1234567890", range(2, 12), strict=True)), "*": 55}


def framed(word: str) -> list[int]:
    """The bits of a card: 24, between parity that makes the first half even and the second one odd."""
    if word.startswith("0b"):
        return [int(bit) for bit in word[2:]]
    number = int(word)
    inner = [number >> place & 1 for place in reversed(range(24))]
    return [sum(inner[:12]) % 2, *inner, 1 - sum(inner[12:]) % 2]


def wiegand(chip: str, d0: int, d1: int, numbers: list[str]) -> None:
    """Hold cards to a reader."""
    lines = Lines(chip)

    def pulse(line: int) -> None:
        lines.pull(line, down=True)
        lines.pull(line, down=False)

    for number in numbers:
        began = time.monotonic()
        for bit in framed(number):
            pulse((d0, d1)[bit])
            time.sleep(random.uniform(*BETWEEN_S))
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
        case ["wiegand", chip, d0, d1, *numbers]:
            wiegand(chip, int(d0), int(d1), numbers)
        case ["keyboard", name, fifo]:
            keyboard(name, fifo)
        case _:
            sys.exit(__doc__)
