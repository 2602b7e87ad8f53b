"""The events and requests of the service in a guest, for `@shows`."""

from tests.lab.guest import Guest
from tests.support.shown import Witness


class LabWitness(Witness):
    """The service in `guest`, by its own interface."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self._known: list[dict] = []  # events, the oldest first: thousands of them are not asked for at each look
        self._read_to = 0

    def moment(self) -> int:
        """The newest event; 0 while nobody answers."""
        state = self.guest.state()
        return state["last_event"] if state else 0

    def witnessed(self, moment: int | None) -> tuple[list[dict], set[str]]:
        """The events from then on; what was asked in a guest is not known."""
        while new := (answer := self.guest.asked(f"/v1/events?since={self._read_to}&wait=0.1"))["events"]:
            self._known += new
            self._read_to = answer["since"]
        return [event for event in self._known if event["id"] > (moment or 0)], set()
