"""Orders whose outcome comes later, for /v1/operations/{id}.

An order is a task here until its outcome is known. All is in memory: after a restart there are no operations, only the
events of the journal.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from appliance.api.http import problems
from appliance.api.http.times import utc
from appliance.base import ids
from appliance.base.errors import ErrorCode, IntercomError, problem
from appliance.base.types import Json

log = logging.getLogger(__name__)

KEPT = 200  # running and finished ones, about 1 kB each
RUNNING = 128  # at once: each follows the events
RUNNING_OF_ONE = 96  # with one token, or over the Unix socket


@dataclass(slots=True)
class Outcome:
    """The outcome of an order: the event that reports it, or the result that the order gives itself."""

    event: Json | None = None
    result: Json | None = None
    error: IntercomError | None = None


@dataclass(slots=True)
class Operation:
    """An accepted order of the client `who`. order: its operationId in OpenAPI; outcome: None while it runs."""

    id: str
    who: str
    order: str
    call: str | None
    started: str
    ended: str | None = None
    outcome: Outcome | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def path(self) -> str:
        """The path at which clients read the operation."""
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
    """The running operations, and the newest ended operations, of all listeners."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Operation, asyncio.Task[Outcome]]] = OrderedDict()

    def find(self, wanted: str, who: str, *, any_client: bool) -> Operation:
        """The operation with that id, if `who` has begun it or `any_client` counts. Raises operation-not-found."""
        known, _ = self._known.get(wanted, (None, None))
        if known is None or (known.who != who and not any_client):
            raise IntercomError(
                ErrorCode.OPERATION_NOT_FOUND,
                f"There is no operation {wanted}.",
                f"The newest {KEPT} since the start of the daemon are kept, and a client can read its own only.",
                "GET /v1/events?since= has the events.",
            )
        return known

    def check_room(self, who: str) -> None:
        """Raises rate-limited if `who` may begin no further operation until another one has ended."""
        running = Counter(operation.who for operation, _ in self._known.values() if not operation.over.is_set())
        if running.total() >= RUNNING or running[who] >= RUNNING_OF_ONE:
            raise IntercomError(
                ErrorCode.RATE_LIMITED,
                "Too many orders wait for their outcome.",
                f"{running.total()} orders wait, {running[who]} of them from this client; the limits are {RUNNING} and "
                f"{RUNNING_OF_ONE}.",
                "Try again when one of them has ended.",
            )

    def begin(self, who: str, order: str, call: str | None, work: Coroutine[None, None, Outcome]) -> Operation:
        """Start an operation; `work` waits for its outcome. Call `check_room` before the order is given."""
        made = Operation(ids.new("o"), who, order, call, utc(datetime.now(UTC)))
        task = asyncio.create_task(work, name=made.id)
        task.add_done_callback(partial(_end, made))
        self._known[made.id] = made, task
        if len(self._known) > KEPT:
            self._forget_one()
        return made

    def _forget_one(self) -> None:
        """Forget the oldest ended operation of the client that has the most of them."""
        ended = [operation for operation, _ in self._known.values() if operation.over.is_set()]
        of = Counter(operation.who for operation in ended)
        if ended:
            del self._known[max(ended, key=lambda operation: of[operation.who]).id]  # max gives the first, the oldest

    async def close(self) -> None:
        """Stop waiting for the outcomes."""
        tasks = [task for _, task in self._known.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end(operation: Operation, task: asyncio.Task[Outcome]) -> None:
    """Store the outcome of an operation's task: its result or its error. A cancelled task has no outcome."""
    if not task.cancelled():
        match task.exception():
            case None:
                operation.outcome = task.result()
            case IntercomError() as err:
                operation.outcome = Outcome(error=err)
            case err:
                log.error("The order %s failed.", operation.order, exc_info=err)
                operation.outcome = Outcome(error=problems.fault())
    operation.ended = utc(datetime.now(UTC))
    operation.over.set()
