"""Doors and sensors as clients read them."""

from appliance.core import wall_clock
from appliance.core.doors import openings, pulses, sensors
from appliance.core.model import DoorSettings, Opening, SensorSettings, State
from appliance.core.views.doors import Door, LastOpening
from appliance.core.views.panel import Sensor


def doors_view(state: State, epoch: float) -> tuple[Door, ...]:
    """The doors for clients."""
    return tuple([door_view(state, door, epoch) for door in state.settings.doors])


def door_view(state: State, door: DoorSettings, epoch: float) -> Door:
    """A door for clients."""
    pulse = dict(state.doors.pulses).get(door.id)
    contact = next((sensors.sensing_of(state, s.id) for s in state.settings.sensors if s.door == door.id), None)
    return Door(
        id=door.id,
        name=door.display_name or None,
        state=pulses.condition(state, door.id),
        unlocked=pulse is not None and pulse.energised,
        until=wall_clock.iso(pulse.until if pulse is not None else None, epoch),
        by=pulse.by if pulse is not None else None,
        means=pulse.means if pulse is not None else None,
        last_opening=opening_view(openings.OPENINGS.get(state, door.id)),
        contact=None if contact is None else sensors.LEAF[contact.active],
        alarm=None if contact is None else contact.alarm or None,
        strike=door.strike,
        pulse_s=door.pulse_s,
        max_s=door.max_s,
        max_hold_s=door.max_hold_s,
        available=state.doors.relay_ready,
    )


def opening_view(opening: Opening | None) -> LastOpening | None:
    """A door's last opening for clients."""
    if opening is None:
        return None
    return LastOpening(wall_clock.iso(opening.at, 0.0), opening.by, opening.means, opening.held)


def sensor_view(state: State, sensor: SensorSettings, epoch: float) -> Sensor:
    """A sensor for clients."""
    block = next((block for block in state.doors.blocks if block.sensor == sensor.id), None)
    return Sensor(
        id=sensor.id,
        kind=sensor.kind,
        door=sensor.door,
        active=sensors.sensing_of(state, sensor.id).active,
        blocks_until=wall_clock.iso(None if block is None else block.until, epoch),
    )
