"""Events by the client library, over lost connections: real server, feed and journal."""

import asyncio
import itertools
import json
import random
import threading
from contextlib import aclosing, asynccontextmanager, closing

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from appliance.api import app
from appliance.api.http import server
from appliance.api.http.event_filter import MARK_EVERY
from appliance.cli.client import Client
from appliance.runtime.event_stream import QUEUE, Feed
from intercomd_client import IntercomdError, Station, StationUnreachableError
from intercomd_client.refusals import EventUnknownError, UnauthorizedError
from tests.api.conftest import PATIENCE_S, TOKEN, Served, run
from tests.api.test_cut_subscribers import Kept
from tests.core.sent import as_sent
from tests.support.cutter import Cutter
from tests.support.waiting import until_async

CUTS = 60
TYPES = "call.*", "door.unlocked"


@pytest.fixture
def kept(loop, tmp_path):
    """A station whose events go the daemon's own way."""
    made = Kept(tmp_path)
    listening = server.HttpServer(app.build(made, TOKEN), tmp_path / "http.sock", "127.0.0.1", 0)
    yield Served(made, run(loop, listening.start()), loop)
    run(loop, listening.stop())
    made.writer.close()


@pytest.fixture
def begun(monkeypatch):
    """Where each stream of a client has begun: the id. A first one that is cut before that is not made again."""
    ids, stream = [], Station._stream

    async def noted(self, since, *more):
        made = await stream(self, since, *more)
        ids.append(since)
        return made

    monkeypatch.setattr(Station, "_stream", noted)
    return ids


class Impatient(Station):
    """A client that is soon there again."""

    FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.02


class Wary(Impatient):
    """A client that takes a short silence for the end of the connection."""

    SILENT_S = 0.5


class Steady(Impatient):
    """One to which any stream has lasted long, and whose pauses would otherwise come to minutes."""

    LONGEST_PAUSE_S, STEADY_S = 2 * PATIENCE_S, 0.0


def in_time(coroutine):
    async def bounded():
        async with asyncio.timeout(PATIENCE_S):
            return await coroutine

    return asyncio.run(bounded())


@asynccontextmanager
async def following(address, since=None, token="", kind=Impatient, **options):
    async with kind(address, token=token) as door, aclosing(door.events(since, **options)) as events:
        yield events


def uncut(directory, kept):
    """A proxy that cuts only when it is asked to."""
    return Cutter(directory / "cut.sock", kept.bound.socket, random.Random(1), 0, 1)


def followed(kept):
    return kept.on_loop(kept.station.events.waiting)


async def some(events, count):
    return [await anext(events) for _ in range(count)]


class Seen:
    """What the station looks at, so that it never runs too far ahead."""

    since = 0


def test_a_client_with_a_filter_that_is_cut_at_random_misses_nothing_and_sees_nothing_twice(kept, tmp_path):
    """Without one, at a whole station: tests/daemon/appliance/test_client.py."""
    seen, ids = Seen(), []
    telling = asyncio.run_coroutine_threadsafe(kept.station.go_on(random.Random(7), seen), kept.loop)

    def end():
        kept.station.tell("door.unlocked")
        return kept.station.events.last

    async def follow():
        last = None
        async with (
            Cutter(tmp_path / "cut.sock", kept.bound.socket, random.Random(1), CUTS, 4000) as cutter,
            following(cutter.path, 0, types=TYPES) as events,
        ):
            async for event in events:
                ids.append(event["id"])
                seen.since = event["id"]
                if cutter.cuts == CUTS and last is None:
                    telling.cancel()
                    last = kept.on_loop(end)
                if event["id"] == last:
                    return

    try:
        in_time(follow())
    finally:
        telling.cancel()
    assert ids == [event["id"] for event in kept.station.told if event["type"] in {"call.ringing", "door.unlocked"}]


def test_events_that_did_not_fit_into_the_queue_of_a_stream_come_from_the_journal(kept):
    def burst():
        for _ in range(2 * QUEUE):
            kept.station.tell("lamp.changed")

    async def follow():
        async with following(kept.bound.socket, 0) as events:
            kept.tell("call.ringing")
            await anext(events)
            await until_async(lambda: followed(kept))
            kept.on_loop(burst)
            return await some(events, 2 * QUEUE)

    told = in_time(follow())
    assert {event["type"] for event in told} == {"lamp.changed"}
    assert [event["id"] for event in told] == list(range(2, 2 * QUEUE + 2))


