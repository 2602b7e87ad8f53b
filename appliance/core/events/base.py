"""The base class of all events."""

from typing import Annotated, ClassVar

from appliance.base.record import Record
from appliance.core.model import CallId

TargetId = Annotated[str, "the name of a table [target.NAME], or something else"]  # known by `names`, not by msgspec


class Event(Record):
    """The base; TYPE is the public name."""

    TYPE: ClassVar[str] = ""


def fields(kind: type[Event]) -> tuple[str, ...]:
    """The names of an event's fields in its data: one that is a word of Python ends in _ here alone."""
    return tuple([name.rstrip("_") for name in kind.__struct_fields__])


class CallEvent(Event):
    """An event of one call."""

    call: CallId
