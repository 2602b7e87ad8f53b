"""Events to subscribers: each at its own pace from a bounded queue, resumed by id, with a report of lost ones."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Protocol

from appliance.base.types import Json
from appliance.base.wall_time import enveloped

QUEUE = 1000  # events that a slow subscriber may be behind
PAGE = 200  # older events that are sent before other tasks of the loop get their turn


class Past(Protocol):
    """The store of older events."""

    boot: str

    def since(self, after: int, most: int) -> tuple[tuple[int, int] | None, list[Json]]:
        """The events after an id: the range that is lost, and at most `most` events."""


class Subscriber:
    """One subscriber's queue; events that do not fit are counted as a range."""

    def __init__(self) -> None:
        self.queue: deque[Json] = deque()
        self.lost: tuple[int, int] | None = None
        self.news = asyncio.Event()

    def put(self, envelope: Json) -> None:
        """Queue an event, or lose it."""
        if self.lost is not None or len(self.queue) >= QUEUE:
            self.lost = (self.lost[0] if self.lost else envelope["id"], envelope["id"])
        else:
            self.queue.append(envelope)
        self.news.set()


class Feed:
    """Publishes envelopes to all subscribers; on the loop's thread."""

    def __init__(self, past: Past) -> None:
        self.last = 0
        self._past = past
        self._subscribers: set[Subscriber] = set()
        self._closed = False

    def publish(self, envelope: Json) -> None:
        """Send an event to all subscribers, without waiting."""
        self.last = envelope["id"]
        for subscriber in self._subscribers:
            subscriber.put(envelope)

    def waiting(self) -> list[int]:
        """How many events wait for each subscriber."""
        return [len(subscriber.queue) for subscriber in self._subscribers]

    def latest(self, most: int) -> list[Json]:
        """At most so many of the newest events, the oldest of them first."""
        return self._past.since(max(self.last - most, 0), most)[1]

    def close(self) -> None:
        """End all subscriptions once they are read."""
        self._closed = True
        for subscriber in self._subscribers:
            subscriber.news.set()

    async def follow(self, since: int) -> AsyncGenerator[Json, None]:
        """Events after `since`, then live ones, until `close`; available ones come without a pause, a page at a time.

        `events.lost` reports events that are no longer kept, or were lost to a full queue. Its id is the id of the last
        lost event, so a client that resumes from there misses nothing more. If `since` is not yet one of our ids, it is
        the id of our newest event.
        """
        while any(page := self._past.since(since, PAGE)):
            lost, old = page
            if lost is not None:
                gap = self._gap(lost)
                since = gap["id"]
                yield gap
            for envelope in old:
                since = envelope["id"]
                yield envelope
            await asyncio.sleep(0)
        # Nothing can come in between: this is one turn of the loop.
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        try:
            while True:
                while subscriber.queue:
                    yield subscriber.queue.popleft()
                if subscriber.lost is not None:
                    lost, subscriber.lost = subscriber.lost, None
                    yield self._gap(lost)
                    continue
                if self._closed:
                    return
                await subscriber.news.wait()
                subscriber.news.clear()
        finally:
            self._subscribers.discard(subscriber)

    def _gap(self, lost: tuple[int, int]) -> Json:
        uptime = asyncio.get_running_loop().time()
        data = {"from": lost[0], "to": lost[1], "certain": True}
        return enveloped(min(lost[1], self.last), "events.lost", uptime, self._past.boot, None, data)
