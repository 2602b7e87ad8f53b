"""Lockdown: a door that nobody opens, by whatever means, until it is unlocked; it outlasts restarts and power cuts.

It holds from the moment it is asked for. Who asked is answered once it is on disc.
"""

from dataclasses import replace

from appliance.core import events
from appliance.core.doors import pulses
from appliance.core.model import DoorSettings
from appliance.core.transition import Turn


def lock(turn: Turn, door: DoorSettings, by: str) -> str:
    """Lock down, and end what runs; gives a warning's text where it was so already."""
    if door.id in turn.state.locked_down:
        return f"Door {door.id} is locked down already."
    turn.state = replace(turn.state, locked_down=tuple(sorted((*turn.state.locked_down, door.id))))
    turn.emit(events.DoorLockedDown(door.id, by=by))
    pulses.end(turn, door.id)
    return ""


def unlock(turn: Turn, door: DoorSettings, by: str) -> str:
    """End the lockdown, which opens nothing; gives a warning's text where there was none."""
    if door.id not in turn.state.locked_down:
        return f"Door {door.id} is not locked down."
    turn.state = replace(turn.state, locked_down=tuple(each for each in turn.state.locked_down if each != door.id))
    turn.emit(events.DoorLockdownEnded(door.id, by=by))
    return ""
