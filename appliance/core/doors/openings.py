"""Who opened each door last, and when. The state has it, so people see it with the door.

The audit has it on disc; after a start it is read from there.
"""

from appliance.core import inputs
from appliance.core.model import DoorId, Opening, Pulse
from appliance.core.tables import Table
from appliance.core.transition import Turn

OPENINGS = Table("doors.openings", Opening, lambda row: row.door)


def note(turn: Turn, door: DoorId, pulse: Pulse) -> None:
    """Store the opening that the guard has just confirmed."""
    clock = turn.appliance.clock
    at = None if clock is None else clock.epoch + turn.decided
    OPENINGS.put(turn, Opening(door, at, pulse.by, pulse.means, pulse.held))


def read(turn: Turn, given: inputs.OpeningsRead) -> None:
    """Store what the audit has, but for doors that have been opened since the start."""
    for opening in given.openings:
        if turn.settings.door(opening.door) is not None and OPENINGS.get(turn.state, opening.door) is None:
            OPENINGS.put(turn, opening)
