"""Who opened each door last, and when. The state has it, so people see it with the door.

The audit has it on disc; after a start it is read from there.
"""

from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.model import DoorId, Opening, Pulse, State
from appliance.core.transition import Turn


def note(turn: Turn, door: DoorId, pulse: Pulse) -> None:
    """Store the opening that the guard has just confirmed."""
    clock = turn.appliance.clock
    at = None if clock is None else clock.epoch + turn.decided
    put(turn, Opening(door, at, pulse.by, pulse.means, pulse.held))


def read(turn: Turn, given: inputs.OpeningsRead) -> None:
    """Store what the audit has, but for doors that have been opened since the start."""
    for opening in given.openings:
        if turn.settings.door(opening.door) is not None and last(turn.state, opening.door) is None:
            put(turn, opening)


def last(state: State, door: DoorId) -> Opening | None:
    """The door's last opening; None if the station knows of none."""
    return next((opening for opening in state.doors.openings if opening.door == door), None)


def put(turn: Turn, opening: Opening) -> None:
    """Store the opening in place of the door's earlier one."""
    others = (each for each in turn.doors.openings if each.door != opening.door)
    turn.doors = replace(turn.doors, openings=(*others, opening))
