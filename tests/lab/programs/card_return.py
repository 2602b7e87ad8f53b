"""Bind a card's driver again, and print after how many seconds its playback PCM runs.

    card_return.py DRIVER DEVICE STATUS

DRIVER: its directory in sysfs. STATUS: the PCM's file in /proc/asound.
"""

import sys
from pathlib import Path

from pacing import paced

LONGEST_S = 100.0


def main() -> None:
    driver, device, status = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    moments = paced(0.01)
    begun = next(moments)
    Path(driver, "bind").write_text(device)
    for now in moments:
        if status.exists() and "RUNNING" in status.read_text():
            print(now - begun)
            return
        if now > begun + LONGEST_S:
            sys.exit(f"{status} does not run")


main()
