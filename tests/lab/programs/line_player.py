"""Plays steps on simulated lines, as quickly as they say; runs in the guest: line_player.py CHIP, steps on stdin.

Steps are JSON, [[line, "down" | "up", seconds to wait after it], …]. Prints when each was begun and over, in
CLOCK_MONOTONIC seconds.
"""

import json
import sys
import time

from pacing import pause
from simulated_lines import Lines

lines = Lines(sys.argv[1])
done = []
for line, way, seconds in json.load(sys.stdin):
    begun = time.monotonic()
    lines.pull(line, down=way == "down")
    done.append((begun, time.monotonic()))
    pause(seconds)
print(json.dumps(done))
