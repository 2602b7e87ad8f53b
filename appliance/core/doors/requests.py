"""Requests about doors, by clients and buttons. Each raises IntercomError if it is not possible.

Orders that fill the audit are limited for each client: else one that may open a door could push out who opened before.
A lockdown and the end of a hold have no limit, since they lock.
"""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.doors import lockdown, pulses, sensors
from appliance.core.model import Denial, DoorId, DoorSettings, Often, OpenedBy
from appliance.core.orders import Reply
from appliance.core.tables import Table
from appliance.core.transition import Turn

MOST_ORDERS = 60  # of a client in a minute
ORDERS = Table("doors.orders", tuple[str, Often], lambda row: row[0], ordered=True)


def find_door(turn: Turn, wanted: DoorId) -> DoorSettings:
    """Find a door by its id, or raise door-not-found."""
    door = turn.settings.door(wanted)
    if door is None:
        names = ", ".join(each.id for each in turn.settings.doors) or "none"
        raise IntercomError(ErrorCode.DOOR_NOT_FOUND, f"There is no door {wanted}.", f"The station has: {names}.")
    return door


def open_door(turn: Turn, wanted: DoorId, seconds: float | None, who: str, means: OpenedBy) -> str:
    """Open a door, for at most its longest pulse."""
    door = find_door(turn, wanted)
    if seconds is not None and not 0 < seconds <= door.max_s:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Door {wanted} cannot be opened for {seconds} s.",
            f"Its longest pulse is {door.max_s} s.",
            f"Ask for less, or set door.{wanted}.max_s.",
        )
    return pulses.open_door(turn, door, seconds, who, means)


def too_many(turn: Turn, wanted: DoorId, asked: inputs.Requested) -> Reply | None:
    """Count a client's order; the refusal of one too many, which only the first of them reports. None: it may be."""
    door = find_door(turn, wanted)
    for who, orders in turn.doors.orders:
        if orders.again(turn.now).count == 1:  # its minute is over
            ORDERS.drop(turn, who)
    orders = (dict(turn.doors.orders).get(asked.who) or Often()).again(turn.now)
    ORDERS.put(turn, (asked.who, orders))
    if orders.count <= MOST_ORDERS:
        return None
    if orders.count == MOST_ORDERS + 1:
        turn.emit(events.DoorDenied(door.id, by=asked.who, means=OpenedBy.API, why=Denial.TOO_OFTEN))
    refusal = IntercomError(
        ErrorCode.RATE_LIMITED,
        "A client opens doors too often.",
        f"The limit is {MOST_ORDERS} orders in a minute, of each client.",
        "Wait a minute.",
    )
    return Reply(asked.request, error=refusal)


def open_for_client(turn: Turn, action: inputs.OpenDoor, asked: inputs.Requested) -> Reply:
    """Open a door."""
    if refused := too_many(turn, action.door, asked):
        return refused
    warning = open_door(turn, action.door, action.seconds, asked.who, OpenedBy.API)
    return Reply(asked.request, warning=warning)


def hold_open(turn: Turn, action: inputs.HoldDoor, asked: inputs.Requested) -> Reply:
    """Hold a door open."""
    if refused := too_many(turn, action.door, asked):
        return refused
    door = find_door(turn, action.door)
    return Reply(asked.request, warning=pulses.hold_open(turn, door, action.seconds, asked.who))


def release(turn: Turn, action: inputs.ReleaseDoor, asked: inputs.Requested) -> Reply:
    """End a hold."""
    return Reply(asked.request, warning=pulses.release(turn, find_door(turn, action.door)))


def lock_down(turn: Turn, action: inputs.LockDoor, asked: inputs.Requested) -> None:
    """Lock a door down; the reply follows when the lockdown is on disc."""
    warning = lockdown.lock(turn, find_door(turn, action.door), asked.who)
    turn.reply_once_saved(asked.request, warning)


def end_lockdown(turn: Turn, action: inputs.UnlockDoor, asked: inputs.Requested) -> Reply | None:
    """End a lockdown; the reply follows when its end is on disc."""
    if refused := too_many(turn, action.door, asked):
        return refused
    warning = lockdown.unlock(turn, find_door(turn, action.door), asked.who)
    turn.reply_once_saved(asked.request, warning)
    return None


def clear_sensor(turn: Turn, action: inputs.ClearSensor, asked: inputs.Requested) -> Reply:
    """End the block of a sensor."""
    return Reply(asked.request, warning=sensors.clear(turn, action.sensor, asked.who))
