"""The feed: nobody is slowed by a slow subscriber, and nobody misses an event without being told."""

import asyncio

from appliance.feed import QUEUE, Feed


class Past:
    """A journal that keeps what it is told to."""

    boot = "boot"

    def __init__(self, lost=None, kept=()):
        self.answer = lost, list(kept)

    def since(self, after):
        return self.answer


def envelope(number):
    return {"id": number, "type": "test", "data": {}}


async def take(feed, count):
    async with asyncio.timeout(20):
        return [await anext(feed) for _ in range(count)]


def test_old_events_come_first_then_live_ones_each_once():
    async def main():
        feed = Feed(Past(kept=[envelope(4), envelope(5)]))
        follower = feed.follow(3)
        first = await take(follower, 1)
        feed.publish(envelope(6))
        rest = await take(follower, 2)
        assert [e["id"] for e in first + rest] == [4, 5, 6]
        assert feed.last == 6
        await follower.aclose()

    asyncio.run(main())


def test_what_is_not_kept_is_told_before_the_rest():
    async def main():
        feed = Feed(Past(lost=(2, 7), kept=[envelope(8)]))
        feed.publish(envelope(8))
        told, kept = await take(feed.follow(1), 2)
        assert (told["type"], told["id"], told["data"]) == ("events.lost", 7, {"from": 2, "to": 7, "certain": True})
        assert kept["id"] == 8

    asyncio.run(main())


def test_who_asks_from_beyond_our_newest_goes_on_from_our_newest():
    async def main():
        feed = Feed(Past(lost=(9, 5000)))
        feed.publish(envelope(8))
        (told,) = await take(feed.follow(5000), 1)
        assert (told["type"], told["id"], told["data"]["from"], told["data"]["to"]) == ("events.lost", 8, 9, 5000)

    asyncio.run(main())


def test_a_subscriber_that_is_too_slow_is_told_what_it_missed_and_goes_on():
    async def main():
        feed = Feed(Past())
        follower = feed.follow(0)
        waiting = asyncio.create_task(anext(follower))
        await asyncio.sleep(0)
        for number in range(1, QUEUE + 11):
            feed.publish(envelope(number))
        got = [await waiting, *await take(follower, QUEUE)]
        assert [e["id"] for e in got[:-1]] == list(range(1, QUEUE + 1))
        assert got[-1]["data"] == {"from": QUEUE + 1, "to": QUEUE + 10, "certain": True}
        feed.publish(envelope(QUEUE + 11))
        assert (await take(follower, 1))[0]["id"] == QUEUE + 11

    asyncio.run(main())


def test_a_closed_feed_ends_after_the_last_event():
    async def main():
        feed = Feed(Past())

        async def all_of_it():
            return [e["id"] async for e in feed.follow(0)]

        reading = asyncio.create_task(all_of_it())
        await asyncio.sleep(0)
        feed.publish(envelope(1))
        feed.close()
        assert await asyncio.wait_for(reading, 20) == [1]

    asyncio.run(main())