def test_a_client_whose_filter_holds_back_all_events_resumes_behind_them(kept, tmp_path, begun, set_times):
    set_times(event_stream_again_s=2 * PATIENCE_S)  # a heartbeat would move the id to another one in between

    async def follow():
        async with uncut(tmp_path, kept) as cutter, following(cutter.path, 0, types=["door.*"]) as events:
            coming = asyncio.ensure_future(anext(events))
            for _ in range(MARK_EVERY):
                kept.tell("lamp.changed")
            while begun[-1:] != [MARK_EVERY]:  # a cut may throw away the message that brings the id
                before = len(begun)
                cutter.cut()  # the first time nothing
                await until_async(lambda before=before: len(begun) > before and followed(kept) == [0])
            kept.tell("door.unlocked")
            return await coming

    assert in_time(follow())["id"] == MARK_EVERY + 1


class Forgetful:
    """A journal that has lost its events up to the fifth."""

    boot = "b-1"

    def since(self, after, _most):
        return ((after + 1, 5), []) if after < 5 else (None, [])


def test_lost_events_come_with_the_whole_state(kept):
    kept.station.events = Feed(Forgetful())
    kept.station.events.last = 5

    async def follow():
        async with following(kept.bound.socket, 2) as events:
            return await anext(events)

    lost = in_time(follow())
    assert (lost["type"], lost["data"]) == ("events.lost", {"from": 3, "to": 5, "certain": True})
    assert lost["state"] == as_sent(kept.station.snapshot())
    assert lost["state"]["last_event"] == 5


@pytest.mark.parametrize("by", ["library", "command"])
def test_lost_events_come_with_the_state_of_a_large_house(kept, by):
    """A directory of 1,000 flats with three targets each is longer than what websockets takes by default, 1 MiB."""
    kept.station.events = Feed(Forgetful())
    kept.station.events.last = 5
    kept.station.state["contacts"] = [{"name": f"flat-{number}", "summary": "x" * 400} for number in range(3000)]

    async def follow():
        async with following(kept.bound.socket, 2) as events:
            return await anext(events)

    def watch():
        with closing(Client(kept.bound.socket).events(2)) as events:
            return next(event for event in events if "type" in event)

    lost = in_time(follow() if by == "library" else asyncio.to_thread(watch))
    assert (lost["type"], lost["state"]) == ("events.lost", as_sent(kept.station.snapshot()))


def test_events_that_a_power_cut_may_have_lost_come_with_the_state_at_any_place_of_the_stream(kept):
    kept.tell("call.ringing")
    kept.tell("events.lost", **{"from": 2, "to": 2, "certain": False})
    kept.tell("call.ringing")

    async def follow():
        async with following(kept.bound.socket, 0) as events:
            return await some(events, 3)

    told = in_time(follow())
    assert [(event["id"], "state" in event) for event in told] == [(1, False), (2, True), (3, False)]


def test_a_stream_that_lasted_is_followed_by_another_one_at_once_although_it_brought_no_event(kept, tmp_path, begun):
    async def follow():
        async with uncut(tmp_path, kept) as cutter, following(cutter.path, 0, kind=Steady) as events:
            coming = asyncio.ensure_future(anext(events))
            for streams in range(1, 20):  # pauses that grew would come to minutes
                await until_async(lambda wanted=streams: len(begun) == wanted and followed(kept))
                cutter.cut()
            await until_async(lambda: len(begun) == 20)
            kept.tell("door.unlocked")
            return await coming

    assert in_time(follow())["id"] == 1


def test_without_since_nothing_is_missed_from_the_beginning_on(kept, tmp_path, begun):
    """Also if the first stream is cut before its first event."""
    kept.tell("call.ringing")

    async def follow():
        async with uncut(tmp_path, kept) as cutter, following(cutter.path) as events:
            coming = asyncio.ensure_future(anext(events))
            await until_async(lambda: begun and followed(kept))
            cutter.cut()
            kept.tell("door.unlocked")
            return await coming

    assert in_time(follow())["id"] == 2


def test_the_first_connection_fails_at_once(kept, tmp_path):
    async def first(address, token="", **options):
        async with following(address, 0, token, **options) as events:
            await anext(events)

    with pytest.raises(StationUnreachableError):
        in_time(first(tmp_path / "nobody.sock"))
    with pytest.raises(UnauthorizedError):
        in_time(first(kept.bound.url, "wrong"))
    with pytest.raises(EventUnknownError):
        in_time(first(kept.bound.socket, types=["dor.unlocked"]))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found"),  # of a proxy, while the station behind it starts
        (302, b""),  # of one that asks people to log in
        (500, b'{"code": "error", "detail": "A fault."}'),
    ],
)
def test_an_answer_that_refuses_nobody_does_not_end_the_events(status, body):
    ids, answers = itertools.count(1), iter([None, Response(status, "", Headers(), body), None])

    async def brief(stream):
        await stream.send(json.dumps({"id": next(ids), "type": "door.unlocked"}))

    async def follow():
        odd = {"subprotocols": ["intercomd.v1.since"], "process_request": lambda *_: next(answers)}
        async with serve(brief, "127.0.0.1", 0, **odd) as server:
            port = server.sockets[0].getsockname()[1]
            async with following(f"http://127.0.0.1:{port}", 0) as events:
                return await some(events, 2)

    assert [event["id"] for event in in_time(follow())] == [1, 2]


