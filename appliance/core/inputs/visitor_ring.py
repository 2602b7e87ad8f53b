"""Presses and rings by clients."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action
from appliance.core.model import ButtonId


class PressButton(Action):
    """Press a button for `seconds`, then release it."""

    button: ButtonId
    seconds: Annotated[float, Meta(ge=0, le=60, description="Duration of the press.", examples=[0.5])] = 0.0


class RingFlat(Action):
    """Ring a flat of the directory, like a visitor who types its number."""

    flat: str
