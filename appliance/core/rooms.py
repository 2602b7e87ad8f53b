"""All rooms of the core, in the order in which time and inputs come to them.

Each offers the same four names: the tables `take` and `perform`, `due(turn)` and `wake(state)`; one that has nothing of
a kind says so by an empty table, or does nothing. What clients read of a room is made in its module `view`.
"""

from typing import Protocol

from appliance.core.access import room as access
from appliance.core.accounts import room as accounts
from appliance.core.appliance import room as appliance
from appliance.core.audio import room as audio
from appliance.core.calls import room as calls
from appliance.core.conferences import room as conferences
from appliance.core.dispatch import InputTable, RequestTable
from appliance.core.doors import room as doors
from appliance.core.messages import room as messages
from appliance.core.model import State
from appliance.core.panel import room as panel
from appliance.core.rules import room as rules
from appliance.core.transfers import room as transfers
from appliance.core.transition import Turn
from appliance.core.visitor_ring import room as visitor_ring


class Room(Protocol):
    """The interface of a room, which `step`, `requests` and `desired_state` call."""

    take: InputTable
    perform: RequestTable

    def due(self, turn: Turn, /) -> None:
        """Act on every deadline of the room that has passed."""

    def wake(self, state: State, /) -> list[float | None]:
        """Return the room's deadlines; None for an absent one."""


ROOMS: tuple[Room, ...] = (
    calls,
    accounts,
    access,
    doors,
    appliance,
    audio,
    panel,
    messages,
    visitor_ring,
    conferences,
    transfers,
    rules,
)
