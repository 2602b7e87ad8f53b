"""The same events by WebSocket, SSE and long poll: each test that can runs on all three."""

import http.client
import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from appliance.api.http.event_filter import MARK_EVERY
from appliance.api.routes.events import GOING_AWAY
from appliance.core.model import AccessScope
from tests.api.conftest import PATIENCE_S, TOKEN
from tests.api.test_events import over_tcp, received
from tests.core.sent import as_sent
from tests.support.waiting import until

SSE = {"Accept": "text/event-stream"}


class Stream:
    """A reader of Server-Sent Events. `ids`: of all blocks, also those without an event."""

    def __init__(self, served, query="", **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", served.bound.port, timeout=PATIENCE_S)
        given = {"Authorization": f"Bearer {TOKEN}", **SSE, **headers}
        self.connection.request("GET", f"/v1/events{query}", headers=given)
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.ids = []

    def block(self):
        """Fields of the next block; {} at the end. A comment is the field ""."""
        fields = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        self.ids += [int(fields["id"])] if "id" in fields else []
        return fields

    def event(self):
        while (block := self.block()) and "data" not in block:
            pass
        assert block, "the stream has ended"
        envelope = json.loads(block["data"])
        assert (block["id"], block["event"]) == (str(envelope["id"]), envelope["type"])
        return envelope

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Polls:
    """Events one by one, polled."""

    def __init__(self, served, query=""):
        self.served, self.query, self.found = served, query.removeprefix("?"), []
        self.since = self.poll(f"{self.query}&wait=0")["since"] if "since" not in query else None

    def poll(self, query):
        with self.served.tcp() as client:
            answer = client.get(f"v1/events?{query}")
            assert answer.status_code == 200, answer.text
            return answer.json()

    def event(self):
        if not self.found:
            since = "" if self.since is None else f"&since={self.since}"
            answer = self.poll(f"{self.query}{since}&wait=20")
            self.found, self.since = answer["events"], answer["since"]
        return self.found.pop(0)


@contextmanager
def by_websocket(served, query=""):
    with over_tcp(served, f"/v1/events{query}") as feed:
        until(lambda: served.station.subscribers)
        feed.event = lambda: received(feed)
        yield feed


@contextmanager
def by_sse(served, query=""):
    stream = Stream(served, query)
    try:
        stream.block()  # comes before the feed is followed
        until(lambda: served.station.subscribers)
        yield stream
    finally:
        stream.close()


@contextmanager
def by_polls(served, query=""):
    yield Polls(served, query)


WAYS = [by_websocket, by_sse, by_polls]


@pytest.mark.parametrize("way", WAYS)
def test_an_event_arrives_as_it_was_emitted(shared, station, way):
    with way(shared) as feed:
        shared.tell("call.incoming", "c-1", by="sip:x@y", display_name='"Zoë"\r\n\ndata: no')
        assert feed.event() == station.journal[0]


@pytest.mark.parametrize("way", WAYS)
def test_the_daemon_is_asked_on_its_own_thread(shared, station, way):
    threads, snapshot, feed = set(), station.snapshot, station.subscribe
    station.snapshot = lambda: threads.add(threading.get_ident()) or snapshot()
    station.subscribe = lambda since: threads.add(threading.get_ident()) or feed(since)
    with way(shared) as following:
        shared.tell("notice")
        following.event()
    assert threads == {shared.on_loop(threading.get_ident)}


@pytest.mark.parametrize("way", WAYS)
def test_since_begins_after_that_event_without_it_from_now_on(shared, way):
    for number in range(5):
        shared.tell("notice", n=number)
    with way(shared, "?since=3") as feed:
        assert [feed.event()["id"] for _ in range(2)] == [4, 5]
    until(lambda: not shared.station.subscribers)
    with way(shared) as feed:
        shared.tell("notice")
        assert feed.event()["id"] == 6


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?since=0&types=call.*", [1, 2, 5, 6, 7]),
        ("?since=0&types=call.connected", [2, 6]),
        ("?since=0&types=door.*,call.connected", [2, 3, 6]),
        ("?since=0&call=c-2", [5, 6]),
        ("?since=0&call=c-2&types=call.connected,door.unlocked", [6]),
        ("?since=0&types=call.final", [7, 8, 9, 10]),
        ("?since=0&types=door.*,call.final", [3, 7]),
    ],
)
def test_filters_let_pass_what_was_asked_for(shared, way, query, ids):
    for kind, call in (
        ("call.dialing", "c-1"),
        ("call.connected", "c-1"),
        ("door.unlocked", None),
        ("lamp.changed", None),
        ("call.dialing", "c-2"),
        ("call.connected", "c-2"),
        *((f"call.{how}", "c-3") for how in ("ended", "failed", "canceled", "rejected")),
    ):
        shared.tell(kind, call)
    with way(shared, query) as feed:
        assert [feed.event()["id"] for _ in ids] == ids


