"""Keypads: a key that goes down is told, though not which, for it may belong to a code."""

from appliance.core import events
from appliance.core.model import KeypadId
from appliance.core.turn import Turn


def pressed(turn: Turn, keypad: KeypadId, key: str) -> None:  # noqa: ARG001 - told to nobody
    """Take a key of a keypad in."""
    if turn.settings.keypad(keypad) is not None:
        turn.tell(events.KeypadDigit(keypad, digit=None, masked=True, at=turn.now))
