"""Many requests at once: connections are read one after another, with turns of the loop between them, or get 503."""

import asyncio
import contextlib
import http.client
import json
import socket
import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import Self

import pytest
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from appliance.api.http import server, turns
from appliance.api.http.connections import Connection
from appliance.api.http.turns import Line, Turns, plain
from tests.api.conftest import PATIENCE_S, TOKEN, run
from tests.api.test_connections import open_one, read_to_the_end

ORDER, PLAIN, STRANGER = Line("a", client=True, plain=False), Line("a", client=True, plain=True), Line("a", False, True)

GET = b"GET /v1/state HTTP/1.1\r\nHost: x\r\n"
KINDS = {
    GET + b"\r\n": "/v1/state",
    b"GET /v1/log/calls?limit=2&since=a%20b HTTP/1.1\r\nhost:x\r\nAuthorization: Bearer x\r\n\r\n": "/v1/log/calls",
    GET + b"Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\nAccept: */*\r\n\r\n": "/v1/state",
    GET: "",
    GET + b"\r\n\r\n": "",
    (GET + b"\r\n") * 2: "",
    GET + b"\n\r\n": "",
    GET + b"content-length: 1\r\n\r\n": "",
    GET + b"CONTENT-LENGTH:0\r\n\r\n": "",
    GET + b"Transfer-Encoding: chunked\r\n\r\n": "",
    GET + b"Upgrade: websocket\r\n\r\n": "",
    GET + b"Expect: 100-continue\r\n\r\n": "",
    GET + b"Connection: close\r\n\r\n": "",
    GET + b"connection:keep-alive, close\r\n\r\n": "",
    GET + b"A: b\r\n c\r\n\r\n": "",
    GET + b"A : b\r\n\r\n": "",
    GET + b"A: " + b"b" * turns.LONGEST + b"\r\n\r\n": "",
    b"POST /v1/doors/front/open HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"HEAD /v1/state HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET http://x/v1/state HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET /%6civez HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET /v1/events?since=1 HTTP/1.1\r\nHost: x\r\n\r\n": "",
    b"GET /v1/state HTTP/1.0\r\nHost: x\r\n\r\n": "",
    b"": "",
}


@pytest.mark.parametrize(("request_", "path"), KINDS.items(), ids=range(len(KINDS)))
def test_only_a_whole_get_without_a_body_is_refused_unread(request_, path):
    assert plain(request_) == path


class Client:
    """A connection that has something to be read, and notes in which turn what happens."""

    def __init__(self, name: object, notes: "Notes") -> None:
        self.name, self.loop, self._notes = name, notes.loop, notes

    def read_on(self) -> None:
        self._notes.read.append((self.name, self._notes.turn))

    def refuse(self) -> None:
        self._notes.refused.append((self.name, self._notes.turn))


class Notes:
    """Of the running loop, whose turns it counts."""

    def __init__(self) -> None:
        self.loop, self.turn = asyncio.get_running_loop(), 0
        self.read: list[tuple[object, int]] = []
        self.refused: list[tuple[object, int]] = []
        self.turns = Turns()

    def ask(self, names: range | list[str], line: Line) -> None:
        for name in names:
            client = Client(name, self)
            if self.turns.take(client, line):
                client.read_on()

    async def pass_turns(self, number: int) -> None:
        for _ in range(number):
            self.turn += 1
            await asyncio.sleep(0)

    def names(self) -> list[object]:
        return [name for name, _ in self.read]


def test_a_connection_is_read_in_every_fourth_turn_in_the_order_of_their_data():
    async def test() -> None:
        notes = Notes()
        notes.ask(range(20), ORDER)
        assert notes.names() == [0]
        await notes.pass_turns(20 * turns.EACH)
        assert notes.names() == list(range(20))
        assert {later - sooner for (_, sooner), (_, later) in pairwise(notes.read)} == {turns.EACH}
        await notes.pass_turns(turns.EACH)
        notes.ask(["one alone"], ORDER)
        assert notes.names()[-1] == "one alone", "at once, since none waits"

    asyncio.run(test())


def test_lines_take_turns_so_that_no_source_and_no_plain_request_keeps_another_waiting():
    async def test() -> None:
        notes = Notes()
        notes.ask(range(100), STRANGER)
        notes.ask(range(100, 120), PLAIN)
        notes.ask(["order"], ORDER)
        notes.ask(["elsewhere"], Line("b", client=False, plain=True))
        await notes.pass_turns(4 * turns.EACH + 1)
        assert notes.names() == [0, 1, 100, "order", "elsewhere"]

    asyncio.run(test())


def test_plain_requests_of_clients_beyond_the_room_are_refused_a_few_in_a_turn_while_others_wait():
    async def test() -> None:
        notes = Notes()
        notes.ask(["first"], ORDER)
        for line in (ORDER, STRANGER, PLAIN):
            notes.ask(range(turns.ROOM + 50), line)
        await notes.pass_turns(100)
        assert [name for name, _ in notes.refused] == list(range(turns.ROOM, turns.ROOM + 50))
        taken = [turn for _, turn in notes.refused]
        assert max(map(taken.count, taken)) == turns.REFUSED_AT_ONCE
        assert not set(taken) & {turn for _, turn in notes.read}
        await notes.pass_turns((3 * turns.ROOM + 100) * turns.EACH)
        assert len(notes.read) == 1 + 3 * turns.ROOM + 100

    asyncio.run(test())


