"""A visitor's ring: the plan that a press rings, and how far it is."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.core.model.ids import ButtonId, RingId


class RingResult(StrEnum):
    """How a visitor's ring ended. Canceled: by the visitor, a client, or since people talk here already."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class RingStep:
    """Targets that are rung at the same time. `seconds`: None, as long as a call may ring."""

    targets: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a press rings: step after step until somebody answers, and all of them `cycles` times."""

    name: str
    steps: tuple[RingStep, ...]
    cycles: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A flat in the directory: its number, who lives there, and whom a visitor for it rings, one after another."""

    flat: str
    name: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Ring:
    """A visitor's ring, until somebody answers or nobody is left.

    step: of `plan`, None between two cycles. until: that step, or that pause, ends then. cycle: 0 the first.
    """

    id: RingId
    button: ButtonId
    plan: Plan
    began: float
    step: int | None = None
    cycle: int = 0
    until: float | None = None
