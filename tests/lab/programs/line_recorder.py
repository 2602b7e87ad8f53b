"""Records the changes of a simulated line; runs in the guest: line_recorder.py CHIP LINE SECONDS.

Prints [[when, level], …]. Times are CLOCK_MONOTONIC seconds; it looks about a thousand times a second.
"""

import json
import sys
import time

from pacing import paced
from simulated_lines import Lines

lines, line = Lines(sys.argv[1]), int(sys.argv[2])
seen: list[tuple[float, int]] = []
low, end = lines.low(line), time.monotonic() + float(sys.argv[3])
for now in paced(0.0005):
    if now > end:
        break
    if lines.low(line) != low:
        low = not low
        seen.append((now, int(not low)))
print(json.dumps(seen))
