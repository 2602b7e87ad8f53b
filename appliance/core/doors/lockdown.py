"""Lockdown: nothing opens the door until it is unlocked; it outlasts restarts and power cuts.

It takes effect at once. The client's reply follows when it is on disc.
"""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.doors import pulses
from appliance.core.model import DoorSettings
from appliance.core.transition import Turn


def lock(turn: Turn, door: DoorSettings, by: str) -> str:
    """Lock the door down, and end its pulse; return a warning if it was locked down already."""
    if door.id in turn.doors.locked_down:
        return f"Door {door.id} is locked down already."
    turn.doors = replace(turn.doors, locked_down=tuple(sorted((*turn.doors.locked_down, door.id))))
    turn.emit(events.DoorLockedDown(door.id, by=by))
    pulses.end(turn, door.id)
    return ""


def unlock(turn: Turn, door: DoorSettings, by: str) -> str:
    """End the lockdown, which opens nothing; return a warning if there was none."""
    if door.id not in turn.doors.locked_down:
        return f"Door {door.id} is not locked down."
    turn.doors = replace(turn.doors, locked_down=tuple(each for each in turn.doors.locked_down if each != door.id))
    turn.emit(events.DoorLockdownEnded(door.id, by=by))
    return ""
