"""Doors."""

from typing import Literal

from pydantic import Field

from appliance.api.models.base import AnswerBody, Name, OrderBody, Time
from appliance.core.model import DoorState, OpenedBy, Strike


class Open(OrderBody):
    """Options of an opening."""

    seconds: float | None = Field(
        default=None, gt=0, le=60, allow_inf_nan=False, description="Length of the pulse; null: the configured one."
    )


class HoldOpen(OrderBody):
    """Options of a hold."""

    seconds: float | None = Field(
        default=None,
        gt=0,
        le=43_200,
        allow_inf_nan=False,
        description="Duration of the hold; null: the longest one allowed.",
    )


class LastOpening(AnswerBody):
    """The last opening of a door."""

    time: Time | None = Field(description="When it began; null: before the station knew the time.")
    by: str = Field(description="Person or part that opened the door.")
    means: OpenedBy = Field(description="Means by which it was opened.")
    held: bool = Field(description="Whether the door was held open.")


class Door(AnswerBody):
    """A door and its relay."""

    id: str
    name: Name
    state: DoorState
    unlocked: bool = Field(description="Whether the relay is energised.")
    until: Time | None = Field(description="End of the pulse or hold.")
    by: str | None = Field(description="Person or part that opened it.")
    means: OpenedBy | None = Field(description="Means by which it was opened.")
    last_opening: LastOpening | None = Field(
        description="Last opening, also before a restart; null: the station knows of none."
    )
    contact: Literal["open", "closed", "unknown"] | None = Field(
        description="State of its leaf; null: the door has no contact."
    )
    alarm: Literal["forced", "held_open"] | None = Field(description="Alarm of the contact, until the leaf is closed.")
    strike: Strike
    pulse_s: float = Field(description="Length of one pulse.")
    max_s: float = Field(description="Longest time that consecutive pulses may last.")
    max_hold_s: float = Field(description="Longest hold; 0: the door cannot be held open.")
    available: bool = Field(description="Whether the relay can be operated now.")


class Doors(AnswerBody):
    """All doors."""

    doors: list[Door]
