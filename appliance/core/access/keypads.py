"""Keypads: an event reports each key press, but not which key, for it may belong to a code.

The digits of one entry end as in a call (see `dtmf`): a code opens a door of the keypad's, and a flat's number that #
closes rings there. * begins a new entry.
"""

from appliance.base.errors import IntercomError
from appliance.core import events
from appliance.core.access import codes, credentials, lockouts
from appliance.core.appliance import error_events
from appliance.core.doors import outcomes
from appliance.core.model import (
    Attempt,
    CredentialKind,
    Denial,
    Entry,
    KeypadEntry,
    KeypadId,
    KeypadSettings,
    LockoutScope,
    OpenedBy,
)
from appliance.core.tables import Table
from appliance.core.transition import Turn
from appliance.core.visitor_ring import press

TOGETHER_S = 5.0
NOBODY = "there is no such flat"
ENTRIES = Table("access.entries", KeypadEntry, lambda row: row.keypad)


def pressed(turn: Turn, wanted: KeypadId, key: str) -> None:
    """Process a key of a keypad."""
    keypad = turn.settings.keypad(wanted)
    if keypad is None:
        return
    turn.emit(events.KeypadDigit(keypad.id, digit=None, masked=True, at=turn.now))
    run = ENTRIES.get(turn.state, keypad.id)
    typed = "" if run is None else run.typed
    if key in {"*", "#"}:
        entry_ended(turn, keypad, typed, closed=key == "#")
        return
    typed += key
    book = turn.access.book
    whole = len(typed) == credentials.longest(book) and codes.is_code(book, typed)
    if whole or len(typed) >= credentials.LONGEST:
        entry_ended(turn, keypad, typed, closed=False)
    else:
        ENTRIES.put(turn, KeypadEntry(keypad.id, typed, turn.now + TOGETHER_S))


def entry_ended(turn: Turn, keypad: KeypadSettings, typed: str, *, closed: bool) -> None:
    """The entry ended: a code, a flat's number if # closed it, or wrong."""
    ENTRIES.drop(turn, keypad.id)
    entry = turn.settings.entry(typed) if closed else None
    if entry is not None and not codes.is_code(turn.access.book, typed):
        ring(turn, entry, f"keypad {keypad.id}")
    elif len(typed) >= credentials.SHORTEST:
        why = codes.shown(turn, attempt_at(keypad), CredentialKind.CODE, typed)
        left = lockouts.left_s(turn, attempt_at(keypad), everybody=False)
        if why == Denial.WRONG and left:
            turn.emit(events.KeypadLockedOut(keypad.id, seconds=round(left, 3)))
    elif typed and closed:
        outcomes.refused(turn, attempt_at(keypad), NOBODY)


def attempt_at(keypad: KeypadSettings) -> Attempt:
    """Build the attempt of somebody at this keypad."""
    return Attempt(f"keypad {keypad.id}", OpenedBy.KEYPAD, keypad.doors, LockoutScope.KEYPAD, keypad.id)


def ring(turn: Turn, entry: Entry, who: str) -> None:
    """Ring at the flat; an event and the panel report an error."""
    try:
        press.ring(turn, press.bell(entry, who))
    except IntercomError as err:
        error_events.emit(turn, err, f"{who}: ring {entry.flat}")
        turn.show_error()


def due(turn: Turn) -> None:
    """End entries after a pause."""
    for run in turn.access.entries:
        keypad = turn.settings.keypad(run.keypad)
        if keypad is None:
            ENTRIES.drop(turn, run.keypad)
        elif turn.now >= run.until:
            entry_ended(turn, keypad, run.typed, closed=False)
