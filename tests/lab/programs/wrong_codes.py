"""Types wrong codes at a keypad at USB, two and two, as they are refused; runs in the guest: wrong_codes.py FIFO COUNT.

No more at once, for the kernel keeps 64 events of a device for a late reader, and each key has four.
"""

import sys
from pathlib import Path

from http_client import ask

fifo, count = Path(sys.argv[1]), int(sys.argv[2])
since = ask("/v1/state")[1]["last_event"]
for number in range(0, count, 2):
    fifo.write_text(f"{number:04}\n{number + 1:04}\n")
    left = 2
    while left:
        _, answer = ask(f"/v1/events?since={since}&types=keypad.refused&wait=60")
        since, left = answer["since"], left - len(answer["events"])
