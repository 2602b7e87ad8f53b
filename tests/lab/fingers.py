"""Fingers on simulated lines, as quick as they are asked to be; runs in the guest: fingers.py CHIP, steps on stdin.

Steps are JSON, [[line, "down" | "up", seconds to wait after it], …]. Printed is when each was begun and over, in
CLOCK_MONOTONIC seconds.
"""

import json
import sys
import time
from pathlib import Path

CONFIG = Path("/sys/kernel/config/gpio-sim", sys.argv[1])
LINES = Path("/sys/devices/platform", (CONFIG / "dev_name").read_text().strip())
LINES /= (CONFIG / "bank/chip_name").read_text().strip()

done = []
for line, way, seconds in json.load(sys.stdin):
    pull = LINES / f"sim_gpio{line}" / "pull"
    begun = time.monotonic()
    pull.write_text(f"pull-{way}")
    done.append((begun, time.monotonic()))
    time.sleep(seconds)
print(json.dumps(done))
