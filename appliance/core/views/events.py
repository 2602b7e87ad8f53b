"""What events say of their call and of their conference."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from appliance.base.record import Record
from appliance.core.model import Codec, Direction, Joining


class CallOfEvent(Record):
    """The call of an event, as the event left it. What it does not have is absent."""

    direction: Direction
    from_: Annotated[str, Meta(description="Address of the caller.", examples=["sip:front@192.0.2.7"])] = field(
        name="from"
    )
    to: Annotated[str, Meta(description="Called address.", examples=["sip:kitchen@192.0.2.9"])]
    display_name: Annotated[str | UnsetType, Meta(description="The far end's own name.")] = UNSET
    target: Annotated[str | UnsetType, Meta(description="Id of the configured target that the far end is.")] = UNSET
    target_name: Annotated[str | UnsetType, Meta(description="That target's name for people.")] = UNSET
    codec: Annotated[Codec | UnsetType, Meta(description="Of the sound, once it is negotiated.")] = UNSET
    account: Annotated[str | UnsetType, Meta(description="Account that carries the call.")] = UNSET
    conference: Annotated[str | UnsetType, Meta(description="Id of its conference.")] = UNSET


class ConferenceMember(Record):
    """A far end in a conference, or invited to it."""

    call: Annotated[str, Meta(description="Id of its call.")]
    uri: Annotated[str, Meta(description="Its address.", examples=["sip:kitchen@192.0.2.9"])]
    name: Annotated[str, Meta(description="Its name, for display.")]
    joining: Joining


class ConferenceFacts(Record):
    """The conference of an event, as the event left it."""

    id: str
    participants: Annotated[
        tuple[ConferenceMember, ...], Meta(description="Who is in it; after its end, who ever was.")
    ]
    invitations: Annotated[
        tuple[ConferenceMember, ...], Meta(description="Who is being called; after its end, who never joined.")
    ]
    speaker: Annotated[bool, Meta(description="Whether the panel hears the participants.")]
