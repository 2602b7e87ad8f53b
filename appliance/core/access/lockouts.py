"""Lockouts: after several wrong codes, none is accepted for a while from one far end, at one keypad or at one door.

Wrong codes of a source are counted for each door that may open from there, since each is a guess at all of them. Each
further wrong code doubles the time. A right code clears the count of its source for the doors that it opens, but only
halves those doors' own: the guesser may be somebody else. It does so once in some minutes, so that a right code between
the guesses gives no free ones. A lockout that was active when the station stopped begins again, in full, at its start.
"""

from msgspec.structs import replace

from appliance.core import events
from appliance.core.model import (
    LOCKOUT_CLEARS_AGAIN_S,
    LOCKOUT_DOUBLINGS,
    LOCKOUT_FIRST_S,
    LOCKOUT_FORGOTTEN_S,
    LOCKOUT_LONGEST_S,
    Attempt,
    DoorId,
    Lockout,
    LockoutScope,
)
from appliance.core.orders import KeepLockouts
from appliance.core.transition import Turn

FREE = dict.fromkeys(LockoutScope, 5) | {LockoutScope.DOOR: 15}  # the last of so many different wrong codes locks out
TRIED = 16  # wrong codes that are known again


def left_s(turn: Turn, attempt: Attempt, *, everybody: bool = True) -> float:
    """Return the seconds for which every code of this attempt is refused; 0 if a code may open one of its doors.

    everybody: the lockouts of the doors count, too, and not only the lockouts of the source.
    """
    scopes = {LockoutScope.DOOR, attempt.scope} if everybody else {attempt.scope}
    return min(
        max(remaining_s(turn, each) for each in counts(turn, attempt, door) if each.scope in scopes)
        for door in attempt.doors or ("",)
    )


def not_locked_out(turn: Turn, attempt: Attempt) -> tuple[DoorId, ...]:
    """The attempt's doors that are not locked out, neither for its source nor for everybody."""
    return tuple(door for door in attempt.doors if is_free(turn, attempt, door))


def is_free(turn: Turn, attempt: Attempt, door: str) -> bool:
    """Whether a code of this source may open the door."""
    return not any(remaining_s(turn, each) for each in counts(turn, attempt, door))


def counts(turn: Turn, attempt: Attempt, door: str) -> tuple[Lockout, ...]:
    """The two lockouts that count a wrong code: the lockout of its source for this door, and the door's own."""
    own = lockout_of(turn, attempt.scope, attempt.who, door)
    return (own, lockout_of(turn, LockoutScope.DOOR, door)) if door else (own,)


def remaining_s(turn: Turn, lockout: Lockout) -> float:
    """The remaining seconds of a lockout; 0 if it does not block now."""
    return 0.0 if lockout.until is None else max(0.0, lockout.until - turn.now)


def count_wrong_code(turn: Turn, attempt: Attempt, digest: str) -> None:
    """Count a wrong code, for its source and for each door that a right code could have opened.

    digest: of the code. A code that was tried before is no further guess: a card that stays at the reader, or a person
    who mistakes a code again and again, locks nobody out. "" is always counted.
    """
    counted = []
    for door in attempt.doors or ("",):
        if is_free(turn, attempt, door):
            for known in counts(turn, attempt, door):
                so_far = known if turn.now - known.last < LOCKOUT_FORGOTTEN_S else replace(known, wrong=0, tried=())
                if digest not in so_far.tried:
                    counted.append(with_failure(turn, so_far, digest))
                    put_lockout(turn, counted[-1])
    report(turn, attempt, [each for each in counted if each.until is not None])
    save(turn)


def with_failure(turn: Turn, known: Lockout, digest: str) -> Lockout:
    """The count with one more wrong code, and with a lockout if there were too many."""
    wrong = known.wrong + 1
    beyond = wrong - FREE[known.scope]
    until = (
        None if beyond < 0 else turn.now + min(LOCKOUT_FIRST_S * 2 ** min(beyond, LOCKOUT_DOUBLINGS), LOCKOUT_LONGEST_S)
    )
    tried = (*known.tried, digest)[-TRIED:] if digest else known.tried
    return replace(known, wrong=wrong, last=turn.now, until=until, tried=tried)


