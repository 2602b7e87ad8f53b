"""Events of the service in a guest, each checked against its schema."""

import json

from tests.lab.guest import Guest
from tests.lab.witness import LabWitness
from tests.support import schema

UNIT = "watch"


class Events(LabWitness):
    """All that come from the beginning on, by `intercomctl watch`."""

    def __init__(self, guest: Guest) -> None:
        super().__init__(guest)
        guest.service(UNIT, "intercomctl", "--json", "watch", "--since", str(self.moment()))

    def of(self, *kinds: str, **data: object) -> list[dict]:
        """Those of these types with these data, each as its schema says."""
        lines = self.guest.journal(f"--unit={UNIT}", "--output=cat").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        found = [event for event in told if event["type"] in kinds and data.items() <= event["data"].items()]
        for event in found:
            schema.check(event)
        return found

    def wait(self, kinds: str | tuple[str, ...], count: int, what: str, **data: object) -> list[dict]:
        """Those of a type, or of several, with these data, as soon as there are so many."""
        wanted = (kinds,) if isinstance(kinds, str) else kinds
        there = lambda: (found := self.of(*wanted, **data)) and len(found) >= count and found  # noqa: E731
        return self.guest.wait_for(there, what, 120)

    def cards(self) -> list[str]:
        """The numbers of those that were read."""
        return [event["data"]["number"] for event in self.of("card.read")]
