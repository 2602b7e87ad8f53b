"""A visitor's ring."""

from appliance.core.events.base import Event, TargetId
from appliance.core.model import ButtonId, CallId, DoorId, OpenedBy, RingId, RingResult


class RingStarted(Event):
    """A visitor rings: calls follow, each with this id as its `ring`. `to`: the target or plan.

    answer_s: how long it waits first for what a receiver of webhooks decides; null: nobody is asked.
    """

    TYPE = "ring.started"
    ring: RingId
    button: ButtonId
    to: TargetId
    answer_s: float | None = None


class RingEnded(Event):
    """A visitor's ring is over. `call`, `target`: the answered call and its target.

    `door`, `by`, `means`: the door that was opened though nobody had answered, the person or part that opened it, and
    how. `by` is also the client that answered from its browser.
    """

    TYPE = "ring.ended"
    ring: RingId
    button: ButtonId
    result: RingResult
    call: CallId | None
    target: TargetId
    door: DoorId | None
    by: str
    means: OpenedBy | None