def test_a_connection_that_is_lost_is_forgotten():
    async def test() -> None:
        notes = Notes()
        notes.ask(["first"], PLAIN)
        clients = [Client(number, notes) for number in range(turns.ROOM + 1)]
        for client in clients:
            assert not notes.turns.take(client, PLAIN)
        ends = weakref.ref(clients[0]), weakref.ref(clients[-1])
        for client in clients:
            notes.turns.leave(client)
        del client, clients
        assert [end() for end in ends] == [None, None]
        await notes.pass_turns(2 * turns.EACH)
        assert notes.names() == ["first"]
        assert notes.refused == []

    asyncio.run(test())


# -- over the listeners -----------------------------------------------------------------------------------------------


def asking(served, path="/v1/state", token=TOKEN) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{served.bound.port}"]
    return "\r\n".join([*lines, *([f"Authorization: Bearer {token}"] if token else []), "\r\n"]).encode()


class Answers:
    """The answers on a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")

    def next(self) -> tuple[int, http.client.HTTPMessage, bytes]:
        status = int(self._file.readline().split()[1])
        headers = http.client.parse_headers(self._file)
        return status, headers, self._file.read(int(headers["Content-Length"]))


def note_connections(monkeypatch, note: Callable[[Connection], None]) -> None:
    made = Connection.connection_made

    def noted(self, transport) -> None:
        made(self, transport)
        note(self)

    monkeypatch.setattr(Connection, "connection_made", noted)


@pytest.fixture
def _patient(monkeypatch, set_times) -> None:
    """No connection is closed because a busy machine takes its time."""
    set_times(http_request_s=PATIENCE_S)
    note_connections(monkeypatch, lambda made: setattr(made, "timeout_keep_alive", PATIENCE_S))


@pytest.fixture
def crowd(served, _patient):
    """A hundred clients that have had an answer each, with their answers."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(open_one(served, "unix")) for _ in range(100)]
        answers = [Answers(client) for client in clients]
        for client in clients:
            client.sendall(asking(served))
        assert {each.next()[0] for each in answers} == {200}
        yield list(zip(clients, answers, strict=True))


def test_of_a_hundred_requests_at_once_some_are_answered_the_rest_get_503_and_all_connections_stay(served, crowd):
    def ask() -> None:
        for client, _ in crowd:
            client.sendall(asking(served))
        # Two turns later, while its request waits: another one of the last client.
        served.loop.call_soon(served.loop.call_soon, crowd[-1][0].sendall, asking(served))

    served.on_loop(ask)  # no turn between them
    statuses = []
    for _, answers in crowd:
        status, headers, body = answers.next()
        statuses.append(status)
        if status == 503:
            assert headers["Retry-After"] == "1"
            assert headers["X-Content-Type-Options"] == "nosniff"
            problem = json.loads(body)
            assert (problem["code"], problem["instance"]) == ("unavailable", "/v1/state")
    assert set(statuses) == {200, 503}
    assert turns.ROOM <= statuses.count(200) < 90
    assert crowd[-1][1].next()[0] in {200, 503}, "the other request of the last client"
    for client, answers in crowd:
        client.sendall(asking(served))
        assert answers.next()[0] == 200
    with served.unix() as other:
        assert other.get("/v1/state").status_code == 200


@pytest.mark.usefixtures("_patient")
def test_strangers_cause_no_refusal_and_are_refused_for_what_they_lack(served):
    with contextlib.ExitStack() as stack:
        client, *strangers = [stack.enter_context(open_one(served, "tcp")) for _ in range(50)]
        answers = Answers(client)
        for _ in range(2):
            served.on_loop(
                lambda: [
                    each.sendall(asking(served, token="" if each is not client else TOKEN))
                    for each in (*strangers, client)
                ]
            )
            assert {Answers(each).next()[0] for each in strangers} <= {401, 429}
            assert answers.next()[0] == 200


def test_a_client_that_reads_no_answers_is_disconnected_when_it_is_refused(served, monkeypatch):
    made: list[Connection] = []
    note_connections(monkeypatch, made.append)
    with open_one(served, "tcp") as client:
        client.sendall(asking(served))
        assert Answers(client).next()[0] == 200

        def unread() -> None:
            (connection,) = made
            connection.pause_writing()
            connection._held = asking(served)
            connection.refuse()

        served.on_loop(unread)
        assert read_to_the_end(client) == b""


