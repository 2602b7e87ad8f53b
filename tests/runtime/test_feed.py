"""The feed: nobody is slowed by a slow subscriber, and nobody misses an event without a report."""

import asyncio

from appliance.runtime.event_stream import PAGE, QUEUE, Feed


class Past:
    """A journal that kept events from `first` on; it handles each as the reactor does."""

    boot = "boot"

    def __init__(self, first=1):
        self.feed, self.next, self.kept = Feed(self), first, []

    def tell(self, count=1):
        for number in range(self.next, self.next + count):
            self.next += 1
            self.kept.append(envelope(number))
            self.feed.publish(self.kept[-1])

    def since(self, after, most):
        if after >= self.next:
            return (self.next, after), []
        first = self.kept[0]["id"] if self.kept else self.next
        lost = (after + 1, first - 1) if after + 1 < first else None
        return lost, [e for e in self.kept if e["id"] > after][:most]


def envelope(number):
    return {"id": number, "type": "test", "data": {}}


async def take(feed, count):
    async with asyncio.timeout(120):
        return [await anext(feed) for _ in range(count)]


def test_old_events_come_first_then_live_ones_each_once():
    async def main():
        past = Past(first=4)
        past.tell(2)
        follower = past.feed.follow(3)
        first = await take(follower, 1)
        past.tell()
        rest = await take(follower, 2)
        waiting = asyncio.create_task(anext(follower))
        await asyncio.sleep(0)
        past.tell()
        assert [e["id"] for e in [*first, *rest, await waiting]] == [4, 5, 6, 7]
        assert past.feed.last == 7
        await follower.aclose()

    asyncio.run(main())


def test_events_emitted_while_the_past_is_read_are_not_lost_however_many_there_are():
    async def main():
        past = Past()
        past.tell(3 * PAGE)
        follower = past.feed.follow(0)
        got = []
        for _ in range(10):
            got += await take(follower, PAGE // 2)
            past.tell(QUEUE // 2)
        got += await take(follower, past.next - 1 - len(got))
        assert [e["id"] for e in got] == list(range(1, past.next))

    asyncio.run(main())


def test_between_the_pages_of_the_past_others_have_their_turn():
    async def main():
        past = Past()
        past.tell(2 * PAGE)
        turns = []
        others = asyncio.create_task(count(turns))
        seen = []
        async with asyncio.timeout(120):
            async for envelope in past.feed.follow(0):
                seen.append(len(turns))
                if envelope["id"] == 2 * PAGE:
                    break
        others.cancel()
        assert seen[:PAGE] == [0] * PAGE and seen[PAGE] > 0

    async def count(turns):
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    asyncio.run(main())


def test_what_is_not_kept_is_sent_before_the_rest():
    async def main():
        past = Past(first=8)
        past.tell()
        told, kept = await take(past.feed.follow(1), 2)
        assert (told["type"], told["id"], told["data"]) == ("events.lost", 7, {"from": 2, "to": 7, "certain": True})
        assert kept["id"] == 8

    asyncio.run(main())


def test_who_asks_from_beyond_our_newest_goes_on_from_our_newest():
    async def main():
        past = Past(first=8)
        past.tell()
        follower = past.feed.follow(5000)
        (told,) = await take(follower, 1)
        assert (told["type"], told["id"], told["data"]) == ("events.lost", 8, {"from": 9, "to": 5000, "certain": True})
        past.tell()
        assert (await take(follower, 1))[0]["id"] == 9

    asyncio.run(main())


def test_a_subscriber_that_is_too_slow_learns_what_it_missed_and_goes_on():
    async def main():
        past = Past()
        follower = past.feed.follow(0)
        waiting = asyncio.create_task(anext(follower))
        await asyncio.sleep(0)
        past.tell(QUEUE + 10)
        got = [await waiting, *await take(follower, QUEUE)]
        assert [e["id"] for e in got[:-1]] == list(range(1, QUEUE + 1))
        assert got[-1]["data"] == {"from": QUEUE + 1, "to": QUEUE + 10, "certain": True}
        past.tell()
        assert (await take(follower, 1))[0]["id"] == QUEUE + 11

    asyncio.run(main())


def test_what_comes_before_a_loss_is_reported_is_lost_with_it_and_never_out_of_order():
    async def main():
        past = Past()
        follower = past.feed.follow(0)
        waiting = asyncio.create_task(anext(follower))
        await asyncio.sleep(0)
        past.tell(QUEUE + 1)
        await waiting
        past.tell()  # there would be room for it, behind events that are not there
        got = await take(follower, QUEUE)
        assert [e["id"] for e in got] == [*range(2, QUEUE + 1), QUEUE + 2]
        assert got[-1]["data"] == {"from": QUEUE + 1, "to": QUEUE + 2, "certain": True}

    asyncio.run(main())


def test_a_closed_feed_ends_after_the_last_event():
    async def main():
        past = Past()

        async def all_of_it():
            return [e["id"] async for e in past.feed.follow(0)]

        reading = asyncio.create_task(all_of_it())
        await asyncio.sleep(0)
        past.tell()
        past.feed.close()
        assert await asyncio.wait_for(reading, 120) == [1]

    asyncio.run(main())
