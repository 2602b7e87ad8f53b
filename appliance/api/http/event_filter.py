"""A subscriber's filter: the start and the event types, the same for WebSocket, SSE and long poll."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated

from msgspec import Meta, to_builtins

from appliance.api.http.dependencies import Allowed, Daemon
from appliance.api.ports import HttpPorts
from appliance.api.routing.endpoints import QUERY, By, InHeader
from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.core.events import EVENTS, EventsLost, FinalEvent

Id = Annotated[int, Meta(ge=0, lt=10**18, description="Start after this event; without it, from now on."), QUERY] | None
LastId = (
    Annotated[
        int,
        Meta(ge=0, lt=10**18, description="Same as `since`, which it overrides; EventSource sends it."),
        InHeader("Last-Event-ID"),
    ]
    | None
)
Types = (
    Annotated[
        str,
        Meta(
            max_length=2048,
            description="Only these types, separated by commas; `call.*` means all that begin with `call.`, and "
            "`call.final` the last event of each call: `call.ended`, `call.failed`, `call.canceled` and "
            "`call.rejected`.",
            examples=["call.*,door.unlocked"],
        ),
        QUERY,
    ]
    | None
)
Call = Annotated[str, Meta(max_length=64, description="Only events of the call with this id."), QUERY] | None


GROUPS = {"call.final": frozenset(kind for kind, made in EVENTS.items() if issubclass(made, FinalEvent))}
MARK_EVERY = 500  # ids; the journal keeps 10,000 events by default


class EventSubscription:
    """Filtered events of the daemon. `seen`: the id of the last event examined, passed on or not: resume from there.

    events.lost passes every filter, since the lost events might have been wanted, and brings the whole state. allowed:
    whether the client's token is still valid; a client whose token was removed or has expired gets no further event.
    """

    def __init__(
        self,
        daemon: HttpPorts,
        since: int | None,
        types: frozenset[str] | None,
        call: str | None,
        allowed: Callable[[], bool],
    ) -> None:
        self._daemon, self._types, self._call, self.allowed = daemon, types, call, allowed
        self.seen: int = daemon.last_event() if since is None else since

    async def events(self, *, marks: bool = False) -> AsyncGenerator[Json, None]:
        """Envelopes, at the subscriber's pace, until the daemon stops or the token ends; the queue is the limit.

        marks: also `{"since": seen}`, at the beginning and while no event passes. Else a client whose filters let few
        events pass would resume at an old one, which is no longer kept, and lose events that it would not have got.
        """
        known = self.seen
        if marks:
            yield {"since": known}
        async with aclosing(self._daemon.subscribe(self.seen)) as feed:
            async for envelope in feed:
                if not self.allowed():
                    return
                self.seen = envelope["id"]
                if envelope["type"] == EventsLost.TYPE:
                    known = self.seen
                    yield {**envelope, "state": _state(self._daemon)}
                elif self.brings(envelope["type"], envelope["call"]):
                    known = self.seen
                    yield envelope
                elif marks and self.seen - known >= MARK_EVERY:
                    known = self.seen
                    yield {"since": known}

    def brings(self, kind: str, call: str | None) -> bool:
        """Whether events of this type and call pass the filters."""
        return (self._types is None or kind in self._types) and self._call in {None, call}


_states: list[Json] = []  # the state of this turn of the loop: a burst is lost by all slow subscribers in one turn


def _state(daemon: HttpPorts) -> Json:
    """The whole state, made once for the subscribers that ask in the same turn of the loop."""
    if not _states or _states[0]["last_event"] != daemon.last_event():
        asyncio.get_running_loop().call_soon(_states.clear)
        _states[:] = [to_builtins(daemon.snapshot())]
    return _states[0]


def _subscription(
    daemon: Daemon,
    allowed: Allowed,
    since: Id = None,
    types: Types = None,
    call: Call = None,
    last_event_id: LastId = None,
) -> EventSubscription:
    wanted = since if last_event_id is None else last_event_id
    return EventSubscription(daemon, wanted, None if types is None else _types(types), call, allowed)


Subscribed = Annotated[EventSubscription, By(_subscription)]


def _types(patterns: str) -> frozenset[str]:
    """The event types: each pattern is a type, or a family as in call.* . Raises `event-unknown`."""
    wanted: set[str] = set()
    for pattern in patterns.split(","):
        family = pattern[:-1] if pattern.endswith(".*") else None
        found = GROUPS.get(pattern) or {k for k in EVENTS if k == pattern or (family and k.startswith(family))}
        if not found:
            raise IntercomError(
                ErrorCode.EVENT_UNKNOWN,
                f"There is no event type {pattern!r}.",
                "A pattern is a type, as in call.connected, a family, as in call.*, or call.final.",
                "/docs of the station lists all types.",
            )
        wanted |= found
    return frozenset(wanted)
