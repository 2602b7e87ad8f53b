"""Requests about doors, by clients and buttons. Each raises IntercomError if it is not possible."""

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.core.doors import lockdown, pulses, sensors
from appliance.core.model import DoorId, DoorSettings, OpenedBy
from appliance.core.orders import Reply
from appliance.core.transition import Turn


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


def open_for_client(turn: Turn, action: inputs.OpenDoor, asked: inputs.Requested) -> Reply:
    """Open a door."""
    warning = open_door(turn, action.door, action.seconds, asked.who, OpenedBy.API)
    return Reply(asked.request, warning=warning)


def hold_open(turn: Turn, action: inputs.HoldDoor, asked: inputs.Requested) -> Reply:
    """Hold a door open."""
    door = find_door(turn, action.door)
    return Reply(asked.request, warning=pulses.hold_open(turn, door, action.seconds, asked.who))


def release(turn: Turn, action: inputs.ReleaseDoor, asked: inputs.Requested) -> Reply:
    """End a hold."""
    return Reply(asked.request, warning=pulses.release(turn, find_door(turn, action.door)))


def lock_down(turn: Turn, action: inputs.LockDoor, asked: inputs.Requested) -> None:
    """Lock a door down; the reply follows when the lockdown is on disc."""
    warning = lockdown.lock(turn, find_door(turn, action.door), asked.who)
    turn.reply_once_saved(asked.request, warning)


def end_lockdown(turn: Turn, action: inputs.UnlockDoor, asked: inputs.Requested) -> None:
    """End a lockdown; the reply follows when its end is on disc."""
    warning = lockdown.unlock(turn, find_door(turn, action.door), asked.who)
    turn.reply_once_saved(asked.request, warning)


def clear_sensor(turn: Turn, action: inputs.ClearSensor, asked: inputs.Requested) -> Reply:
    """End the block of a sensor."""
    return Reply(asked.request, warning=sensors.clear(turn, action.sensor, asked.who))
