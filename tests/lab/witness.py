"""What the service in a guest tells, for `@shows`."""

import json

from tests.lab.guest import Guest
from tests.shown import Witness

# Prints all events after an id, a line each.
EVENTS = """
import http.client, json, socket, sys

class Local(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/intercomd/http.sock")

since, found = sys.argv[1], True
while found:
    asked = Local("localhost", timeout=50)
    asked.request("GET", f"/v1/events?since={since}&wait=0.1")
    answer = json.loads(asked.getresponse().read())
    since, found = answer["since"], answer["events"]
    for event in found:
        print(json.dumps(event))
"""


class LabWitness(Witness):
    """The service in `guest`, by its own interface."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def moment(self) -> int:
        """The newest event; 0 while nobody answers."""
        ended = self.guest.run("intercomctl", "--json", "state")
        return json.loads(ended.stdout)["last_event"] if ended.returncode == 0 else 0

    def witnessed(self, moment: int | None) -> tuple[list[dict], set[str]]:
        """The events from then on; what was asked in a guest is not known."""
        told = self.guest.check("python3", "-c", EVENTS, str(moment or 0), timeout_s=120)
        return [json.loads(line) for line in told.splitlines()], set()
