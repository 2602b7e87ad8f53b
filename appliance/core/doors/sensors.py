"""Sensors: the rules for door contacts, tamper contacts, motion detectors and others.

A level counts once it has lasted for the sensor's `debounce_s`: a bouncing reed reports one opening, and a leaf that
shakes in the wind reports none. One that changes on and on, as with a loose wire, is among the faults, and its level
counts once it has rested for a while: else its events would drive all others out of the journal. A contact detects
whether the door's leaf is open, the relay only whether it could be: a leaf that opens without our opening was forced.
The moment of the edge decides whether it was forced, as the debounce may outlast the opening. A tamper contact blocks
opening, except for exit buttons, which are inside, where nobody can have tampered.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, faults, inputs
from appliance.core.model import DoorId, Often, Sensing, SensorId, SensorKind, SensorSettings, State, TamperBlock
from appliance.core.model.doors import LeafState
from appliance.core.tables import Table
from appliance.core.transition import Turn

GRACE_S = 3.0  # a leaf that was pulled at the end of a pulse opens after it
MOST_CHANGES = 120  # in a minute no door opens and closes, and nobody moves, so often
QUIET_S = 10.0  # of a sensor that changed more often, before its level counts
UNKNOWN = Sensing()
LEAF: dict[bool | None, LeafState] = {None: "unknown", True: "open", False: "closed"}
SENSINGS = Table("doors.sensors", tuple[SensorId, Sensing], lambda row: row[0], ordered=True)
BLOCKS = Table("doors.blocks", TamperBlock, lambda row: row.sensor, ordered=True)


def edge(turn: Turn, given: inputs.SensorEdge) -> None:
    """Process a level of the line; None: the line is lost, and its level is unknown."""
    sensor, active = turn.settings.sensor(given.sensor), given.active
    if sensor is None:
        return
    sensing = sensing_of(turn.state, sensor.id)
    if active is None:
        SENSINGS.put(turn, (sensor.id, replace(UNKNOWN, ours_until=sensing.ours_until)))
        if sensing.flaps:
            faults.recovered(turn, part_name(sensor))
    elif active == sensing.active and not sensing.flaps:
        SENSINGS.put(turn, (sensor.id, replace(sensing, level=active, settles=None)))
    elif active != sensing.level or sensing.settles is None or sensing.flaps:
        lasts_s = QUIET_S if sensing.flaps else sensor.debounce_s
        settles, ours = turn.now + lasts_s, opened_by_us(turn, sensor, sensing)
        SENSINGS.put(turn, (sensor.id, replace(sensing, level=active, settles=settles, ours=ours)))


def due(turn: Turn) -> None:
    """Process levels that have settled, leaves that stay open, and blocks that end."""
    for sensor in turn.settings.sensors:
        sensing = sensing_of(turn.state, sensor.id)
        if sensing.settles is not None and turn.now >= sensing.settles:
            if sensing.flaps:
                sensing = rested(turn, sensor, sensing)
            if sensing.settles is not None:
                settled(turn, sensor, counted(turn, sensor, sensing), active=sensing.level)
        sensing = sensing_of(turn.state, sensor.id)  # also while another level has yet to last
        if sensing.until is not None and turn.now >= sensing.until:
            stays_open(turn, sensor, sensing)
    for block in turn.doors.blocks:
        if turn.now >= block.until:
            unblock(turn, block)


def wake(state: State) -> tuple[float, ...]:
    """The times at which `due` must act."""
    known = (sensing_of(state, sensor.id) for sensor in state.settings.sensors)
    times = [at for sensing in known for at in (sensing.settles, sensing.until) if at is not None]
    return (*times, *(block.until for block in state.doors.blocks))


def counted(turn: Turn, sensor: SensorSettings, sensing: Sensing) -> Sensing:
    """Count a change; too many of them in a minute are a fault. The first level that is known is none."""
    if sensing.active is None:
        return sensing
    changes = sensing.changes.again(turn.now)
    flaps = changes.count > MOST_CHANGES
    if flaps:
        why = (
            f"It changed more than {MOST_CHANGES} times in a minute. Its state counts once it rests for {QUIET_S:g} s."
        )
        faults.failed(turn, part_name(sensor), why, "Check its contact and its cable for what is loose or wet.")
    return replace(sensing, changes=changes, flaps=flaps)


def rested(turn: Turn, sensor: SensorSettings, sensing: Sensing) -> Sensing:
    """A sensor that flapped has been at rest for a while; its level may be the one that counted before."""
    faults.recovered(turn, part_name(sensor))
    settles = None if sensing.level == sensing.active else sensing.settles
    now = replace(sensing, settles=settles, changes=Often(), flaps=False)
    SENSINGS.put(turn, (sensor.id, now))
    return now


def part_name(sensor: SensorSettings) -> str:
    """The sensor's name among the parts that can fail."""
    return f"sensor {sensor.id}"


