"""Keypads: an event reports each key press, but not which key, for it may belong to a code.

The digits of one entry end as in a call (see `dtmf`): a code opens a door of the keypad's, and a flat's number that #
closes rings there. * begins a new entry.
"""

from msgspec.structs import replace

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
from appliance.core.transition import Turn
from appliance.core.visitor_ring import press

TOGETHER_S = 5.0
NOBODY = "there is no such flat"


def pressed(turn: Turn, wanted: KeypadId, key: str) -> None:
    """Process a key of a keypad."""
    keypad = turn.settings.keypad(wanted)
    if keypad is None:
        return
    turn.emit(events.KeypadDigit(keypad.id, digit=None, masked=True, at=turn.now))
    typed = "".join(run.typed for run in turn.access.entries if run.keypad == keypad.id)
    if key in {"*", "#"}:
        entry_ended(turn, keypad, typed, closed=key == "#")
        return
    typed += key
    book = turn.access.book
    whole = len(typed) == credentials.longest(book) and codes.is_code(book, typed)
    if whole or len(typed) >= credentials.LONGEST:
        entry_ended(turn, keypad, typed, closed=False)
    else:
        put_entry(turn, keypad.id, KeypadEntry(keypad.id, typed, turn.now + TOGETHER_S))


def entry_ended(turn: Turn, keypad: KeypadSettings, typed: str, *, closed: bool) -> None:
    """The entry ended: a code, a flat's number if # closed it, or wrong."""
    put_entry(turn, keypad.id, None)
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
            put_entry(turn, run.keypad, None)
        elif turn.now >= run.until:
            entry_ended(turn, keypad, run.typed, closed=False)


def put_entry(turn: Turn, keypad: KeypadId, run: KeypadEntry | None) -> None:
    """Store the keypad's entry; None removes it."""
    others = tuple(each for each in turn.access.entries if each.keypad != keypad)
    turn.access = replace(turn.access, entries=others if run is None else (*others, run))
