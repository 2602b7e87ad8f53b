"""Persistent state: restored before the first input, and written whenever it changes.

The wanted content of the disc is part of `desired`, so a failed write is repeated when the disc works again. A client
that requested a change gets its reply when the change is on disc.
"""

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, faults, inputs
from appliance.core.doors import pulses
from appliance.core.model import PendingReply, PersistentState, State, WarningCode
from appliance.core.orders import Reply
from appliance.core.transition import Turn

PART = "kept"  # among what can fail


def to_be_saved(state: State) -> PersistentState:
    """The state that should be on disc."""
    return PersistentState(
        state.appliance.kept_change,
        locked_down=state.doors.locked_down,
        blocks=state.doors.blocks,
        changed=state.appliance.changed,
        configured=None if state.appliance.changed is None else state.settings.runtime,
        contacts=state.accounts.kept,
        rules=state.rules.made,
    )


def started(turn: Turn, given: inputs.Started) -> None:
    """Restore the persistent state, and report the start."""
    restore(turn, given.kept, given.kept_fault)
    turn.emit(events.ApplianceStarted(station=turn.settings.station, version=given.version))


def restore(turn: Turn, found: PersistentState, fault: str) -> None:
    """Start with the state from disc. An unreadable file may have held a lockdown, so all doors are locked down."""
    if fault:
        found = PersistentState(found.change + 1, locked_down=tuple(sorted(door.id for door in turn.settings.doors)))
    turn.state = replace(
        turn.state,
        appliance=replace(
            turn.appliance,
            kept_change=found.change,
            changed=found.changed if found.configured == turn.settings.runtime else None,
            on_disc=None if fault else found,
        ),
        doors=replace(turn.doors, locked_down=found.locked_down, blocks=found.blocks),
        accounts=replace(turn.accounts, kept=found.contacts),
        rules=replace(turn.rules, made=found.rules),
    )
    for door in found.locked_down:
        pulses.end(turn, door)
    if fault:
        text = f"The saved state cannot be read, so every door is locked down: {fault}"
        turn.emit(
            events.WarningReported(WarningCode.KEPT_STATE_DAMAGED, f"{text} Unlock them: intercomctl door ID unlock.")
        )
        for door in found.locked_down:
            turn.emit(events.DoorLockedDown(door, by="a damaged file"))


def written(turn: Turn, given: inputs.KeptWritten) -> None:
    """This state is on disc, whatever has changed meanwhile."""
    faults.recovered(turn, PART)
    turn.appliance = replace(turn.appliance, on_disc=given.kept)


def settle(turn: Turn, before: State) -> None:
    """Number this step's change, so that no older write is taken for it; reply to clients whose change is on disc."""
    after = turn.state
    same = after.appliance is before.appliance and after.doors is before.doors and after.settings is before.settings
    if same and after.accounts.kept is before.accounts.kept and after.rules.made is before.rules.made:
        return
    change = before.appliance.kept_change + 1
    if to_be_saved(turn.state) != to_be_saved(before) and turn.appliance.kept_change == before.appliance.kept_change:
        turn.appliance = replace(turn.appliance, kept_change=change)
    if turn.appliance.pending_replies and turn.appliance.on_disc == to_be_saved(turn.state):
        for each in turn.appliance.pending_replies:
            turn.order(Reply(each.request, warning=each.warning))
        turn.appliance = replace(turn.appliance, pending_replies=())


def failed(turn: Turn, given: inputs.KeptFailed) -> None:
    """The write failed: the change would not outlast a restart, which every waiting client must know."""
    faults.failed(turn, PART, given.why, given.resolution)
    for each in turn.appliance.pending_replies:
        refuse(turn, each, given.why, given.resolution)
    turn.appliance = replace(turn.appliance, pending_replies=())


def due(turn: Turn) -> None:
    """Refuse requests whose write takes too long."""
    late = [each for each in turn.appliance.pending_replies if turn.now >= each.until]
    for each in late:
        refuse(
            turn,
            each,
            f"The disc took longer than {turn.settings.times.state_saved_s:g} s.",
            "Check the disc or SD card.",
        )
    if late:
        turn.appliance = replace(
            turn.appliance, pending_replies=tuple(each for each in turn.appliance.pending_replies if each not in late)
        )


def refuse(turn: Turn, each: PendingReply, why: str, resolution: str) -> None:
    """Reply that the change is active, but that a restart will lose it."""
    error = IntercomError(
        ErrorCode.UNAVAILABLE, "The change is active but could not be saved; a restart will lose it.", why, resolution
    )
    turn.order(Reply(each.request, error=error))
