"""Clients that connect and say nothing, or half of it: they are closed, make room for others, and fill no log."""

import contextlib
import json
import logging
import select
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from appliance.api.http import connections
from appliance.core import inputs
from tests.api.conftest import PATIENCE_S, TOKEN
from tests.support.waiting import until

HALVES = {
    "nothing": b"",
    "half a line": b"GET /livez HT",
    "half a header": b"GET /livez HTTP/1.1\r\nHost: local",
    "headers without an end": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n",
    "half a body": b"POST /v1/events HTTP/1.1\r\nHost: localhost:%d\r\nAuthorization: Bearer "
    + TOKEN.encode()
    + b"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "an answer and half of another request": b"GET /livez HTTP/1.1\r\nHost: localhost:%d\r\n\r\nGET /liv",
}


def open_one(served, how: str) -> socket.socket:
    where = str(served.bound.socket) if how == "unix" else ("127.0.0.1", served.bound.port)
    connection = socket.socket(socket.AF_UNIX if how == "unix" else socket.AF_INET)
    connection.connect(where)  # with a timeout, one to a Unix socket would not wait for its turn
    connection.settimeout(PATIENCE_S)
    return connection


def read_to_the_end(connection: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            said += part
    return said


def is_open(connection: socket.socket) -> bool:
    """Whether the server still has its end, at this moment: a socket with a timeout would wait for it."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except OSError:
        return False


@pytest.mark.parametrize("how", ["tcp", "unix"])
@pytest.mark.parametrize("half", HALVES)
def test_a_connection_that_sends_no_whole_request_is_closed(served, set_times, how, half):
    set_times(http_request_s=2.0)
    sent = HALVES[half]
    with open_one(served, how) as connection:
        connection.sendall(sent.replace(b"%d", str(served.bound.port).encode()))
        said = read_to_the_end(connection)
    assert said.startswith(b"HTTP/1.1 200") == ("answer" in half)


@pytest.mark.parametrize("how", ["tcp", "unix"])
def test_a_request_that_comes_byte_by_byte_has_no_more_time_than_another(served, set_times, how):
    set_times(http_request_s=2.0)
    with open_one(served, how) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        connection.settimeout(0.05)
        while is_open(connection):
            with contextlib.suppress(OSError):
                connection.sendall(b"X: y\r\n")
                connection.recv(1)


def test_websockets_and_event_streams_stay(served, set_times):
    set_times(http_request_s=2.0)
    sock = socket.create_connection(("127.0.0.1", served.bound.port))
    url = f"ws://127.0.0.1:{served.bound.port}/v1/events"
    with (
        connect(url, sock=sock, subprotocols=[f"bearer.{TOKEN}", "intercomd.v1"]) as feed,
        served.unix() as client,
        client.stream("GET", "/v1/events", headers={"Accept": "text/event-stream"}) as stream,
        open_one(served, "tcp") as idle,
    ):
        assert read_to_the_end(idle) == b"", "closed: so both others had that much time too"
        served.tell("notice", code="x", message="Hello")
        assert json.loads(feed.recv(PATIENCE_S))["type"] == "notice"
        assert any("notice" in line for line in stream.iter_lines())


@pytest.mark.parametrize("how", ["tcp", "unix"])
def test_a_thousand_idle_connections_leave_room_for_others(served, caplog, how):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(open_one(served, how)) for _ in range(1010)]
        for client in (served.tcp(), served.unix()):
            with client:
                assert client.get("/v1/state").status_code == 200
        assert 0 < sum(map(is_open, idle)) <= connections.MOST
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("sent", ["Content-Length: 14\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"])
@pytest.mark.parametrize("key", ["", "Idempotency-Key: a\r\n"])
def test_an_order_whose_body_is_cut_off_is_not_carried_out(served, station, caplog, sent, key):
    """A door that is to open for a second would open for its usual time, or be held open."""
    caplog.set_level(logging.WARNING)
    head = f"POST /v1/doors/front/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{key}{sent}"
    with open_one(served, "unix") as connection:
        connection.sendall(head.encode())
    with served.unix() as client:
        assert client.post("/v1/doors/front/lock").status_code == 200
    assert [type(action) for action, _ in station.requests] == [inputs.LockDoor]
    assert caplog.records == []


def test_an_order_without_a_body_is_carried_out_though_its_client_goes_at_once(served, station):
    with open_one(served, "unix") as connection:
        connection.sendall(b"POST /v1/doors/front/open HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: station.requests, "the order")
    assert [type(action) for action, _ in station.requests] == [inputs.OpenDoor]


@pytest.mark.parametrize("path", ["/v1/events", f"/v1/events?since=-1&{TOKEN}", "/nothing"])
def test_a_refused_websocket_fills_no_log(served, caplog, path):
    """uvicorn's later versions take each such answer for an application without an answer."""
    caplog.set_level(logging.WARNING)
    path, _, token = path.partition("&")
    address = f"ws://127.0.0.1:{served.bound.port}{path}"
    with pytest.raises(InvalidStatus):
        connect(address, additional_headers={"Authorization": f"Bearer {token or 'wrong'}"}, proxy=None)
    served.on_loop(lambda: None)  # the answer has ended
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_what_is_no_request_fills_no_log(served, caplog):
    caplog.set_level(logging.WARNING)
    for _ in range(50):
        with open_one(served, "tcp") as connection:
            connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
            assert read_to_the_end(connection).startswith(b"HTTP/1.1 400")
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