def report(turn: Turn, attempt: Attempt, begun: list[Lockout]) -> None:
    """Report the lockouts that begin with this wrong code: one of its source, and one for each door."""
    own = [each for each in begun if each.scope is attempt.scope]
    if own:
        emit(turn, attempt, own, tuple(DoorId(each.door) for each in own if each.door))
    for each in begun:
        if each.scope is LockoutScope.DOOR:
            emit(turn, attempt, [each], (DoorId(each.who),))


def emit(turn: Turn, attempt: Attempt, begun: list[Lockout], doors: tuple[DoorId, ...]) -> None:
    """Report lockouts of one source or door."""
    longest = max(begun, key=lambda each: remaining_s(turn, each))
    seconds = round(remaining_s(turn, longest), 3)
    turn.emit(events.AccessLockedOut(longest.who, attempt.source, longest.scope, seconds=seconds, doors=doors))


def count_right_code(turn: Turn, attempt: Attempt) -> None:
    """Clear the count of a right code's source for the doors that it opens, and halve the counts of these doors."""
    before = turn.access.lockouts
    for door in not_locked_out(turn, attempt):
        for known in counts(turn, attempt, door):
            if known.wrong and (known.clears_at is None or turn.now >= known.clears_at):
                wrong = known.wrong // 2 if known.scope is LockoutScope.DOOR else 0
                cleared = replace(known, wrong=wrong, until=None, clears_at=turn.now + LOCKOUT_CLEARS_AGAIN_S)
                put_lockout(turn, cleared if wrong else replace(cleared, tried=()))
    if turn.access.lockouts != before:
        save(turn)


def restore(turn: Turn, kept: tuple[tuple[LockoutScope, str, str, int, float], ...]) -> None:
    """Restore the lockouts that were stored when the station stopped."""
    for scope, who, door, wrong, seconds in kept:
        until = turn.now + min(seconds, LOCKOUT_LONGEST_S) if seconds > 0 else None
        put_lockout(turn, Lockout(scope, who, door, wrong, turn.now, until))


def lockout_of(turn: Turn, scope: LockoutScope, who: str, door: str = "") -> Lockout:
    """The lockout of this source for this door, or of the door itself; without a lockout, a new one at zero."""
    wanted = scope, who, door
    nothing = Lockout(scope, who, door, last=turn.now)
    return next((each for each in turn.access.lockouts if key(each) == wanted), nothing)


def put_lockout(turn: Turn, lockout: Lockout) -> None:
    """Store the lockout; those are removed that neither count wrong codes nor the time since a right one.

    Wrong codes that are forgotten count no more: far ends that never come again would be kept for years.
    """
    others = [each for each in turn.access.lockouts if key(each) != key(lockout)]
    kept = [each for each in (*others, lockout) if _counts(turn, each) or (each.clears_at or 0.0) > turn.now]
    turn.access = replace(turn.access, lockouts=tuple(sorted(kept, key=key)))


def _counts(turn: Turn, known: Lockout) -> bool:
    return known.wrong > 0 and (turn.now - known.last < LOCKOUT_FORGOTTEN_S or remaining_s(turn, known) > 0)


def key(lockout: Lockout) -> tuple[LockoutScope, str, str]:
    """The parts that identify a lockout."""
    return lockout.scope, lockout.who, lockout.door


def save(turn: Turn) -> None:
    """Have all lockouts stored, to outlast a restart. Not before the stored ones have been loaded with the book."""
    if turn.access.book is None:
        return
    turn.order(
        KeepLockouts(
            tuple(
                (*key(each), each.wrong, round(remaining_s(turn, each), 3))
                for each in turn.access.lockouts
                if each.wrong
            )
        )
    )
