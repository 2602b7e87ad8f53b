"""Doors and sensors as clients read them."""

from appliance.core import wall_clock
from appliance.core.doors import openings, pulses, sensors
from appliance.core.model import DoorId, DoorSettings, Opening, Sensing, SensorKind, SensorSettings, State
from appliance.core.model.doors import LeafAlarm
from appliance.core.views.doors import Door, LastOpening
from appliance.core.views.panel import Sensor

ALARMS: tuple[LeafAlarm, ...] = ("forced", "held_open")  # the graver first


def doors_view(state: State, epoch: float) -> tuple[Door, ...]:
    """The doors for clients."""
    return tuple([door_view(state, door, epoch) for door in state.settings.doors])


def door_view(state: State, door: DoorSettings, epoch: float) -> Door:
    """A door for clients."""
    pulse = dict(state.doors.pulses).get(door.id)
    leaves = leaves_of(state, door.id)
    return Door(
        id=door.id,
        name=door.display_name or None,
        state=pulses.condition(state, door.id),
        unlocked=pulse is not None and pulse.energised,
        until=wall_clock.iso(pulse.until if pulse is not None else None, epoch),
        by=pulse.by if pulse is not None else None,
        means=pulse.means if pulse is not None else None,
        last_opening=opening_view(openings.OPENINGS.get(state, door.id)),
        contact=sensors.LEAF[is_open(leaves)] if leaves else None,
        alarm=next((alarm for alarm in ALARMS for leaf in leaves if leaf.alarm == alarm), None),
        strike=door.strike,
        pulse_s=door.pulse_s,
        max_s=door.max_s,
        max_hold_s=door.max_hold_s,
        available=state.doors.relay_ready,
    )


def leaves_of(state: State, door: DoorId) -> tuple[Sensing, ...]:
    """The states of the door's contacts: a door may have one for each of its leaves."""
    contacts = (s.id for s in state.settings.sensors if s.door == door and s.kind is SensorKind.CONTACT)
    return tuple(sensors.sensing_of(state, contact) for contact in contacts)


def is_open(leaves: tuple[Sensing, ...]) -> bool | None:
    """Whether one of the leaves is open; None if that is unknown."""
    known = {leaf.active for leaf in leaves}
    return True if True in known else None if None in known else False


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
