import json
import socket

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect, unix_connect

from appliance.api.routes import events
from tests.api.conftest import PATIENCE_S, TOKEN
from tests.support.waiting import until


def over_tcp(served, path="/v1/events", token=TOKEN, **options) -> ClientConnection:
    protocols = ["intercomd.v1"] if token is None else ["intercomd.v1", f"bearer.{token}"]
    uri = f"ws://127.0.0.1:{served.bound.port}{path}"
    sock = socket.create_connection(("127.0.0.1", served.bound.port), PATIENCE_S)  # past any proxy
    return connect(uri, sock=sock, subprotocols=protocols, open_timeout=PATIENCE_S, compression=None, **options)


def over_unix(served, path="/v1/events") -> ClientConnection:
    uri = f"ws://localhost{path}"
    return unix_connect(str(served.bound.socket), uri, open_timeout=PATIENCE_S, compression=None)


def received(feed) -> dict:
    return json.loads(feed.recv(PATIENCE_S))


@pytest.mark.parametrize("way", [over_tcp, over_unix])
def test_an_event_comes_live(shared, station, way):
    with way(shared) as feed:
        until(lambda: station.subscribers)
        shared.tell("button.pressed", button="kitchen", at=1.0)
        assert received(feed) == station.journal[0]


def test_the_token_is_not_the_subprotocol_chosen(shared):
    with over_tcp(shared) as feed:
        assert feed.subprotocol == "intercomd.v1"


def test_the_token_may_come_as_a_header_too(shared):
    with over_tcp(shared, token=None, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as feed:
        assert feed.subprotocol == "intercomd.v1"


def test_since_brings_what_was_missed_then_what_comes(shared, station):
    for number in range(5):
        shared.tell("custom", n=number)
    with over_tcp(shared, "/v1/events?since=3") as feed:
        assert [received(feed)["id"] for _ in range(2)] == [4, 5]
        until(lambda: station.subscribers)
        shared.tell("custom", n=5)
        assert received(feed)["id"] == 6


def test_without_since_the_past_is_not_reported(shared, station):
    shared.tell("custom")
    with over_tcp(shared) as feed:
        until(lambda: station.subscribers)
        shared.tell("custom")
        assert received(feed)["id"] == 2


def test_what_the_feed_lost_is_reported(shared, station):
    station._queue = 3
    with over_tcp(shared) as feed:
        until(lambda: station.subscribers)
        # In one turn of the loop: the subscriber cannot take any in between.
        shared.on_loop(lambda: [station.tell("custom", n=n) for n in range(10)])
        assert [received(feed)["id"] for _ in range(3)] == [1, 2, 3]
        shared.tell("custom")
        lost = received(feed)
        assert (lost["type"], lost["data"]) == ("events.lost", {"from": 4, "to": 10})
        assert lost["state"] == station.snapshot()
        assert received(feed)["id"] == 11


def test_a_client_that_does_not_read_holds_up_no_other_and_learns_what_it_missed(shared, station):
    station._queue = 20
    with over_tcp(shared, max_queue=1, close_timeout=0.5) as slow, over_tcp(shared, close_timeout=0.5) as quick:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        until(lambda: station.subscribers == 2)
        text = "x" * 200_000
        for number in range(1, 151):  # 30 MB: more than all buffers on the way hold
            shared.tell("custom", text=text)
            assert received(quick)["id"] == number
        told = [received(slow)]
        while told[-1]["type"] != "events.lost" and len(told) < 1_000:
            shared.tell("custom")  # the next event after a loss reveals it
            told.append(received(slow))
        lost = told.pop()
        assert [each["id"] for each in told] == list(range(1, lost["data"]["from"]))
        assert received(slow)["id"] == lost["data"]["to"] + 1


def test_a_client_that_leaves_is_forgotten(shared, station):
    with over_tcp(shared):
        until(lambda: station.subscribers == 1)
    until(lambda: station.subscribers == 0)


def test_a_client_that_vanishes_is_forgotten(shared, station):
    with over_tcp(shared) as feed:
        until(lambda: station.subscribers == 1)
        feed.socket.shutdown(socket.SHUT_RDWR)
        until(lambda: station.subscribers == 0)


def test_what_a_client_says_changes_nothing(shared, station):
    with over_tcp(shared) as feed:
        until(lambda: station.subscribers)
        feed.send("open the door")
        feed.send(b"\0")
        shared.tell("custom")
        assert received(feed)["id"] == 1
    assert station.requests == []


def test_the_end_of_the_feed_closes_the_socket(shared, station):
    with over_tcp(shared) as feed:
        until(lambda: station.subscribers)
        shared.on_loop(station.close)
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(PATIENCE_S)
        assert closed.value.rcvd.code == 1001


@pytest.mark.parametrize(
    ("token", "origin", "status", "code"),
    [
        (None, None, 401, "unauthorized"),
        ("wrong", None, 401, "unauthorized"),
        (TOKEN, "http://evil.example", 403, "forbidden"),
        (TOKEN, "null", 403, "forbidden"),
    ],
)
def test_who_has_no_right_gets_a_problem_instead_of_a_socket(served, station, token, origin, status, code):
    with pytest.raises(InvalidStatus) as refused:
        over_tcp(served, token=token, origin=origin)
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["code"] == code
    assert station.denials == [("http:unknown", "127.0.0.1", "view")]
    assert station.subscribers == 0


@pytest.mark.parametrize("since", ["-1", "x", "", "1e3", "9" * 19])
def test_a_since_that_is_no_id_is_a_problem(shared, since):
    with pytest.raises(InvalidStatus) as refused:
        over_tcp(shared, f"/v1/events?since={since}")
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["code"] == "parameter-invalid"


def test_an_unknown_socket_is_refused(shared):
    with pytest.raises(InvalidStatus):
        over_tcp(shared, "/v1/nothing")


def test_an_event_becomes_text_once_for_all_subscribers():
    one, other = {"id": 1, "type": "a"}, {"id": 1, "type": "b"}
    assert events._text(one) is events._text(one)
    assert [json.loads(events._text(each)) for each in (other, one, other)] == [other, one, other]
