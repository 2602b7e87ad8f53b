"""Doors: one bounded pulse at a time, however often and by whatever means it is requested; a hold is a longer pulse.

The core decides a pulse and names it by the nanosecond of the decision; the guard energises the relay at most once for
each name and ends the pulse by its own clock. So nothing here must switch a relay off. A pulse lasts from its decision,
even if the daemon was busy and the press or code was processed late. Only a Tick ends a pulse by time: other inputs may
overtake the guard's answers.

A pulse that the guard has not taken yet is wanted until its own end: on a busy board the guard may take it after a
second, and the door is then open for the rest of the time. It is refused when the guard is lost, as a guard is that
leaves the relay's adapter without an answer, or at its end. So no door opens that was reported as refused.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.times import Times
from appliance.core import events, inputs
from appliance.core.doors import openings, outcomes, sensors
from appliance.core.model import Attempt, Denial, DoorId, DoorSettings, DoorState, OpenedBy, Pulse, State
from appliance.core.tables import Table
from appliance.core.transition import Turn

WARNING_S = 60.0  # before the end of a hold; in the middle of a short one
PULSES = Table("doors.pulses", tuple[DoorId, Pulse], lambda row: row[0], ordered=True)


def open_door(
    turn: Turn, door: DoorSettings, seconds: float | None, by: str, means: OpenedBy, attempt: Attempt | None = None
) -> str:
    """Begin or prolong a pulse; return a warning if that changes nothing.

    No chain of requests energises the relay for longer than the door's `max_s`: a running pulse is prolonged up to that
    limit from its beginning. attempt: the code or card behind it, whose outcome is reported once the guard answers.
    Raises IntercomError: `door-locked-down`, `door-blocked`, and without a guard `unavailable`.
    """
    until = turn.decided + (door.pulse_s if seconds is None else seconds)
    warning = energise(turn, door, Pulse(0, turn.decided, until, by, means))
    running = pulse_of(turn, door.id)
    if attempt is not None and running is not None:
        if running.confirmed:
            outcomes.opened(turn, attempt)
        else:
            PULSES.put(turn, (door.id, replace(running, attempts=(*running.attempts, attempt))))
    return warning


def hold_open(turn: Turn, door: DoorSettings, seconds: float | None, by: str) -> str:
    """Hold the door open, by default for `max_hold_s`, which is also the limit; in all else as `open_door`."""
    if door.max_hold_s <= 0 or not 0 < (door.max_hold_s if seconds is None else seconds) <= door.max_hold_s:
        never = "Its configuration allows no holds." if door.max_hold_s <= 0 else ""
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Door {door.id} cannot be held open{'' if seconds is None else f' for {seconds} s'}.",
            never or f"Its longest hold is {door.max_hold_s} s.",
            f"Set door.{door.id}.max_hold_s, if its strike allows that.",
        )
    until = turn.decided + (door.max_hold_s if seconds is None else seconds)
    return energise(turn, door, Pulse(0, turn.decided, until, by, OpenedBy.API, held=True))


def energise(turn: Turn, door: DoorSettings, wanted: Pulse) -> str:
    """Begin a pulse or hold, or replace the running one, whose beginning stays."""
    refuse(turn, door, wanted)
    running = pulse_of(turn, door.id)
    if running is not None:
        began = running.began if running.until > turn.decided else turn.decided
        wanted = replace(wanted, began=began, energised=running.energised, attempts=running.attempts)
    until = min(wanted.until, wanted.began + (door.max_hold_s if wanted.held else door.max_s))
    if running is not None and until <= running.until:
        return f"Door {door.id} is open already, for longer than this."
    pulse_id = max(int(turn.decided * 1e9), 0 if running is None else running.id + 1)
    PULSES.put(turn, (door.id, replace(wanted, id=pulse_id, until=until)))
    return ""


def refusal(turn: Turn, door: DoorSettings, means: OpenedBy) -> str:
    """Why the door cannot open now; "" if it can."""
    if door.id in turn.doors.locked_down:
        return Denial.LOCKED_DOWN
    if means is not OpenedBy.EXIT and (block := sensors.blocking(turn.state)) is not None:
        return f"{Denial.TAMPERED}: {block.sensor}"
    return "" if turn.doors.relay_ready else Denial.NO_GUARD


def refuse(turn: Turn, door: DoorSettings, wanted: Pulse) -> None:
    """If `refusal` has a reason, report it and raise IntercomError."""
    why = refusal(turn, door, wanted.means)
    if not why:
        return
    block = sensors.blocking(turn.state)
    if why == Denial.LOCKED_DOWN:
        error = locked_down(door.id)
    elif why != Denial.NO_GUARD and block is not None:
        error = sensors.blocked_error(turn.state, door.id, block)
    else:
        error = IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Door {door.id} cannot be opened now.",
            "The process that holds its relay is not running.",
            "It restarts by itself; see its log if this continues.",
        )
    turn.emit(events.DoorDenied(door.id, by=wanted.by, means=wanted.means, why=why))
    raise error


def locked_down(door: DoorId) -> IntercomError:
    """The error for a door that is locked down."""
    return IntercomError(
        ErrorCode.DOOR_LOCKED_DOWN,
        f"Door {door} cannot be opened.",
        "It is locked down.",
        f"Unlock it first: intercomctl door {door} unlock",
    )


def release(turn: Turn, door: DoorSettings) -> str:
    """End the door's hold; returns a warning if the door is not held open."""
    running = pulse_of(turn, door.id)
    if running is None or not running.held:
        return f"Door {door.id} is not held open."
    end(turn, door.id)
    return ""