@pytest.mark.usefixtures("_patient")
def test_a_client_that_takes_its_answers_in_time_is_not_cut_later(served, monkeypatch, set_times):
    set_times(http_unread_s=0.2)
    made: list[Connection] = []
    note_connections(monkeypatch, made.append)
    with open_one(served, "tcp") as slow, open_one(served, "tcp") as deaf:
        answers = [Answers(each) for each in (slow, deaf)]
        for connection, answer in zip((slow, deaf), answers, strict=True):
            connection.sendall(asking(served))
            assert answer.next()[0] == 200

        def paused() -> None:
            of_slow, of_deaf = made
            of_slow.pause_writing()
            of_slow.resume_writing()
            of_deaf.pause_writing()

        served.on_loop(paused)
        assert read_to_the_end(deaf) == b""  # so the time of the other one is over, too
        slow.sendall(asking(served))
        assert answers[0].next()[0] == 200


class Turn:
    """Counts the turns of the served loop."""

    def __init__(self, served) -> None:
        self.number, self._served, self._over = 0, served, False

    def __enter__(self) -> Self:
        self._served.on_loop(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True

    def _count(self) -> None:
        self.number += 1
        if not self._over:
            self._served.loop.call_soon(self._count)


@pytest.fixture
def begun(served, monkeypatch, _patient):
    """The paths of the requests that the application was given, each with the turn of the loop."""
    paths: list[tuple[str, int]] = []
    run_asgi = RequestResponseCycle.run_asgi

    async def noted(self, app) -> None:
        paths.append((self.scope["path"], turn.number))
        await run_asgi(self, app)

    monkeypatch.setattr(RequestResponseCycle, "run_asgi", noted)
    with Turn(served) as turn:
        yield paths


@pytest.mark.parametrize(("clients", "requests"), [(50, 1), (5, 10)], ids=["many clients", "several in one piece"])
def test_other_callbacks_run_between_two_requests_however_many_are_there(served, begun, clients, requests):
    with contextlib.ExitStack() as stack:
        asked = [stack.enter_context(open_one(served, "unix")) for _ in range(clients)]
        served.on_loop(lambda: [each.sendall(asking(served) * requests) for each in asked])
        for each in asked:
            answers = Answers(each)
            assert [answers.next()[0] for _ in range(requests)] == [200] * requests
    assert len(begun) == clients * requests
    assert min(later - sooner for (_, sooner), (_, later) in pairwise(begun)) >= turns.EACH - 1


def test_a_request_by_the_unix_socket_does_not_wait_for_those_of_the_port(served, begun):
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(open_one(served, "tcp")) for _ in range(50)]
        other = stack.enter_context(open_one(served, "unix"))

        def ask() -> None:
            for each in crowd:
                each.sendall(asking(served))
            later(3 * turns.EACH)

        def later(waits: int) -> None:
            if waits:
                served.loop.call_soon(later, waits - 1)
            else:
                other.sendall(asking(served, "/v1/calls"))

        served.on_loop(ask)
        assert {Answers(each).next()[0] for each in (*crowd, other)} == {200}
    assert [path for path, _ in begun].index("/v1/calls") < 25


def test_a_connection_that_is_closed_while_it_waits_takes_no_turn(served, begun):
    with contextlib.ExitStack() as stack:
        gone = [open_one(served, "unix") for _ in range(50)]
        other = stack.enter_context(open_one(served, "unix"))

        def ask() -> None:
            for each in gone:
                each.sendall(asking(served))
                each.close()
            other.sendall(asking(served, "/v1/calls"))

        served.on_loop(ask)
        assert Answers(other).next()[0] == 200
    assert begun[-1][0] == "/v1/calls"
    assert begun[-1][1] - begun[0][1] < len(gone) // 2 * turns.EACH


@pytest.mark.usefixtures("_patient")
def test_few_connections_are_taken_in_a_turn_while_many_wait(served, monkeypatch):
    taken: list[int] = []
    note_connections(monkeypatch, lambda _: taken.append(turn.number))
    with Turn(served) as turn, contextlib.ExitStack() as stack:
        made = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(50)]

        def connect() -> None:
            for each in made:
                each.setblocking(False)
                each.connect(str(served.bound.socket))  # fails if the kernel has no room for it

        served.on_loop(connect)
        for each in made:
            each.setblocking(True)
            each.sendall(asking(served))
            assert Answers(each).next()[0] == 200
    assert len(taken) == len(made)
    assert max(map(taken.count, taken)) <= server.TAKEN_AT_ONCE + 1  # one more with Python 3.13


@pytest.mark.usefixtures("_patient")
def test_a_request_in_pieces_waits_for_its_turns_and_is_answered(served):
    whole = asking(served)
    with contextlib.ExitStack() as stack:
        asked = [stack.enter_context(open_one(served, "tcp")) for _ in range(50)]
        for part in (whole[:20], whole[20:30], whole[30:]):
            served.on_loop(lambda part=part: [each.sendall(part) for each in asked])
        assert {Answers(each).next()[0] for each in asked} == {200}


def test_turns_end_when_nothing_waits(served):
    with open_one(served, "unix") as client:
        client.sendall(asking(served))
        assert Answers(client).next()[0] == 200
    assert "Turns" not in run(served.loop, callbacks())


async def callbacks() -> str:
    """What the loop still calls after many turns."""
    for _ in range(10 * turns.EACH):
        await asyncio.sleep(0)
    return str(list(asyncio.get_running_loop()._ready))
