"""What the service in a guest tells, each event held against its schema."""

import dataclasses
import json
from typing import get_type_hints

from pydantic import TypeAdapter

from appliance.core.events import EVENTS
from appliance.schemas import schemas
from tests.lab.guest import Guest

UNIT = "watch"


class Events:
    """All that come from the beginning on, by `intercomctl watch`."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self._schemas = schemas()
        guest.service(UNIT, "intercomctl", "--json", "watch")

    def of(self, *kinds: str) -> list[dict]:
        """Those of these types, each as its schema says."""
        lines = self.guest.journal(f"--unit={UNIT}", "--output=cat").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [self._checked(event) for event in told if event["type"] in kinds]

    def wait(self, kind: str, count: int, what: str) -> list[dict]:
        """As soon as there are so many."""
        return self.guest.wait_for(lambda: (found := self.of(kind)) and len(found) >= count and found, what, 120)

    def cards(self) -> list[str]:
        """The numbers of those that were read."""
        return [event["data"]["number"] for event in self.of("card.read")]

    def _checked(self, event: dict) -> dict:
        kind, data = EVENTS[event["type"]], event["data"]
        assert set(data) == set(self._schemas[event["type"]]["required"]), event
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            if field.name != "call":
                value = data[field.name.rstrip("_")]
                TypeAdapter(hints[field.name]).validate_json(json.dumps(value), strict=True)
        return event
