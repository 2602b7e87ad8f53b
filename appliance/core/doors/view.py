"""Doors and sensors as clients read them."""

from typing import Any

from appliance.core import wall_clock
from appliance.core.doors import openings, pulses, sensors
from appliance.core.model import DoorSettings, Opening, SensorSettings, State


def door_view(state: State, door: DoorSettings, epoch: float) -> dict[str, Any]:
    """A door for clients."""
    pulse = dict(state.doors.pulses).get(door.id)
    energised = pulse is not None and pulse.energised
    contact = next((sensors.sensing_of(state, s.id) for s in state.settings.sensors if s.door == door.id), None)
    return {
        "id": door.id,
        "name": door.display_name or None,
        "state": pulses.condition(state, door.id),
        "unlocked": energised,
        "until": wall_clock.iso(pulse.until if pulse is not None else None, epoch),
        "by": pulse.by if pulse is not None else None,
        "means": pulse.means if pulse is not None else None,
        "last_opening": opening_view(openings.last(state, door.id)),
        "contact": None if contact is None else sensors.LEAF[contact.active],
        "alarm": None if contact is None else contact.alarm or None,
        "strike": door.strike,
        "pulse_s": door.pulse_s,
        "max_s": door.max_s,
        "max_hold_s": door.max_hold_s,
        "available": state.doors.relay_ready,
    }


def opening_view(opening: Opening | None) -> dict[str, Any] | None:
    """A door's last opening for clients."""
    if opening is None:
        return None
    return {
        "time": wall_clock.iso(opening.at, 0.0),
        "by": opening.by,
        "means": opening.means,
        "held": opening.held,
    }


def sensor_view(state: State, sensor: SensorSettings, epoch: float) -> dict[str, Any]:
    """A sensor for clients."""
    block = next((block for block in state.doors.blocks if block.sensor == sensor.id), None)
    return {
        "id": sensor.id,
        "kind": sensor.kind,
        "door": sensor.door,
        "active": sensors.sensing_of(state, sensor.id).active,
        "blocks_until": wall_clock.iso(None if block is None else block.until, epoch),
    }
