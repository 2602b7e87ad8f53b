"""What all events have."""

from typing import ClassVar

from appliance.base.record import Record
from appliance.core.model import CallId


class Event(Record):
    """The base; TYPE is the public name."""

    TYPE: ClassVar[str] = ""


class CallEvent(Event):
    """An event of one call."""

    call: CallId