@pytest.mark.parametrize("way", [by_websocket, by_sse])
def test_what_was_lost_is_reported_whatever_the_filter(shared, station, way):
    station._queue = 3
    with way(shared, "?types=door.*&call=c-9") as feed:
        shared.on_loop(lambda: [station.tell("notice") for _ in range(10)])
        until(lambda: all(queue.empty() for queue in station._subscribers))
        shared.tell("notice")
        lost = feed.event()
        assert (lost["type"], lost["data"]) == ("events.lost", {"from": 4, "to": 10})
        assert lost["state"] == as_sent(station.snapshot())


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("types=door.*,cal.*", 404, "event-unknown"),
        ("types=*", 404, "event-unknown"),
        ("types=", 404, "event-unknown"),
        ("types=call.connected,", 404, "event-unknown"),
        ("types=call.", 404, "event-unknown"),
        ("since=-1", 400, "parameter-invalid"),
        ("since=x", 400, "parameter-invalid"),
        (f"call={'c' * 65}", 400, "parameter-invalid"),
    ],
)
def test_what_cannot_be_meant_is_a_problem_on_all_three(shared, station, query, status, code):
    with pytest.raises(InvalidStatus) as refused:
        over_tcp(shared, f"/v1/events?{query}")
    told = [(refused.value.response.status_code, json.loads(refused.value.response.body))]
    with shared.tcp() as client:
        for extra, headers in (("", SSE), ("&wait=1", {})):
            answer = client.get(f"v1/events?{query}{extra}", headers=headers)
            told.append((answer.status_code, answer.json()))
    assert [(each, body["code"]) for each, body in told] == [(status, code)] * 3
    assert told[0] == told[1] == told[2]
    assert station.subscribers == 0


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "soon"])
def test_a_poll_waits_for_0_to_60_seconds(shared, wait):
    with shared.tcp() as client:
        assert client.get(f"v1/events?wait={wait}").json()["code"] == "parameter-invalid"


def test_a_client_that_asks_for_none_of_the_ways_gets_a_list_of_them(shared):
    with shared.tcp() as client:
        answer = client.get("v1/events")
        assert (answer.status_code, answer.json()["code"]) == (426, "upgrade-required")
        assert "text/event-stream" in answer.json()["resolution"]


# -- SSE ---------------------------------------------------------------------------------------------------------------


def test_a_stream_begins_with_the_id_to_resume_from(shared):
    shared.tell("notice")
    with by_sse(shared) as stream:
        assert stream.answer.getheader("Content-Type").startswith("text/event-stream")
        assert stream.answer.getheader("Cache-Control") == "no-store"
        assert stream.ids == [1]


def test_the_last_event_id_counts_more_than_since(shared):
    for _ in range(5):
        shared.tell("notice")
    stream = Stream(shared, "?since=1", **{"Last-Event-ID": "4"})
    assert stream.event()["id"] == 5
    stream.close()


