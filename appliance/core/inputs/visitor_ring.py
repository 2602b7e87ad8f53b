"""Presses and rings by clients."""

from appliance.base.record import Record
from appliance.core.model import ButtonId


class PressButton(Record):
    """Press a button for `seconds`, and release it, as a finger would."""

    button: ButtonId
    seconds: float = 0.0


class RingFlat(Record):
    """Ring at a flat of the directory, as a visitor does."""

    flat: str
