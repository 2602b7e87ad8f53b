"""Eyes on a simulated line; runs in the guest: eyes.py CHIP LINE SECONDS. Prints [[when, level], …] of its changes.

Times are CLOCK_MONOTONIC seconds; it is looked at about a thousand times a second.
"""

import json
import sys
import time
from pathlib import Path

config = Path("/sys/kernel/config/gpio-sim", sys.argv[1])
chip = Path("/sys/devices/platform", (config / "dev_name").read_text().strip())
value = chip / (config / "bank/chip_name").read_text().strip() / f"sim_gpio{sys.argv[2]}/value"

seen: list[tuple[float, int]] = []
level, end = int(value.read_text()), time.monotonic() + float(sys.argv[3])
with value.open("rb", buffering=0) as file:
    while (now := time.monotonic()) < end:
        file.seek(0)
        if (new := int(file.read())) != level:
            seen.append((now, new))
            level = new
        time.sleep(0.0005)
print(json.dumps(seen))
