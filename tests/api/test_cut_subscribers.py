"""A client that is cut again and again misses nothing and sees nothing twice: real server, feed and journal."""

import asyncio
import http.client
import json
import random
import socket
import struct

import pytest

from appliance.api import app
from appliance.api.http import server
from appliance.runtime.event_stream import QUEUE, Feed
from appliance.store.journal import Journal
from appliance.store.writer import Writer
from tests.api.conftest import PATIENCE_S, TOKEN, Served, run
from tests.api.fake import Station, event
from tests.api.test_event_ways import Stream, polled
from tests.api.test_events import over_tcp

CUTS = 100
AHEAD = QUEUE // 3
KINDS = ("call.ringing", "door.unlocked", "lamp.changed", "media.statistics")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST and throws away what is under way


class Kept(Station):
    """The fake station, but for its events: these go the daemon's own way."""

    def __init__(self, directory):
        super().__init__(directory)
        self.writer = Writer(directory, lambda _: None)
        self.kept = Journal(directory, self.writer)
        self.kept.open()
        self.events = Feed(self.kept)
        self.told = []

    def tell(self, type_, call=None, **data):
        envelope = event(type_, self.kept.take(), data, call)
        self.told.append(envelope)
        self.kept.append(envelope)
        self.events.publish(envelope)

    def subscribe(self, since):
        return self.events.follow(since)

    def snapshot(self):
        return {**self.state, "last_event": self.events.last}

    async def go_on(self, chance, client):
        """Send events, now one, now many, until cancelled; never so far ahead that anything may be lost."""
        while True:
            await asyncio.sleep(0.002)
            if self.events.last - client.since > AHEAD:
                continue
            for _ in range(chance.choice((1, 1, 2, 40))):
                self.tell(chance.choice(KINDS), text="é" * chance.randrange(200))


@pytest.fixture
def kept(loop, tmp_path):
    station = Kept(tmp_path)
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0)
    yield Served(station, run(loop, listening.start()), loop)
    run(loop, listening.stop())
    station.writer.close()


class Client:
    """Remembers the events it saw, and the id to resume from, as each way reports it."""

    def __init__(self, served, chance, types):
        self.served, self.chance = served, chance
        self.types = f"&types={types}" if types else ""
        self.since, self.ids, self.halves = 0, [], 0

    def see(self, envelopes):
        self.ids += [envelope["id"] for envelope in envelopes]
        self.since = self.ids[-1] if self.ids else self.since

    def by_websocket(self):
        with over_tcp(self.served, f"/v1/events?since={self.since}{self.types}", close_timeout=0.1) as feed:
            for _ in range(self.chance.randrange(30)):
                self.see([json.loads(feed.recv(PATIENCE_S))])
            self.cut(feed.socket)

    def by_sse(self):
        stream = Stream(self.served, f"?since=0{self.types}", **{"Last-Event-ID": str(self.since)})
        text = stream.answer.read(self.chance.randrange(1, 6000))  # may end in the middle of anything
        *blocks, half = text.split(b"\n\n")
        self.halves += bool(half)
        for block in blocks:
            fields = dict(line.partition(b":")[::2] for line in block.split(b"\n"))  # a comment has no name
            self.see([json.loads(fields[b"data"])] if b"data" in fields else [])
            self.since = int(fields[b"id"])
        self.cut(stream.socket)
        stream.connection.close()

    def by_poll(self):
        with socket.create_connection(("127.0.0.1", self.served.bound.port), PATIENCE_S) as connection:
            connection.sendall(polled(self.served, 20, f"&since={self.since}{self.types}"))
            if self.chance.random() < 0.5:
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                told = json.loads(answer.read())
                self.see(told["events"])
                self.since = told["since"]
            elif self.chance.random() < 0.5:
                self.halves += len(connection.recv(self.chance.randrange(1, 2000))) > 0
            self.cut(connection)

    def cut(self, connection):
        if self.chance.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.close()
        else:
            connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("seed", "types"), [(1, ""), (2, "call.*,door.unlocked"), (3, "")])
def test_who_is_cut_100_times_at_random_misses_nothing_and_sees_nothing_twice(kept, seed, types):
    chance = random.Random(seed)
    client = Client(kept, chance, types)
    ways = [client.by_websocket, client.by_sse, client.by_poll]
    telling = asyncio.run_coroutine_threadsafe(kept.station.go_on(random.Random(seed), client), kept.loop)
    cuts = 0
    # As often as it takes to have been cut where it hurts, which hangs on the machine's load.
    while cuts < CUTS or client.halves <= 10 or len(client.ids) <= 1_000:
        assert cuts < 50 * CUTS
        ways[cuts % 3]()
        cuts += 1
    telling.cancel()
    last = kept.on_loop(lambda: kept.station.events.last)
    with kept.tcp() as rest:
        while client.since < last:
            told = rest.get(f"v1/events?wait=0&since={client.since}{client.types}").json()
            client.see(told["events"])
            client.since = told["since"]
    wanted = [e["id"] for e in kept.station.told if not types or e["type"] in {"call.ringing", "door.unlocked"}]
    assert client.ids == wanted
