"""Doors as clients read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import DoorState, OpenedBy, Strike
from appliance.core.model.doors import LeafAlarm, LeafState
from appliance.core.views.base import Name, Time


class LastOpening(Record):
    """The last opening of a door."""

    time: Annotated[Time | None, Meta(description="When it began; null: before the station knew the time.")]
    by: Annotated[str, Meta(description="Person or part that opened the door.")]
    means: Annotated[OpenedBy, Meta(description="Means by which it was opened.")]
    held: Annotated[bool, Meta(description="Whether the door was held open.")]


class Door(Record):
    """A door and its relay."""

    id: str
    name: Name
    state: DoorState
    unlocked: Annotated[bool, Meta(description="Whether the relay is energised.")]
    until: Annotated[Time | None, Meta(description="End of the pulse or hold.")]
    by: Annotated[str | None, Meta(description="Person or part that opened it.")]
    means: Annotated[OpenedBy | None, Meta(description="Means by which it was opened.")]
    last_opening: Annotated[
        LastOpening | None,
        Meta(description="Last opening, also before a restart; null: the station knows of none."),
    ]
    contact: Annotated[
        LeafState | None,
        Meta(description="State of its leaf; null: the door has no contact."),
    ]
    alarm: Annotated[LeafAlarm | None, Meta(description="Alarm of the contact, until the leaf is closed.")]
    strike: Strike
    pulse_s: Annotated[float, Meta(description="Length of one pulse.")]
    max_s: Annotated[float, Meta(description="Longest time that consecutive pulses may last.")]
    max_hold_s: Annotated[float, Meta(description="Longest hold; 0: the door cannot be held open.")]
    available: Annotated[bool, Meta(description="Whether the relay can be operated now.")]
