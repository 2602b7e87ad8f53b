"""Conferences."""

from typing import Annotated

from msgspec import Meta

from appliance.api.models.base import AnswerBody, Done, OrderBody
from appliance.api.models.calls import Join
from appliance.core.views.conferences import Conference, Participant


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


class Participants(AnswerBody):
    """All calls in a conference, including calls that are joining or leaving."""

    participants: list[Participant]


class Conferences(AnswerBody):
    """All current conferences: one, or none."""

    conferences: list[Conference]


class ConferenceDone(Done):
    """The request about a conference was carried out."""

    id: str
    conference: Annotated[Conference | None, Meta(description="State of the conference, also of one that has ended.")]
