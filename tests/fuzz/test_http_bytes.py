"""HTTP: whatever a client sends before its body, or as a WebSocket, the server has no fault and serves the next one."""

import json
import logging
import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from appliance.api.http.auth import Patience
from tests.api.conftest import PATIENCE_S, TOKEN, _current, loop, shared, station
from tests.fuzz.budget import tried

__all__ = ["_current", "loop", "shared", "station"]

PATHS = ("/", "/v1/state", "/v1/calls", "/v1/events", "/v1/session", "/docs", "/metrics", "*", "//")
NAMES = (
    *("Host", "Authorization", "Cookie", "Origin", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection"),
    *("Upgrade", "Expect", "Range", "Prefer", "If-None-Match", "Idempotency-Key", "Sec-Fetch-Site", "Accept"),
    *("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Last-Event-ID", "Accept-Language"),
)
VALUES = (
    *("0", "-1", "99999999999999999999", "chunked", "gzip, chunked", "close", "websocket", "100-continue", "null"),
    *("bytes=0-", "bytes=5-1", "wait=0", "wait=x", "*", '"', f"Bearer {TOKEN}", "Bearer ", "Basic ::", "a=b; c", "13"),
)
anything = st.binary(max_size=40)
paths = st.sampled_from(PATHS).map(str.encode)
right = st.sampled_from([True] * 7 + [False])  # or nearly all requests would end at their first line
names, values = (st.sampled_from(known).map(str.encode) for known in (NAMES, VALUES))
headers = st.lists(right.flatmap(lambda known: st.tuples(names, values) if known else st.tuples(anything, anything)))
methods = st.sampled_from([b"GET", b"POST", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"\xff"])
frames = st.builds(  # RFC 6455 §5.2: flags and opcode, mask and length, masking key, payload
    lambda first, masked, payload: bytes([first, masked << 7 | len(payload)]) + bytes(4 * masked) + payload,
    st.integers(0, 255),
    st.booleans(),
    st.binary(max_size=125),
)


@pytest.fixture
def faults():
    """What the server logged as a fault of its own; the client shares a process with it."""
    found: list[str] = []

    def emit(record: logging.LogRecord) -> None:
        if record.name != "websockets.client" and "received from client" not in record.getMessage():
            found.append(f"{record.name}: {record.getMessage()} {record.exc_info}")

    handler = logging.Handler(logging.ERROR)
    handler.emit = emit
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


def answered(connection):
    """The first line of what comes until the server closes, or has no more to say for now."""
    data = b""
    with suppress(ConnectionError):
        connection.shutdown(socket.SHUT_WR)
        while b"\r\n" not in data and (more := connection.recv(4096)):
            data += more
    return data.partition(b"\r\n")[0]


def test_any_request_line_and_headers_are_answered_or_cut_off(shared, faults, monkeypatch):
    monkeypatch.setattr(Patience, "spend", lambda _self, _source: (0.0, False))  # else all would soon be locked out

    ours = ((b"Host", b"127.0.0.1:%d" % shared.bound.port), (b"Authorization", b"Bearer " + TOKEN.encode()))

    @given(methods, right.flatmap(lambda known: paths if known else anything), right, headers)
    def check(method, path, known, more):
        lines = b"".join(b"%s: %s\r\n" % header for header in [*(ours if known else ()), *more])
        with socket.create_connection(("127.0.0.1", shared.bound.port), PATIENCE_S) as connection:
            connection.sendall(b"%s %s HTTP/1.1\r\n%s\r\n" % (method, path, lines))
            first = answered(connection)
        assert first[9:10] in {b"", b"1", b"2", b"3", b"4"}, first
        assert faults == []

    tried(check)
    with shared.tcp() as client:
        assert client.get("/v1/state").status_code == 200


def test_any_frames_end_their_websocket_at_most(shared, faults):
    address, token = f"ws://127.0.0.1:{shared.bound.port}/v1/events", {"Authorization": f"Bearer {TOKEN}"}

    def subscribed():
        return connect(address, subprotocols=["intercomd.v1"], additional_headers=token, proxy=None)

    @given(st.lists(frames | anything, min_size=1, max_size=5))
    def check(sent):
        with subscribed() as feed, suppress(OSError):
            feed.socket.sendall(b"".join(sent))
            feed.socket.shutdown(socket.SHUT_WR)
        assert faults == []

    tried(check)
    with subscribed() as feed:
        shared.tell("custom", note="still here")
        assert json.loads(feed.recv(PATIENCE_S))["data"]["note"] == "still here"