def test_a_stream_on_which_nothing_comes_has_a_heartbeat_that_moves_the_id_on(shared, set_times):
    set_times(event_stream_again_s=0.05)
    with by_sse(shared, "?types=door.*") as stream:
        assert stream.block() == {"": "", "id": "0"}
        shared.tell("notice")
        while stream.block()["id"] == "0":
            pass
        assert stream.ids[-1] == 1
        shared.tell("door.unlocked")
        assert stream.event()["id"] == 2


def test_a_socket_on_which_nothing_comes_has_a_heartbeat_if_it_takes_marks(shared, set_times):
    set_times(event_stream_again_s=0.05)
    uri = f"{shared.bound.url.replace('http', 'ws')}v1/events?types=door.*"
    asked = {"additional_headers": {"Authorization": f"Bearer {TOKEN}"}, "proxy": None}
    with connect(uri, subprotocols=["intercomd.v1.since"], **asked) as socket:
        assert [json.loads(socket.recv(PATIENCE_S)) for _ in range(3)] == [{"since": 0}] * 3
        shared.tell("notice")
        while json.loads(socket.recv(PATIENCE_S)) == {"since": 0}:
            pass
    with connect(uri, subprotocols=["intercomd.v1"], **asked) as socket:
        shared.tell("door.unlocked")
        assert json.loads(socket.recv(PATIENCE_S))["type"] == "door.unlocked"


def test_a_stream_whose_filter_holds_back_many_events_moves_the_id_on_without_a_heartbeat(shared):
    with by_sse(shared, "?types=door.*") as stream:
        for _ in range(MARK_EVERY):
            shared.tell("lamp.changed")
        while stream.ids[-1] < MARK_EVERY:
            stream.block()


def test_a_stream_ends_with_the_daemon(shared, station):
    with by_sse(shared) as stream:
        shared.on_loop(station.close)
        assert stream.block() == {}


def test_a_stream_whose_reader_leaves_is_forgotten(shared, station):
    with by_sse(shared):
        pass
    until(lambda: station.subscribers == 0)


def test_a_reader_that_does_not_read_learns_what_it_missed(shared, station):
    station._queue = 20
    with by_sse(shared) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        text = "x" * 200_000
        for _ in range(150):
            shared.tell("notice", text=text)
        told = [slow.event()]
        while told[-1]["type"] != "events.lost" and len(told) < 1_000:
            shared.tell("notice")
            told.append(slow.event())
        lost = told.pop()
        assert [each["id"] for each in told] == list(range(1, lost["data"]["from"]))
        assert slow.event()["id"] == lost["data"]["to"] + 1


@pytest.mark.parametrize("way", [by_websocket, by_sse])
def test_a_client_that_takes_nothing_is_cut_and_leaves_its_place(shared, station, monkeypatch, set_times, way):
    set_times(http_unread_s=0.5)
    with ExitStack() as stack:
        feed = stack.enter_context(way(shared))
        feed.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        stack.callback(monkeypatch.setattr, feed, "close", feed.socket.close)  # the station has ended it already
        for _ in range(100):
            shared.tell("notice", text="x" * 200_000)  # 20 MB: more than all buffers on the way hold
        until(lambda: not station.subscribers, "the end of the stream", 30.0)


# -- the end of a token ------------------------------------------------------------------------------------------------


def expire(station, of):
    """A week later."""
    station.tokens._clock = lambda: time.time() + 604_800


def remove(station, of):
    station.tokens.remove(of)


ENDS = [expire, remove]


@pytest.fixture
def guest(station):
    """A token of a day: its id and text."""
    made, text = station.tokens.add("guest", (AccessScope.VIEW,), time.time() + 86_400)
    return made.id, text


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("protocol", ["intercomd.v1", "intercomd.v1.since"])
def test_a_socket_ends_with_its_token_though_nothing_happens(shared, station, guest, protocol, end):
    of, text = guest
    with over_tcp(shared, token=text, protocol=protocol) as socket:
        until(lambda: station.subscribers)
        end(station, of)
        with pytest.raises(ConnectionClosed) as closed:
            list(iter(partial(received, socket), None))
        assert closed.value.rcvd.code == GOING_AWAY
    until(lambda: not station.subscribers)


