"""The conference as clients and events have it."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import ConferenceState, Hold, Joining, ParticipantState
from appliance.core.views.base import Time


class Participant(Record):
    """A call in a conference."""

    call: Annotated[str, Meta(description="Id of the call.")]
    joining: Joining
    state: ParticipantState
    muted: Annotated[bool, Meta(description="Whether the other participants and the panel do not hear this one.")]
    hold: Annotated[Hold, Meta(description="Held by which side; a held participant neither hears nor is heard.")]
    name: Annotated[str, Meta(description="Name of the far end, for display.")]


class Conference(Record):
    """Calls that hear each other and the panel."""

    id: str
    state: ConferenceState
    held: Annotated[bool, Meta(description="Whether the panel has left it; the others keep talking.")]
    muted: Annotated[bool, Meta(description="Whether no participant hears the microphone.")]
    recorded: Annotated[
        bool, Meta(description="Whether a client has each of its calls recorded, also those that join later.")
    ]
    created: Time
    connected_since: Annotated[Time | None, Meta(description="Time at which the first participant joined.")]
    ended: Annotated[Time | None, Meta(description="Null while it lasts. It can be read for 10 minutes after its end.")]
    duration_s: Annotated[float, Meta(description="Seconds since the first participant joined, until its end.")]
    participants: Annotated[tuple[Participant, ...], Meta(description="After its end, all who were in it or invited.")]
    summary: Annotated[str, Meta(description="Summary for display.")]
