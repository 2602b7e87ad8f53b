"""The space for recordings, and a visitor's message, as clients read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import Space


class Storage(Record):
    """The space for recordings. Looked at every 2 s, as others use the disc too; new once 1 MB more or less is free."""

    state: Annotated[Space, Meta(description="low: no recording begins; full: those that run stop.")]
    free_bytes: int
    needed_bytes: Annotated[int, Meta(description="Kept free for the system (`recording.free_mb`).")]
    recordings_bytes: Annotated[int, Meta(description="Size of all finished recordings.")]


class VisitorMessage(Record):
    """A message of a visitor whom nobody answered."""

    id: Annotated[str, Meta(description="Id of its recording.")]
    rung: Annotated[str, Meta(description="The target or plan that nobody answered.")]
    begun: Annotated[bool, Meta(description="Whether it is being recorded; before that the visitor is asked for it.")]
