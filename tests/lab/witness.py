"""The events and requests of the service in a guest, for `@shows`."""

import json

from tests.lab.guest import Guest
from tests.support.shown import Witness


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
        told = self.guest.check("python3", "/lab/programs/http_client.py", "events", str(moment or 0), timeout_s=120)
        return [json.loads(line) for line in told.splitlines()], set()
