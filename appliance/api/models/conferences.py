"""Conferences."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody, Done, OrderBody, Time
from appliance.api.models.calls import Join
from appliance.core.model import ConferenceState, Hold, Joining, ParticipantState


class Confer(OrderBody):
    """A conference to create."""

    participants: Annotated[list[Join], Meta(min_length=1, max_length=6)]


class ConferenceChange(OrderBody):
    """Changes of a conference."""

    held: Annotated[
        bool | None,
        Meta(
            description="true: the panel leaves, and the others keep talking; false: the panel returns, and the "
            "conference is in the foreground."
        ),
    ] = None
    muted: Annotated[bool | None, Meta(description="Whether no participant hears the microphone.")] = None


class Participant(AnswerBody):
    """A call in a conference."""

    call: Annotated[str, Meta(description="Id of the call.")]
    joining: Joining
    state: ParticipantState
    muted: Annotated[bool, Meta(description="Whether the other participants and the panel do not hear this one.")]
    hold: Annotated[Hold, Meta(description="Held by which side; a held participant neither hears nor is heard.")]
    name: Annotated[str, Meta(description="Name of the far end, for display.")]


class Participants(AnswerBody):
    """All calls in a conference, including calls that are joining or leaving."""

    participants: list[Participant]


class Conference(AnswerBody):
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
    participants: Annotated[list[Participant], Meta(description="After its end, all who were in it or invited.")]
    summary: Annotated[str, Meta(description="Summary for display.")]


class ConferenceMember(AnswerBody):
    """A far end in a conference, or invited to it."""

    call: Annotated[str, Meta(description="Id of its call.")]
    uri: Annotated[str, Meta(description="Its address.", examples=["sip:kitchen@192.0.2.9"])]
    name: Annotated[str, Meta(description="Its name, for display.")]
    joining: Joining


class ConferenceFacts(AnswerBody):
    """The conference of an event, as the event left it."""

    id: str
    participants: Annotated[list[ConferenceMember], Meta(description="Who is in it; after its end, who ever was.")]
    invitations: Annotated[
        list[ConferenceMember], Meta(description="Who is being called; after its end, who never joined.")
    ]
    speaker: Annotated[bool, Meta(description="Whether the panel hears the participants.")]


class Conferences(AnswerBody):
    """All current conferences: one, or none."""

    conferences: list[Conference]


class ConferenceDone(Done):
    """The request about a conference was carried out."""

    id: str
    conference: Annotated[Conference | None, Meta(description="State of the conference, also of one that has ended.")]
