"""Run the core: one inbox, one state, one writer. Inputs come in; orders, events and the desired state go out.

docs/explanation/architecture.md shows the reactor between the core and the adapters. The text here says what it
promises to both, and why its outputs leave in this order.

Promises to adapters that post inputs:

- `post` works from any thread, and never waits. Adapters never touch the state: the loop's thread is its only writer.
- Inputs are processed one at a time, in the order of arrival. Each lane of the inbox is limited (see `inbox`); an input
  for a full lane is dropped and logged, and a call that is dropped gets 503, as its caller would wait for an answer.
- Inputs that are posted before `start` wait. `Started` is processed before them, so no rule sees a state without the
  lockdowns and blocks from disc.
- After 200 inputs the other tasks of the loop get their turn, so a flood cannot stop clients and timers.

Promises to adapters that act:

- An order is passed on at most once, and never repeated: an INVITE or a digit cannot be taken back.
- A part of the desired state is passed on when it differs from the part before. An adapter that restarts by itself
  repeats its last part or reads `desired`; it needs no history.
- The fault of one adapter is logged, and the other adapters go on.

Promises to the core:

- A programming error in the core costs one input, not the station: the state, orders and events of that step are
  dropped together. The log names the class of the input only, as its values may be the digits of a code.
- `wake_at` becomes the one timer. Its Tick carries the deadline as `edges`: the loop reads the lines before it runs
  timers, so every edge up to the deadline is in the inbox before the Tick.

Why the outputs of a step leave in this order:

1. Lamps: a visitor who presses a button sees the answer before anything waits for the network.
2. Orders for the SIP process, so that an INVITE leaves as early as possible.
3. Events: to the journal, the audit, the counts and the subscribers. They come before relays, so that the audit lists
   a refusal of one door before the opening of another door that the same input caused.
4. Relays and the persistent state. An opening is reported only once the guard confirms it.
5. The other orders, replies among them: a client that has its reply finds the step's events in the journal.
6. Sound, recordings and the status line. To change the sound may open a card, and no INVITE waits for that.

A client's request is an input, too (`request`). It ends with the core's reply, or with `unavailable` if none came in
time. In that case the request is still in the inbox or waits for the disc, and may take effect later.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from functools import cache
from typing import Any, Protocol

from msgspec import to_builtins
from msgspec.structs import replace

from appliance.base import ids, times
from appliance.base.errors import ErrorCode, IntercomError, survive
from appliance.base.printable import printable
from appliance.base.types import Json
from appliance.base.wall_time import enveloped
from appliance.core import desired_state, events, inputs, orders
from appliance.core.desired import Desired
from appliance.core.events.names import Names
from appliance.core.model import PersistentState, RequestId, Settings, State
from appliance.core.step import Step, step
from appliance.runtime.event_stream import Feed, Past
from appliance.runtime.inbox import Inbox
from appliance.runtime.subjects import Subjects

log = logging.getLogger(__name__)

AT_ONCE = 200  # inputs processed before other tasks of the loop get their turn
UNAVAILABLE = 503  # for a caller whose call finds no room in the inbox
TO_SIP = frozenset(orders.SipOrder.__args__)


class Journal(Past, Protocol):
    """Assigns ids to events and stores them."""

    def take(self) -> int:
        """A new id."""

    def append(self, envelope: Json) -> None:
        """Store an event."""


class Reactor:
    """Owns the state; lives on the loop's thread, except for `post`.

    `perform` maps each kind of order to the function that carries it out; `make_so` maps the fields of `Desired` to
    their adapters, called whenever the field has changed. Both are filled before `start`. `watch` sees each input with
    its results, None if the core failed on it.
    """

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self.state = State(settings, now=time.monotonic())
        self.desired = Desired()
        self.feed = Feed(journal)
        self.perform: dict[type[orders.Order], Callable[[Any], None]] = {orders.Reply: self._reply}
        self.make_so: dict[str, Callable[[Any], None]] = {}
        self.on_event: list[Callable[[Json], None]] = [journal.append]  # each gets every event
        self.watch: Callable[[inputs.Input, Step | None, Desired | None], None] | None = None
        self._journal = journal
        self.subjects = Subjects()
        self._names = Names(settings)
        self._inbox = Inbox(self._schedule)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0  # the loop's
        self._timer: asyncio.TimerHandle | None = None
        self._replies: dict[RequestId, asyncio.Future[orders.Reply]] = {}

    # -- inputs ------------------------------------------------------------------------------------------------------

    def post(self, given: inputs.Input) -> None:
        """Put an input into the inbox; from any thread, never waits. If its lane is full it is dropped, and logged."""
        room, loop = self._inbox.put(given), self._loop
        if not room and isinstance(given, inputs.CallArrived) and loop is not None:
            # Otherwise the SIP process would keep the call as long as its caller likes, and it has few places.
            loop.call_soon_threadsafe(self._turn_away, given)

    def _schedule(self) -> None:
        loop = self._loop
        if loop is None:  # `start` processes earlier ones
            return
        if threading.get_ident() == self._thread:  # the loop need not be woken, which costs two turns of it
            loop.call_soon(self._drain)
        else:
            loop.call_soon_threadsafe(self._drain)

    def _turn_away(self, call: inputs.CallArrived) -> None:
        if orders.Refuse in self.perform:
            self._guarded(self.perform[orders.Refuse], orders.Refuse(call.call, UNAVAILABLE))

    def start(
        self, version: str, lost: events.EventsLost | None, kept: PersistentState | None = None, fault: str = ""
    ) -> None:
        """Process `Started`, then the inputs that wait in the inbox, then each new input.

        lost: events that the journal lost at its last end. kept: the persistent state; fault: why it cannot be read.
        """
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        if lost is not None:
            self._publish(lost, time.monotonic())
        found = PersistentState() if kept is None else kept
        self._take(inputs.Started(at=time.monotonic(), version=version, kept=found, kept_fault=fault))
        self._drain()

    def stop(self) -> None:
        """Process no more inputs, and end every subscription."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
        for reply in self._replies.values():
            reply.cancel()
        self.feed.close()

    def _drain(self) -> None:
        for lane, count in self._inbox.dropped().items():
            log.error("%d inputs were dropped: the inbox is full for lane %s", count, lane)
        for _ in range(AT_ONCE):
            given = self._inbox.take()
            if given is None:
                break
            self._take(given)
        else:
            if self._loop is not None:
                self._loop.call_soon(self._drain)
        self._wake_up()

    def _take(self, given: inputs.Input) -> None:
        given = replace(given, taken=time.monotonic(), fresh=ids.new("")[1:])
        if isinstance(given, inputs.Requested) and self.subjects.over(given.action):
            given = replace(given, late=True)
        # A programming error costs one input, not the door phone. The values of the input may be digits of a door code.
        decided = survive(lambda: self._decide(given), lambda error: _log_failure("The core", given, error))
        if decided is None:
            if self.watch is not None:
                self.watch(given, None, None)
            return
        taken, desired = decided
        if self.watch is not None:
            self.watch(given, taken, desired)
        self.subjects.follow(self.state, taken)
        self.state, before = taken.state, self.desired
        self.desired = desired
        # The head of this module says why in this order.
        self._make_so(before, "lamps")
        self._perform(each for each in taken.orders if type(each) in TO_SIP)
        for event in taken.events:
            self._publish(event, taken.state.now)
        self._make_so(before, "relays", "kept")
        self._perform(each for each in taken.orders if type(each) not in TO_SIP)
        # An INVITE goes before the sound, which may open a card.
        self._make_so(before, "sound", "recordings", "status")

    def _perform(self, wanted: Iterable[orders.Order]) -> None:
        for order in wanted:
            if isinstance(order, orders.LogCall) and order.ended is not None:
                self.subjects.ended.add(order.call, order.ended)
            self._guarded(self.perform[type(order)], order)

    def _decide(self, given: inputs.Input) -> tuple[Step, Desired]:
        taken = step(self.state, given)
        return taken, desired_state.desired(taken.state)

    def _make_so(self, before: Desired, *parts: str) -> None:
        for part in parts:
            wanted = getattr(self.desired, part)
            if part in self.make_so and wanted != getattr(before, part):
                self._guarded(self.make_so[part], wanted)

    def _guarded(self, act: Callable[[Any], None], what: object) -> None:
        # One adapter's fault must not affect the others.
        survive(lambda: act(what), lambda error: _log_failure("An adapter", what, error))

    def _wake_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.desired.wake_at is not None and self._loop is not None:
            self._timer = self._loop.call_at(self.desired.wake_at, self._tick, self.desired.wake_at)

    def _tick(self, due: float) -> None:
        # The loop read edges of lines after the deadline, so they are in the inbox; later edges are not.
        self.post(inputs.Tick(at=time.monotonic(), edges=due))

    # -- events ------------------------------------------------------------------------------------------------------

    def _publish(self, event: events.Event, now: float) -> None:
        if self._names.settings is not self.state.settings:
            self._names = Names(self.state.settings)
        call, data = getattr(event, "call", None), data_of(event) | self._names.beside(event)
        envelope = enveloped(self._journal.take(), event.TYPE, now, self._journal.boot, call, data)
        self.subjects.add(envelope, event, self.state)
        log.info("%s", line(envelope), extra={"event": envelope["type"], "call": envelope["call"]})
        for take in self.on_event:
            take(envelope)
        self.feed.publish(envelope)

    # -- clients -----------------------------------------------------------------------------------------------------

    async def request(self, action: inputs.Action, who: str) -> orders.Reply:
        """Have the core decide a client's request; returns the reply. Raises IntercomError `unavailable`."""
        if self._loop is None:
            raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon is stopping.", "", "Try again after it has started.")
        request = RequestId(ids.new("q"))
        future: asyncio.Future[orders.Reply] = self._loop.create_future()
        self._replies[request] = future
        try:
            asked = inputs.Requested(at=time.monotonic(), request=request, who=who, action=action)
            if not self._inbox.put(asked):
                why = "Clients send more requests than the station can handle."
                raise IntercomError(
                    ErrorCode.UNAVAILABLE, "Too many requests are waiting for an answer.", why, "Try again later."
                )
            return await asyncio.wait_for(
                future,
                times.current.sound_test_reply_s if isinstance(action, inputs.TestSound) else times.current.reply_s,
            )
        except (TimeoutError, asyncio.CancelledError) as err:
            if isinstance(err, asyncio.CancelledError) and not future.cancelled():
                raise  # the client was cancelled, not we
            raise IntercomError(ErrorCode.UNAVAILABLE, "The daemon did not answer in time.", "", "Try again.") from err
        finally:
            del self._replies[request]

    def _reply(self, reply: orders.Reply) -> None:
        future = self._replies.get(reply.request)
        if future is not None and not future.done():
            future.set_result(reply)

    def waiting(self) -> int:
        """How many inputs wait for the core."""
        return len(self._inbox)

    def subscribe(self, since: int) -> AsyncGenerator[Json, None]:
        """Envelopes after `since`; see `Feed.follow`."""
        return self.feed.follow(since)


