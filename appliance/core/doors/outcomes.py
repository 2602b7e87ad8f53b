"""The one outcome of a code or card at the panel: accepted once its door opens, or refused, by event, lamp and tone.

A caller is informed by the door's own events, since callers do not see the panel's lamps.
"""

from appliance.core import events
from appliance.core.model import Attempt, KeypadId, LockoutScope
from appliance.core.transition import Turn


def opened(turn: Turn, attempt: Attempt) -> None:
    """Report that a door opens by this code or card."""
    if attempt.scope is LockoutScope.KEYPAD and attempt.code is not None:
        turn.emit(events.KeypadAccepted(KeypadId(attempt.who), code=attempt.code, owner=attempt.owner))


def refused(turn: Turn, attempt: Attempt, why: str) -> None:
    """Report that nothing opens; lamp and tone do not say why."""
    if attempt.scope is LockoutScope.KEYPAD:
        turn.emit(events.KeypadRefused(KeypadId(attempt.who), why=why))
        turn.show_error()
    elif attempt.scope is LockoutScope.READER and attempt.doors:  # without doors, clients decide about the card
        turn.show_error()
