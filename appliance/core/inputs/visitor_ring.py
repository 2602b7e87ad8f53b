"""Presses and rings by clients."""

from typing import Annotated

from msgspec import Meta

from appliance.core.inputs.base import Action
from appliance.core.model import ButtonId, RingId

TARGET = Annotated[str, Meta(min_length=1, max_length=64)]


class PressButton(Action):
    """Press a button for `seconds`, then release it."""

    button: ButtonId
    seconds: Annotated[float, Meta(ge=0, le=60, description="Duration of the press.", examples=[0.5])] = 0.0


class RingFlat(Action):
    """Ring a flat of the directory, like a visitor who types its number."""

    flat: str


class RouteRing(Action):
    """Ring these targets in place of the configured plan, while the ring waits for the answer of a webhook's receiver.

    Without targets the plan begins at once.
    """

    ring: RingId
    targets: Annotated[
        tuple[TARGET, ...],
        Meta(max_length=8, description="Names of targets, or `browsers`: they ring together.", examples=[["kitchen"]]),
    ] = ()
    seconds: (
        Annotated[float, Meta(ge=2, le=600, description="How long they ring. null: as long as a call may.")] | None
    ) = None


class EndRing(Action):
    """End a visitor's ring: its phones stop, and nobody else is rung."""

    ring: RingId
