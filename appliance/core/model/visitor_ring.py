"""A visitor's ring: its plan, and how far it is."""

from enum import StrEnum

from appliance.base.record import Record
from appliance.core.model.clock import Deadline
from appliance.core.model.ids import ButtonId, CallId, RingId

BROWSERS = "browsers"  # in place of a target: the station's page, in each browser that shows it


class RingResult(StrEnum):
    """How a visitor's ring ended. OPENED: a door was opened for the visitor, though nobody had answered.

    CANCELED: by the visitor or a client, or because people talk here already.
    """

    ANSWERED = "answered"
    OPENED = "opened"
    UNANSWERED = "unanswered"
    CANCELED = "canceled"


class RingStep(Record):
    """Targets that ring at the same time; BROWSERS may be among them.

    `seconds`: the step's length; None: as long as a call may ring.
    """

    targets: tuple[str, ...]
    seconds: float | None = None


class Plan(Record):
    """The targets that a press rings: step by step until somebody answers, and the whole plan `cycles` times."""

    name: str
    steps: tuple[RingStep, ...]
    cycles: int = 1


class Entry(Record):
    """A flat of the directory: its number, its residents' name, and the plan that a visitor rings."""

    flat: str
    name: str
    plan: Plan


class VisitorRing(Record):
    """A visitor's ring, until somebody answers or the plan ends.

    step: of `plan`, None between two cycles. until: the end of that step or pause. cycle: 0 is the first. beside: the
    foreground call in which people talked when the visitor pressed.
    """

    id: RingId
    button: ButtonId
    plan: Plan
    began: float
    step: int | None = None
    cycle: int = 0
    until: Deadline | None = None
    beside: CallId | None = None
