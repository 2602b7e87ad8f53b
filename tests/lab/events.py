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

    def of(self, *kinds: str, **data: object) -> list[dict]:
        """Those of these types with these data, each as its schema says."""
        lines = self.guest.journal(f"--unit={UNIT}", "--output=cat").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        found = [self._checked(event) for event in told if event["type"] in kinds]
        return [event for event in found if data.items() <= event["data"].items()]

    def wait(self, kinds: str | tuple[str, ...], count: int, what: str, **data: object) -> list[dict]:
        """Those of a type, or of several, with these data, as soon as there are so many."""
        wanted = (kinds,) if isinstance(kinds, str) else kinds
        there = lambda: (found := self.of(*wanted, **data)) and len(found) >= count and found  # noqa: E731
        return self.guest.wait_for(there, what, 120)

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
