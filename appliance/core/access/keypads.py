"""Keypads: an event reports each key press, but not which key, for it may belong to a code.

The digits of one entry end as in a call (see `dtmf`): a code opens a door of the keypad's, and a flat's number that #
closes rings there. * begins a new entry.

A keypad whose contacts chatter, as with water in it, is ignored until it has been at rest for a while. Otherwise its
wrong codes would sound the error tone without end, recordings would be silent as while a code is typed, and its events
would drive all others out of the journal.
"""

from appliance.base.errors import IntercomError
from appliance.core import events, faults
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
    KeyStrokes,
    LockoutScope,
    OpenedBy,
)
from appliance.core.tables import Table
from appliance.core.transition import Turn
from appliance.core.visitor_ring import press

TOGETHER_S = 5.0
MOST_KEYS = 300  # in a minute nobody types so many
QUIET_S = 10.0  # of a keypad that chattered, before its keys count again
NOBODY = "there is no such flat"
ENTRIES = Table("access.entries", KeypadEntry, lambda row: row.keypad)
STROKES = Table("access.strokes", KeyStrokes, lambda row: row.keypad)


def pressed(turn: Turn, wanted: KeypadId, key: str) -> None:
    """Process a key of a keypad."""
    keypad = turn.settings.keypad(wanted)
    if keypad is None or chatters(turn, keypad.id):
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


def chatters(turn: Turn, keypad: KeypadId) -> bool:
    """Count a key: whether the keypad is ignored, as it had more in a minute than anybody types and has not rested."""
    before = STROKES.get(turn.state, keypad) or KeyStrokes(keypad)
    often = before.often.again(turn.now)
    now = before.until is not None or often.count > MOST_KEYS
    STROKES.put(turn, KeyStrokes(keypad, often, turn.now + QUIET_S if now else None))
    if now and before.until is None:
        ENTRIES.drop(turn, keypad)
        why = f"It had more than {MOST_KEYS} keys in a minute, and is ignored until it rests for {QUIET_S:g} s."
        faults.failed(turn, f"keypad {keypad}", why, "Look for water and corrosion in its keys and along its cable.")
    return now


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
    """End entries after a pause, and the chatter of a keypad after its rest."""
    for strokes in turn.access.strokes:
        if strokes.until is not None and turn.now >= strokes.until:
            STROKES.drop(turn, strokes.keypad)
            faults.recovered(turn, f"keypad {strokes.keypad}")
    for run in turn.access.entries:
        keypad = turn.settings.keypad(run.keypad)
        if keypad is None:
            ENTRIES.drop(turn, run.keypad)
        elif turn.now >= run.until:
            entry_ended(turn, keypad, run.typed, closed=False)