def data_of(event: events.Event) -> Json:
    """An event's fields as its `data`: plain JSON values."""
    data: Json = to_builtins(event)
    data.pop("call", None)
    for name in reserved(type(event)):
        data[name.rstrip("_")] = data.pop(name)
    return data


@cache
def reserved(kind: type[events.Event]) -> tuple[str, ...]:
    """The fields of such events whose names Python reserves, and that have an underscore for it."""
    return tuple(name for name in kind.__struct_fields__ if name.endswith("_"))


def line(envelope: Json) -> str:
    """An event in one line of fields, for the log."""
    call = [f"call={in_line(envelope['call'])}"] if envelope["call"] else []
    assignments = [
        f"{name}={in_line(value)}" for name, value in envelope["data"].items() if value not in (None, "", {}, ())
    ]
    return " ".join([envelope["type"], *call, *assignments])


OF_JSON = {None: "null", False: "false", True: "true"}


def in_line(value: Any) -> str:
    """A value of a log line: fields with slashes, as in opus/48000, lists with commas; text with line ends as JSON.

    So is text with other characters that cannot be seen, which may steer a terminal. Other values are as in JSON.
    """
    if isinstance(value, str):
        text = value
    elif isinstance(value, dict):
        text = "/".join(map(in_line, value.values()))
    elif isinstance(value, (list, tuple)):
        text = ",".join(map(in_line, value))
    elif value is None or isinstance(value, bool):
        text = OF_JSON[value]
    else:
        text = str(value)
    if text.isprintable():
        return text
    return "".join(each if printable(each) else json.dumps(each)[1:-1] for each in json.dumps(text, ensure_ascii=False))


def _log_failure(who: str, what: object, error: Exception) -> None:
    """Log an error and the class of what caused it, whose values may be secret."""
    log.error("%s failed on %s", who, type(what).__name__, exc_info=error)
