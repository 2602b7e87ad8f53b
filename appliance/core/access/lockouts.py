"""Lockouts: after several wrong codes, none is accepted for a while from one far end, at one keypad or at one door.

Each further wrong code doubles the time. A right code clears the count of its source, but only halves the door's: the
guesser may be somebody else. A lockout that was active when the station stopped begins again, in full, at its start.
"""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.access.lockout_times import DOUBLINGS, FIRST_S, FORGOTTEN_S, LONGEST_S
from appliance.core.model import Attempt, DoorId, Lockout, LockoutScope
from appliance.core.orders import KeepLockouts
from appliance.core.transition import Turn

FREE = dict.fromkeys(LockoutScope, 5) | {LockoutScope.DOOR: 15}  # the last of so many wrong codes locks out


def left_s(turn: Turn, scope: LockoutScope, who: str) -> float:
    """Seconds that the lockout still lasts; 0 if there is none."""
    until = lockout_of(turn, scope, who).until
    return 0.0 if until is None else max(0.0, until - turn.now)


def not_locked_out(turn: Turn, attempt: Attempt) -> tuple[DoorId, ...]:
    """The attempt's doors that are not locked out."""
    return tuple(door for door in attempt.doors if not left_s(turn, LockoutScope.DOOR, door))


def count_wrong_code(turn: Turn, attempt: Attempt) -> None:
    """Count a wrong code, for its source and for each door that a right code could have opened."""
    count_failure(turn, attempt.scope, attempt.who, attempt)
    for door in not_locked_out(turn, attempt):
        count_failure(turn, LockoutScope.DOOR, door, attempt)
    save(turn)


def count_right_code(turn: Turn, attempt: Attempt) -> None:
    """Clear the count of a right code's source, and halve those of its doors."""
    before = turn.access.lockouts
    put_lockout(turn, replace(lockout_of(turn, attempt.scope, attempt.who), wrong=0, until=None))
    for door in attempt.doors:
        known = lockout_of(turn, LockoutScope.DOOR, door)
        put_lockout(turn, replace(known, wrong=known.wrong // 2))
    if turn.access.lockouts != before:
        save(turn)


def restore(turn: Turn, kept: tuple[tuple[LockoutScope, str, int, float], ...]) -> None:
    """Restore the lockouts that were stored when the station stopped."""
    for scope, who, count_, seconds in kept:
        until = turn.now + min(seconds, LONGEST_S) if seconds > 0 else None
        put_lockout(turn, Lockout(scope, who, count_, turn.now, until))


def count_failure(turn: Turn, scope: LockoutScope, who: str, attempt: Attempt) -> None:
    """Count one wrong code, and lock out if there were too many."""
    known = lockout_of(turn, scope, who)
    so_far = known.wrong if turn.now - known.last < FORGOTTEN_S else 0
    beyond = so_far + 1 - FREE[scope]
    until = None if beyond < 0 else turn.now + min(FIRST_S * 2 ** min(beyond, DOUBLINGS), LONGEST_S)
    put_lockout(turn, Lockout(scope, who, so_far + 1, turn.now, until))
    if until is not None:
        turn.emit(events.AccessLockedOut(who, attempt.source, scope, seconds=round(until - turn.now, 3)))


def lockout_of(turn: Turn, scope: LockoutScope, who: str) -> Lockout:
    """The lockout of this source or door; an empty one if there is none."""
    nothing = Lockout(scope, who, 0, turn.now)
    return next((each for each in turn.access.lockouts if (each.scope, each.who) == (scope, who)), nothing)


def put_lockout(turn: Turn, lockout: Lockout) -> None:
    """Store the lockout; one without wrong codes is removed."""
    others = [each for each in turn.access.lockouts if (each.scope, each.who) != (lockout.scope, lockout.who)]
    kept = [*others, lockout] if lockout.wrong else others
    turn.access = replace(turn.access, lockouts=tuple(sorted(kept, key=lambda each: (each.scope, each.who))))


def save(turn: Turn) -> None:
    """Have all lockouts stored, to outlast a restart. Not before the stored ones have been loaded with the book."""
    if turn.access.book is None:
        return
    turn.order(
        KeepLockouts(
            tuple(
                (each.scope, each.who, each.wrong, round(max(0.0, (each.until or 0.0) - turn.now), 3))
                for each in turn.access.lockouts
            )
        )
    )
