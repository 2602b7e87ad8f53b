"""Types wrong codes at a keypad at USB, two and two, as they are refused; runs in the guest: wrong_codes.py FIFO COUNT.

No more at once, for the kernel keeps 64 events of a device for whoever reads them late, and each key has four.
"""

import http.client
import json
import socket
import sys
from pathlib import Path

fifo, count = Path(sys.argv[1]), int(sys.argv[2])
PATIENCE_S = 120


class Local(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect("/run/intercomd/http.sock")


def ask(path):
    asked = Local("localhost")
    asked.request("GET", path)
    return json.loads(asked.getresponse().read())


since = ask("/v1/state")["last_event"]
for number in range(0, count, 2):
    fifo.write_text(f"{number:04}\n{number + 1:04}\n")
    left = 2
    while left:
        answer = ask(f"/v1/events?since={since}&types=keypad.refused&wait=60")
        since, left = answer["since"], left - len(answer["events"])
