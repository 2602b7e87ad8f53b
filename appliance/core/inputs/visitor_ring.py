"""Presses and rings by clients."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Tagged
from appliance.core.model import ButtonId


class PressButton(Tagged):
    """Press a button for `seconds`, then release it."""

    button: ButtonId
    seconds: Annotated[float, Meta(ge=0, le=60, description="Duration of the press.", examples=[0.5])] = 0.0


class RingFlat(Tagged):
    """Ring a flat of the directory, like a visitor who types its number."""

    flat: str


RingRequest = PressButton | RingFlat
