"""Watches line 1 of the simulated chip, from early boot on; runs in the guest.

Writes "SECONDS LEVEL" at each change to /run/relay.
"""

from pathlib import Path

from pacing import paced

(level,) = Path("/sys/devices/platform").glob("gpio-sim.*/gpiochip*/sim_gpio1/value")
last = None
with Path("/run/relay").open("w", buffering=1) as log:
    for at in paced(0.005):
        now = level.read_text().strip()
        if now != last:
            print(at, now, file=log)
            last = now
