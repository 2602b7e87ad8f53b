"""Doors: one bounded pulse at a time, whoever asks and however often.

The core decides a pulse and names it by the nanosecond of the decision; the guard energises the relay at most once for
each name and ends the pulse by its own clock. So nothing here has to switch anything off.
"""

from dataclasses import replace

from appliance.core import events
from appliance.core.model import DoorId, DoorSettings, Means, Pulse
from appliance.core.turn import Turn
from appliance.errors import IntercomError

CONFIRM_S = 1.0  # the guard answers within a millisecond, or is not there


def open_door(turn: Turn, door: DoorSettings, seconds: float | None, by: str, means: Means) -> str:
    """Begin or prolong a pulse; gives a warning's text where it changes nothing.

    No chain of requests energises the relay for longer than the door's `max_s`: a pulse that runs is prolonged up to
    that bound from its beginning. Raises IntercomError `unavailable` without a guard.
    """
    now, running = turn.now, of(turn, door.id)
    if not turn.state.relay_ready:
        turn.tell(events.DoorDenied(door.id, by=by, means=means, why="the relay guard is not there"))
        raise IntercomError(
            "unavailable",
            f"Door {door.id} can not be opened now.",
            "The process that holds its relay is not there.",
            "It is started again by itself; see its log if this stays so.",
        )
    began = now if running is None else running.began
    until = min(now + (door.pulse_s if seconds is None else seconds), began + door.max_s)
    if running is not None and until <= running.until:
        return f"Door {door.id} is open already, and for longer."
    pulse_id = int(now * 1e9)
    if running is not None:
        pulse_id = max(pulse_id, running.id + 1)
    energised = running is not None and running.energised
    put(turn, door.id, Pulse(id=pulse_id, began=began, until=until, by=by, means=means, energised=energised))
    return ""


def relay_changed(turn: Turn, door: DoorId, *, energised: bool, pulse_id: int) -> None:
    """The guard took a pulse, or ended one."""
    pulse = of(turn, door)
    if pulse is None:
        return
    if pulse.id != pulse_id:  # told of the one before, which this one was to prolong: it crossed our order
        if pulse.energised and not energised:
            put(turn, door, replace(pulse, energised=False))
            turn.tell(events.DoorLocked(door))
    elif not energised:
        over(turn, door, pulse)
    elif not pulse.confirmed:
        put(turn, door, replace(pulse, confirmed=True, energised=True))
        seconds = round(pulse.until - turn.now, 3)
        turn.tell(events.DoorUnlocked(door, by=pulse.by, means=pulse.means, seconds=seconds))


def guard_lost(turn: Turn) -> None:
    """Pulses that the guard had not taken are void; of the others it alone knows the end."""
    for door, pulse in turn.state.pulses:
        if not pulse.confirmed:
            over(turn, door, pulse)


def guard_ready(turn: Turn) -> None:
    """A guard that has just come holds every relay at rest."""
    for door, pulse in turn.state.pulses:
        over(turn, door, pulse)


def due(turn: Turn) -> None:
    """Pulses that nobody confirmed, or whose end nobody told."""
    for door, pulse in turn.state.pulses:
        if turn.now >= wake(pulse):
            over(turn, door, pulse)


def wake(pulse: Pulse) -> float:
    """When `due` has something to do."""
    return (pulse.until if pulse.confirmed else pulse.id / 1e9) + CONFIRM_S


def over(turn: Turn, door: DoorId, pulse: Pulse) -> None:
    """The pulse is over, or came to nothing."""
    put(turn, door, None)
    if not pulse.confirmed:
        turn.tell(events.DoorDenied(door, by=pulse.by, means=pulse.means, why="the relay guard did not take it"))
    if pulse.energised:
        turn.tell(events.DoorLocked(door))


def of(turn: Turn, door: DoorId) -> Pulse | None:
    """The door's pulse now."""
    return next((pulse for name, pulse in turn.state.pulses if name == door), None)


def put(turn: Turn, door: DoorId, pulse: Pulse | None) -> None:
    """Store it, or forget it."""
    others = tuple(pair for pair in turn.state.pulses if pair[0] != door)
    turn.state = replace(turn.state, pulses=others if pulse is None else tuple(sorted((*others, (door, pulse)))))
