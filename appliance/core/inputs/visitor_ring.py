"""Presses and rings by clients."""

from dataclasses import dataclass

from appliance.core.model import ButtonId


@dataclass(frozen=True, slots=True)
class PressButton:
    """Press a button for `seconds`, and release it, as a finger would."""

    button: ButtonId
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RingFlat:
    """Ring at a flat of the directory, as a visitor does."""

    flat: str