@asynccontextmanager
async def foreign(messages):
    """The address of a server that sends one message by each stream, and ends it."""

    async def brief(stream):
        await stream.send(next(messages))

    async with serve(brief, "127.0.0.1", 0, subprotocols=["intercomd.v1.since"]) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    "message",
    [
        *("no JSON", "5", "[]", "{}", b"\xff", '{"since": "now"}', '{"id": 7}', '{"type": "ring.started"}'),
        *('{"id": [], "type": "x"}', '{"id": 1, "type": "events.lost"}', '{"id": 1, "type": "events.lost", "data": 5}'),
    ],
)
def test_a_message_that_is_no_event_ends_the_stream_and_another_stream_follows(message):
    event = '{"id": 1, "type": "door.unlocked"}'

    async def follow():
        async with foreign(iter([message, event])) as address, following(address, 0) as events:
            return await anext(events)

    assert in_time(follow())["type"] == "door.unlocked"


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"since": "now"}'])
def test_an_answer_without_the_place_of_the_events_is_an_error_with_a_remedy(body):
    async def answer(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        writer.close()

    async def follow():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with following(f"http://127.0.0.1:{port}") as events:
                await anext(events)

    with pytest.raises(IntercomdError, match=r"cannot be read.*Give the address of a station"):
        in_time(follow())


def test_a_client_whose_token_is_removed_is_refused_and_does_not_try_for_ever(kept):
    token, text = kept.on_loop(lambda: kept.station.tokens.add("tablet", ("view",), None))

    async def follow():
        async with following(kept.bound.url, 0, text) as events:
            kept.tell("call.ringing")
            await anext(events)
            kept.on_loop(lambda: kept.station.tokens.remove(token.id))
            kept.tell("call.ringing")
            await anext(events)

    with pytest.raises(UnauthorizedError):
        in_time(follow())


def test_a_program_is_notified_of_each_connection_before_its_events_and_of_its_loss(kept, tmp_path):
    seen = []

    async def follow():
        async with (
            uncut(tmp_path, kept) as cutter,
            following(cutter.path, 0, types=["door.*"], connected=seen.append) as events,
        ):
            coming = asyncio.ensure_future(anext(events))
            await until_async(lambda: seen == [True] and followed(kept) == [0])
            cutter.cut()
            await until_async(lambda: seen == [True, False, True])
            kept.tell("door.unlocked")
            seen.append((await coming)["type"])

    in_time(follow())
    assert seen == [True, False, True, "door.unlocked"]


def test_a_station_that_is_away_for_a_while_is_found_again(kept, tmp_path, caplog):
    caplog.set_level("INFO", "intercomd_client")
    kept.tell("call.ringing")

    async def follow():
        async with Impatient(tmp_path / "cut.sock") as door, aclosing(door.events(0)) as events:
            async with uncut(tmp_path, kept):
                first = await anext(events)
            kept.tell("door.unlocked")
            coming = asyncio.ensure_future(anext(events))
            await until_async(lambda: "No station answers at " in caplog.text)
            async with uncut(tmp_path, kept):
                return [first["id"], (await coming)["id"]]

    assert in_time(follow()) == [1, 2]


def test_a_station_that_hangs_is_no_connection_and_no_event_is_missing_when_it_is_back(kept, set_times, caplog):
    set_times(event_stream_again_s=0.05)
    go_on = threading.Event()

    async def run_on():
        async with following(kept.bound.socket, 0, kind=Wary) as events:
            kept.tell("door.unlocked")
            first = await anext(events)
            kept.loop.call_soon_threadsafe(go_on.wait, PATIENCE_S)  # as after SIGSTOP
            with caplog.at_level("INFO", logger="intercomd_client"):
                coming = asyncio.ensure_future(anext(events))
                await until_async(lambda: "No connection" in caplog.text)
            go_on.set()
            await asyncio.to_thread(kept.tell, "door.locked")
            return first, await coming

    first, second = in_time(run_on())
    assert (first["type"], second["type"]) == ("door.unlocked", "door.locked")