def settled(turn: Turn, sensor: SensorSettings, before: Sensing, *, active: bool) -> None:
    """A level has settled. The first one after a start is reported only if the contact is active."""
    until = turn.now + sensor.open_s if active and sensor.kind is SensorKind.CONTACT and sensor.open_s else None
    beside = open_beside(turn, sensor)
    since = min([each.since for each in beside if active], default=turn.now)
    now = replace(before, active=active, settles=None, since=since, until=until, alarm="")
    forced = before.active is False and active and not before.ours and not beside
    if sensor.kind is SensorKind.CONTACT and (forced or (active and any(each.alarm == "forced" for each in beside))):
        now = replace(now, alarm="forced")
    SENSINGS.put(turn, (sensor.id, now))
    if before.active is None and not active:
        return
    if sensor.kind is not SensorKind.CONTACT or sensor.door is None:
        turn.emit(events.SensorChanged(sensor.id, kind=sensor.kind, active=active))
    elif active:
        if not beside:
            turn.emit(events.DoorOpened(sensor.door))
        if forced:
            turn.emit(events.DoorForced(sensor.door))
    elif not beside:
        turn.emit(events.DoorClosed(sensor.door, seconds=round(turn.now - before.since, 3)))
    if sensor.kind is SensorKind.TAMPER:
        tampered(turn, sensor, active=active)


# -- contacts --------------------------------------------------------------------------------------------------------


def open_beside(turn: Turn, sensor: SensorSettings) -> list[Sensing]:
    """The open leaves of the same door beside this contact's: with one, the door neither opens nor closes."""
    leaves = [
        sensing_of(turn.state, each.id)
        for each in turn.settings.sensors
        if each.id != sensor.id and each.door == sensor.door and each.kind is sensor.kind is SensorKind.CONTACT
    ]
    return [leaf for leaf in leaves if leaf.active]


def opened_by_us(turn: Turn, sensor: SensorSettings, sensing: Sensing) -> bool:
    """Whether our opening explains the open leaf: the door is open now, or was until a moment ago."""
    return any(door == sensor.door for door, _ in turn.doors.pulses) or turn.now < sensing.ours_until


def relay_at_rest(turn: Turn, door: DoorId) -> None:
    """The door's relay is at rest again; its leaf may still open for a moment, and stay open as after any opening."""
    for sensor in turn.settings.sensors:
        if sensor.door == door:
            sensing = sensing_of(turn.state, sensor.id)
            until = sensing.until and min(sensing.until, turn.now + sensor.open_s)  # a hold may end early
            SENSINGS.put(turn, (sensor.id, replace(sensing, ours_until=turn.now + GRACE_S, until=until)))


def stays_open(turn: Turn, sensor: SensorSettings, sensing: Sensing) -> None:
    """The leaf has been open for too long; while the door is held open, it may be, and after a reload for ever."""
    door = sensor.door
    held = [pulse.until for name, pulse in turn.doors.pulses if name == door and pulse.held and pulse.energised]
    if door is None or sensor.kind is not SensorKind.CONTACT or not sensor.open_s:
        SENSINGS.put(turn, (sensor.id, replace(sensing, until=None)))
    elif held:
        SENSINGS.put(turn, (sensor.id, replace(sensing, until=max(held[0], turn.now) + sensor.open_s)))
    else:
        SENSINGS.put(turn, (sensor.id, replace(sensing, until=None, alarm="held_open")))
        turn.emit(events.DoorHeldOpen(door, seconds=round(turn.now - sensing.since, 3)))


# -- tamper ----------------------------------------------------------------------------------------------------------


def tampered(turn: Turn, sensor: SensorSettings, *, active: bool) -> None:
    """Tampering began or ended: from then on, nothing opens for a while."""
    known = any(block.sensor == sensor.id for block in turn.doors.blocks)
    if sensor.block_s and (active or known):
        BLOCKS.put(turn, TamperBlock(sensor.id, turn.now + sensor.block_s))
        if active:
            turn.emit(events.SensorBlocked(sensor.id, seconds=sensor.block_s))


def blocking(state: State) -> TamperBlock | None:
    """The block that lasts longest."""
    return max(state.doors.blocks, key=lambda block: block.until, default=None)


def unblock(turn: Turn, block: TamperBlock) -> None:
    """A block's time has passed; while the tamper contact is still active, or flaps, another begins."""
    sensor, sensing = turn.settings.sensor(block.sensor), sensing_of(turn.state, block.sensor)
    blocks = sensor is not None and sensor.kind is SensorKind.TAMPER and sensor.block_s
    if sensor is not None and blocks and (sensing.active or sensing.flaps):
        BLOCKS.put(turn, TamperBlock(sensor.id, turn.now + sensor.block_s))
        return
    BLOCKS.drop(turn, block.sensor)
    turn.emit(events.SensorUnblocked(block.sensor, by=""))


def clear(turn: Turn, wanted: SensorId, by: str) -> str:
    """End a sensor's block for a client, until the sensor is active again. Returns a warning without a block."""
    if turn.settings.sensor(wanted) is None:
        names = ", ".join(sensor.id for sensor in turn.settings.sensors) or "none"
        raise IntercomError(ErrorCode.SENSOR_NOT_FOUND, f"There is no sensor {wanted}.", f"The panel has: {names}.")
    if not any(block.sensor == wanted for block in turn.doors.blocks):
        return f"Sensor {wanted} does not block any door."
    BLOCKS.drop(turn, wanted)
    turn.emit(events.SensorUnblocked(wanted, by=by))
    return ""


def blocked_error(state: State, door: DoorId, block: TamperBlock) -> IntercomError:
    """The error for a door that a block keeps locked."""
    left = max(1, round(block.until - state.now))
    return IntercomError(
        ErrorCode.DOOR_BLOCKED,
        f"Door {door} stays locked for {left} s.",
        f"Sensor {block.sensor} reported tampering.",
        f"Check the panel, then: intercomctl clear {block.sensor}",
    )


def sensing_of(state: State, sensor: SensorId) -> Sensing:
    """The sensor's state; UNKNOWN before its first reading."""
    return dict(state.doors.sensors).get(sensor, UNKNOWN)