@pytest.mark.parametrize("end", ENDS)
def test_a_stream_ends_with_its_token_though_nothing_happens(shared, station, guest, end):
    of, text = guest
    stream = Stream(shared, Authorization=f"Bearer {text}")
    stream.block()
    end(station, of)
    while stream.block():
        pass
    until(lambda: not station.subscribers)
    stream.connection.close()


@pytest.mark.parametrize("end", ENDS)
def test_a_poll_ends_with_its_token_though_nothing_happens(shared, station, guest, end):
    of, text = guest
    with socket.create_connection(("127.0.0.1", shared.bound.port), PATIENCE_S) as waiting:
        waiting.sendall(polled(shared, 60, token=text))
        until(lambda: station.subscribers)
        end(station, of)
        until(lambda: not station.subscribers, "the end of the poll", 30.0)
        answer = http.client.HTTPResponse(waiting)
        answer.begin()
        assert json.loads(answer.read()) == {"events": [], "since": 0}


def test_a_socket_of_a_session_ends_with_it(shared, station):
    own = {"Origin": shared.bound.url.rstrip("/")}
    with shared.tcp() as client:
        cookie = client.post("/v1/session", headers=own).headers["set-cookie"].partition(";")[0]
    with over_tcp(shared, token=None, origin=own["Origin"], additional_headers={"Cookie": cookie}) as socket:
        until(lambda: station.subscribers)
        with shared.tcp(token=None) as other:
            assert other.delete("/v1/session", headers=own | {"Cookie": cookie}).status_code == 200
        with pytest.raises(ConnectionClosed):
            received(socket)


# -- long poll ---------------------------------------------------------------------------------------------------------


def test_a_poll_brings_at_most_200_events_and_where_to_go_on(shared):
    for _ in range(450):
        shared.tell("notice")
    polls, since, told = Polls(shared, "since=0"), 0, []
    for most in (200, 200, 50):
        answer = polls.poll(f"since={since}&wait=20")
        assert len(answer["events"]) == most
        told += [event["id"] for event in answer["events"]]
        since = answer["since"]
    assert told == list(range(1, 451))
    assert polls.poll(f"since={since}&wait=0") == {"events": [], "since": 450}


def test_a_poll_whose_time_is_over_brings_the_id_of_what_did_not_pass(shared):
    for _ in range(3):
        shared.tell("notice")
    assert Polls(shared, "since=0").poll("since=0&types=call.*&wait=0.1") == {"events": [], "since": 3}


def test_a_poll_is_answered_once_an_event_comes(shared, station):
    with socket.create_connection(("127.0.0.1", shared.bound.port), PATIENCE_S) as waiting:
        waiting.sendall(polled(shared, 60))
        until(lambda: station.subscribers)
        shared.tell("notice")
        answer = http.client.HTTPResponse(waiting)
        answer.begin()
        assert json.loads(answer.read()) == {"events": station.journal, "since": 1}


def test_a_poll_whose_client_leaves_is_forgotten_at_once(shared, station):
    for _ in range(80):  # more than there may be at once
        with socket.create_connection(("127.0.0.1", shared.bound.port), PATIENCE_S) as waiting:
            waiting.sendall(polled(shared, 60))
            until(lambda: station.subscribers)
        until(lambda: not station.subscribers)


def test_a_poll_ends_with_the_daemon(shared, station):
    with socket.create_connection(("127.0.0.1", shared.bound.port), PATIENCE_S) as waiting:
        waiting.sendall(polled(shared, 60))
        until(lambda: station.subscribers)
        shared.on_loop(station.close)
        answer = http.client.HTTPResponse(waiting)
        answer.begin()
        assert json.loads(answer.read()) == {"events": [], "since": 0}


def polled(served, wait, query="", token=TOKEN):
    head = f"GET /v1/events?wait={wait}{query} HTTP/1.1\r\nHost: 127.0.0.1:{served.bound.port}\r\n"
    return f"{head}Authorization: Bearer {token}\r\n\r\n".encode()
