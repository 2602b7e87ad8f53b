"""Presses and rings by clients."""

from appliance.base.record import Tagged
from appliance.core.model import ButtonId


class PressButton(Tagged):
    """Press a button for `seconds`, and release it, as a finger would."""

    button: ButtonId
    seconds: float = 0.0


class RingFlat(Tagged):
    """Ring at a flat of the directory, as a visitor does."""

    flat: str
