import json
import socket
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect, unix_connect

from appliance.api.http.event_filter import MARK_EVERY
from appliance.api.routes import events
from appliance.core.model import RequestId
from appliance.core.orders import Reply
from tests.api.conftest import PATIENCE_S, TOKEN
from tests.core.sent import as_sent
from tests.support.waiting import until


def over_tcp(served, path="/v1/events", token=TOKEN, protocol="intercomd.v1", **options) -> ClientConnection:
    protocols = [protocol] if token is None else [protocol, f"bearer.{token}"]
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
        assert lost["state"] == as_sent(station.snapshot())
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


def test_a_filter_that_holds_back_all_events_leaves_the_id_to_resume_from_known(shared):
    with over_tcp(shared, "/v1/events?types=door.*", protocol="intercomd.v1.since") as feed:
        assert feed.subprotocol == "intercomd.v1.since"
        assert received(feed) == {"since": 0}
        for _ in range(MARK_EVERY - 1):
            shared.tell("lamp.changed")
        shared.tell("door.unlocked")
        assert received(feed)["id"] == MARK_EVERY
        for round_ in (2, 3):
            for _ in range(MARK_EVERY):
                shared.tell("lamp.changed")
            assert received(feed) == {"since": round_ * MARK_EVERY}


def test_without_the_subprotocol_for_it_each_message_is_an_event(shared):
    with over_tcp(shared, "/v1/events?since=0&types=door.*") as feed:
        for _ in range(MARK_EVERY):
            shared.tell("lamp.changed")
        shared.tell("door.unlocked")
        assert received(feed)["id"] == MARK_EVERY + 1


def test_those_who_lose_the_same_events_share_one_look_at_the_state(shared, station):
    station._queue, looks, snapshot = 3, [], station.snapshot
    station.snapshot = lambda: looks.append(1) or snapshot()
    with ExitStack() as stack:
        feeds = [stack.enter_context(over_tcp(shared)) for _ in range(5)]
        until(lambda: station.subscribers == 5)
        shared.on_loop(lambda: [station.tell("custom") for _ in range(4)])
        assert {received(feed)["id"] for feed in feeds for _ in range(3)} == {1, 2, 3}
        shared.tell("custom")
        assert {received(feed)["type"] for feed in feeds} == {"events.lost"}
        assert len(looks) < 5
        shared.on_loop(lambda: [station.tell("custom") for _ in range(5)])
        shared.tell("custom")
        for feed in feeds:
            while (told := received(feed))["type"] != "events.lost":
                pass
            assert told["state"]["last_event"] >= told["data"]["to"]


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


@pytest.mark.parametrize("sign", ["\n", "\x7f", "\x9b", "\u2028", "\u202e", "\u2067", "\u200f"])
def test_no_text_of_a_client_steers_what_shows_it_or_turns_its_direction(client, station, sign):
    for path, body in (
        ("/v1/events", {"name": "lift.called", "details": {"floor": f"3{sign}4"}}),
        ("/v1/calls", {"to": f"kit{sign}chen"}),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "parameter-invalid")
        assert "must be a line of printable characters" in refused.json()["cause"]
    assert station.requests == []


@pytest.mark.parametrize("text", ["", "Tür 3", "सीढ़ी", "\u0645\u06cc\u200c\u062e", "👩\u200d🔧"])
def test_an_event_of_a_client_has_texts_of_any_language(client, station, text):
    station.replies = lambda _: Reply(RequestId("q-1"))
    assert client.post("/v1/events", json={"name": "lift.called", "details": {"floor": text}}).status_code < 300
