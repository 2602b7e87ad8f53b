"""Conferences."""

from pydantic import Field

from appliance.api.models.base import AnswerBody, Done, OrderBody, Time
from appliance.api.models.calls import Join
from appliance.core.model import ConferenceState, Hold, Joining, ParticipantState


class Confer(OrderBody):
    """A conference to create."""

    participants: list[Join] = Field(min_length=1, max_length=6)


class ConferenceChange(OrderBody):
    """Changes of a conference."""

    held: bool | None = Field(
        default=None,
        description="true: the panel leaves, and the others keep talking; false: the panel returns, and the conference "
        "is in the foreground.",
    )
    muted: bool | None = Field(default=None, description="Whether no participant hears the microphone.")


class ParticipantChange(OrderBody):
    """Changes of a participant."""

    call: str = Field(max_length=64, description="Id of the participant's call.")
    muted: bool = Field(description="Whether the other participants and the panel do not hear this one.")


class Participant(AnswerBody):
    """A call in a conference."""

    call: str = Field(description="Id of the call.")
    joining: Joining
    state: ParticipantState
    muted: bool = Field(description="Whether the other participants and the panel do not hear this one.")
    hold: Hold = Field(description="Held by which side; a held participant neither hears nor is heard.")
    name: str = Field(description="Name of the far end, for display.")


class Participants(AnswerBody):
    """All calls in a conference, including calls that are joining or leaving."""

    participants: list[Participant]


class Conference(AnswerBody):
    """Calls that hear each other and the panel."""

    id: str
    state: ConferenceState
    held: bool = Field(description="Whether the panel has left it; the others keep talking.")
    muted: bool = Field(description="Whether no participant hears the microphone.")
    recorded: bool = Field(description="Whether a client has each of its calls recorded, also those that join later.")
    created: Time
    connected_since: Time | None = Field(description="Time at which the first participant joined.")
    ended: Time | None = Field(description="Null while it lasts. It can be read for 10 minutes after its end.")
    duration_s: float = Field(description="Seconds since the first participant joined, until its end.")
    participants: list[Participant] = Field(description="After its end, all who were in it or invited.")
    summary: str = Field(description="Summary for display.")


class ConferenceMember(AnswerBody):
    """A far end in a conference, or invited to it."""

    call: str = Field(description="Id of its call.")
    uri: str = Field(description="Its address.", examples=["sip:kitchen@192.0.2.9"])
    name: str = Field(description="Its name, for display.")
    joining: Joining


class ConferenceFacts(AnswerBody):
    """The conference of an event, as the event left it."""

    id: str
    participants: list[ConferenceMember] = Field(description="Who is in it; after its end, who ever was.")
    invitations: list[ConferenceMember] = Field(description="Who is being called; after its end, who never joined.")
    speaker: bool = Field(description="Whether the panel hears the participants.")


class Conferences(AnswerBody):
    """All current conferences: one, or none."""

    conferences: list[Conference]


class ConferenceDone(Done):
    """The request about a conference was carried out."""

    id: str
    conference: Conference | None = Field(description="State of the conference, also of one that has ended.")
