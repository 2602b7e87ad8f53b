"""What all events have."""

from dataclasses import dataclass
from typing import ClassVar

from appliance.core.model import CallId


@dataclass(frozen=True, slots=True)
class Event:
    """The base; TYPE is the public name."""

    TYPE: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class CallEvent(Event):
    """An event of one call."""

    call: CallId
