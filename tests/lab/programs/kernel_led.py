"""Makes a lamp of the kernel's LED class that is there while this runs; runs in the guest: kernel_led.py NAME LEVELS.

By /dev/uleds (Documentation/leds/uleds.rst), which reports every brightness that the lamp is set to: printed, one a
line.
"""

import os
import struct
import sys

NAME_LENGTH = 64
device = os.open("/dev/uleds", os.O_RDWR)
os.write(device, struct.pack(f"{NAME_LENGTH}si", sys.argv[1].encode(), int(sys.argv[2])))
while True:
    print(struct.unpack("i", os.read(device, 4))[0], flush=True)
