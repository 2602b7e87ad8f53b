"""A keyboard at USB, made by uinput; runs in the guest: usb_keyboard.py NAME FIFO.

It is an input device of that name, and types what is written to FIFO, a line a time, with Enter for its end unless that
is "\\".
"""

import fcntl
import os
import struct
import sys
from pathlib import Path

UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_SETUP, UI_DEV_CREATE = 0x40045564, 0x40045565, 0x405C5503, 0x5501
ENTER, CODES = 28, {**dict(zip("1234567890", range(2, 12), strict=True)), "*": 55}


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
    keyboard(*sys.argv[1:])
