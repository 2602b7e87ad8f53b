"""The one outcome of a code or card at the panel: accepted once its door opens, or refused, by event, lamp and tone.

A caller has the door's own events; nobody stands before a lamp there.
"""

from appliance.core import events
from appliance.core.model import Attempt, KeypadId, LockoutScope
from appliance.core.transition import Turn


def opened(turn: Turn, attempt: Attempt) -> None:
    """Report that a door opens by what was shown."""
    if attempt.scope is LockoutScope.KEYPAD and attempt.code is not None:
        turn.emit(events.KeypadAccepted(KeypadId(attempt.who), code=attempt.code, owner=attempt.owner))


def refused(turn: Turn, attempt: Attempt, why: str) -> None:
    """Report that nothing opens; lamp and tone say no more than that."""
    if attempt.scope is LockoutScope.KEYPAD:
        turn.emit(events.KeypadRefused(KeypadId(attempt.who), why=why))
        turn.show_error()
    elif attempt.scope is LockoutScope.READER and attempt.doors:  # without doors, clients say what becomes of the card
        turn.show_error()
