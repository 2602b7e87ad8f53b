"""Presses and flats that a client rings."""

from dataclasses import dataclass

from appliance.core.model import ButtonId


@dataclass(frozen=True, slots=True)
class PressButton:
    """Press and release a button: as the real one, for `seconds`."""

    button: ButtonId
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RingFlat:
    """Ring at a flat of the directory, as a visitor does."""

    flat: str
