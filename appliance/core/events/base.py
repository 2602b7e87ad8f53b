"""The base class of all events."""

from typing import Annotated, ClassVar

from appliance.base.record import Record
from appliance.core.model import CallId

TargetId = Annotated[str, "the name of a table [target.NAME], or something else"]  # known by `names`, not by msgspec


class Event(Record):
    """The base; TYPE is the public name."""

    TYPE: ClassVar[str] = ""


class CallEvent(Event):
    """An event of one call."""

    call: CallId