def end(turn: Turn, door: DoorId) -> None:
    """Have the guard end the running pulse; the pulse is over once the guard has confirmed that."""
    running = pulse_of(turn, door)
    if running is not None:
        PULSES.put(turn, (door, replace(running, until=min(running.until, turn.decided), warned=True)))


def relay_changed(turn: Turn, given: inputs.RelayChanged) -> None:
    """The guard began or ended a pulse."""
    door, energised = given.door, given.energised
    pulse = pulse_of(turn, door)
    if pulse is None:
        return
    if pulse.id != given.pulse:  # about the earlier pulse, which this one should prolong: it crossed our order
        if pulse.energised and not energised:
            PULSES.put(turn, (door, replace(pulse, energised=False)))
            relay_at_rest(turn, door)
    elif not energised:
        pulse_ended(turn, door, pulse)
    elif not pulse.confirmed:
        PULSES.put(turn, (door, replace(pulse, confirmed=True, energised=True, attempts=())))
        seconds = round(max(0.0, pulse.until - turn.decided), 3)
        for attempt in pulse.attempts:
            outcomes.opened(turn, attempt)
        openings.note(turn, door, pulse)
        turn.emit(events.DoorUnlocked(door, by=pulse.by, means=pulse.means, seconds=seconds, held=pulse.held))


def guard_lost(turn: Turn) -> None:
    """The guard is gone: pulses that it had not confirmed are void; only the guard knows the end of the others."""
    turn.doors = replace(turn.doors, relay_ready=False)
    for door, pulse in turn.doors.pulses:
        if not pulse.confirmed:
            pulse_ended(turn, door, pulse)


def guard_ready(turn: Turn) -> None:
    """A new guard holds every relay at rest, so all pulses have ended."""
    turn.doors = replace(turn.doors, relay_ready=True)
    for door, pulse in turn.doors.pulses:
        pulse_ended(turn, door, pulse)


def due(turn: Turn) -> None:
    """Warn of holds that end soon; end pulses that the guard did not confirm, or whose end it did not report."""
    times = turn.settings.times
    for door, pulse in turn.doors.pulses:
        if turn.now >= latest_end(pulse, times):
            pulse_ended(turn, door, pulse)
        elif turn.now >= wake(pulse, times):
            PULSES.put(turn, (door, replace(pulse, warned=True)))
            turn.emit(events.DoorHoldEnding(door, seconds=round(pulse.until - turn.now, 3)))


def wake(pulse: Pulse, times: Times) -> float:
    """The next time at which `due` must act on the pulse."""
    if pulse.held and pulse.confirmed and not pulse.warned:
        return pulse.until - min(WARNING_S, (pulse.until - pulse.began) / 2)
    return latest_end(pulse, times)


def latest_end(pulse: Pulse, times: Times) -> float:
    """When a pulse counts as ended though the guard did not report it, or as refused though it may come to take it."""
    end = pulse.until if pulse.confirmed else min(pulse.until, pulse.id / 1e9 + times.guard_takes_s)
    return end + times.guard_reports_s


def pulse_ended(turn: Turn, door: DoorId, pulse: Pulse) -> None:
    """End a pulse that is over or was never confirmed."""
    PULSES.drop(turn, door)
    if not pulse.confirmed:
        turn.emit(events.DoorDenied(door, by=pulse.by, means=pulse.means, why=Denial.NOT_TAKEN))
        for attempt in pulse.attempts:
            outcomes.refused(turn, attempt, Denial.NOT_TAKEN)
    if pulse.energised:
        relay_at_rest(turn, door)


def relay_at_rest(turn: Turn, door: DoorId) -> None:
    """The relay is at rest again."""
    turn.emit(events.DoorLocked(door))
    sensors.relay_at_rest(turn, door)


def condition(state: State, door: DoorId) -> DoorState:
    """The door's state now."""
    pulse = dict(state.doors.pulses).get(door)
    if pulse is not None and pulse.energised:
        return DoorState.HELD if pulse.held else DoorState.UNLOCKED
    return DoorState.LOCKED_DOWN if door in state.doors.locked_down else DoorState.LOCKED


def pulse_of(turn: Turn, door: DoorId) -> Pulse | None:
    """The door's running pulse."""
    return dict(turn.doors.pulses).get(door)
