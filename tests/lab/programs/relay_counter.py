"""Counts how often the first line of the simulated chip is seen energised; runs in the guest until it is ended.

Looks a thousand times a second. Prints "NUMBER looks, NUMBER energised" at its end.
"""

import signal
import sys
from pathlib import Path

from pacing import paced

(line,) = Path("/sys/devices/platform").glob("gpio-sim.*/gpiochip*/sim_gpio0/value")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(f"{looks} looks, {energised} energised", flush=True)))
looks = energised = 0
for _ in paced(0.001):
    looks, energised = looks + 1, energised + (line.read_text().strip() == "1")
