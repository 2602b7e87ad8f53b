"""Orders whose outcome comes later, for /v1/operations/{id}.

An order is a task here until its outcome is known. All is in memory: after a restart there are no operations, only the
events of the journal.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime

from appliance.api.http.times import utc
from appliance.base import ids
from appliance.base.errors import ErrorCode, IntercomError, problem
from appliance.base.types import Json

KEPT = 200  # those that run and those that are over, about 1 kB each


@dataclass(slots=True)
class Outcome:
    """What came of an order: an event reported it, or it is the answer of the order itself."""

    event: Json | None = None
    result: Json | None = None
    error: IntercomError | None = None


@dataclass(slots=True)
class Operation:
    """An order that was accepted; `outcome` None: it runs. order: its operationId in the OpenAPI description."""

    id: str
    order: str
    call: str | None
    started: str
    ended: str | None = None
    outcome: Outcome | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def path(self) -> str:
        """Where clients read it."""
        return f"/v1/operations/{self.id}"

    def view(self) -> Json:
        """Shaped as `models.Operation`."""
        known = self.outcome or Outcome()
        state = "failed" if known.error is not None else "succeeded"
        return {
            "id": self.id,
            "order": self.order,
            "call": self.call,
            "state": "running" if self.outcome is None else state,
            "started": self.started,
            "ended": self.ended,
            "event": known.event,
            "result": known.result,
            "error": None if known.error is None else {**problem(known.error), "instance": self.path},
        }


class Operations:
    """The newest operations of all listeners."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Operation, asyncio.Task[None]]] = OrderedDict()

    def find(self, wanted: str) -> Operation:
        """The operation with that id. Raises operation-not-found."""
        known = self._known.get(wanted)
        if known is None:
            raise IntercomError(
                ErrorCode.OPERATION_NOT_FOUND,
                f"There is no operation {wanted}.",
                f"The newest {KEPT} since the start of the daemon are kept.",
                "GET /v1/events?since= has the events.",
            )
        return known[0]

    def begin(self, order: str, call: str | None, work: Coroutine[None, None, Outcome]) -> Operation:
        """A new operation, whose outcome `work` finds. The oldest one is given up if there are too many."""
        made = Operation(ids.new("o"), order, call, utc(datetime.now(UTC)))
        self._known[made.id] = made, asyncio.create_task(_run(made, work), name=made.id)
        if len(self._known) > KEPT:
            _, (_, task) = self._known.popitem(last=False)
            task.cancel()
        return made

    async def close(self) -> None:
        """Give up all that run."""
        tasks = [task for _, task in self._known.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(operation: Operation, work: Coroutine[None, None, Outcome]) -> None:
    try:
        operation.outcome = await work
    except IntercomError as err:
        operation.outcome = Outcome(error=err)
    finally:
        operation.ended = utc(datetime.now(UTC))
        operation.over.set()
