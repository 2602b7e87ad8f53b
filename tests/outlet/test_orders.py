"""Orders by MQTT: which are refused, and what the daemon gets of the others."""

import json
import threading
from typing import get_args

import pytest

from appliance.app.outlet import _orders
from appliance.config.schema import Config
from appliance.core.model import OrderRefusal
from appliance.outlet import orders, settings
from appliance.outlet.link import Heard
from appliance.outlet.orders import Orders
from tests.support.waiting import until

ROOT = "intercomd/front"
OPEN = f"{ROOT}/command/open_door"


class Link:
    old = False


class Station:
    """The daemon: notes orders, and answers as it is given."""

    def __init__(self):
        self.asked, self.answers, self.now_calls = [], (200, {"warning": None}), []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def order(self, method, path, body, token):
        self.goes_on.wait(60)
        self.asked.append((method, path, body, token))
        return self.answers

    def calls(self):
        return self.now_calls


class Bench:
    """Orders, with what came of them. more: settings."""

    def __init__(self, **more):
        table = Config(mqtt={"host": "broker", "device": "front", "token": "home", **more}).mqtt.model_dump()
        self.of = settings.read(settings.line(table, "", orders=_orders()))
        self.station, self.done, self.told, self.link = Station(), [], [], Link()
        self.orders = Orders(
            self.of, self.station, lambda _, answered: self.done.append(answered), lambda *said: self.told.append(said)
        )

    def send(self, payload='{"door": "front"}', topic=OPEN, at=100.0, **more):
        """Why it is refused at once; None: it is carried out."""
        given = {"expires_s": 10, "retained": False, "again": False, **more}
        text = payload if isinstance(payload, bytes) else payload.encode()
        answered = self.orders.take(self.link, Heard(topic, text, at, **given))
        return answered and answered.refused

    def outcome(self, *given, **more):
        """What became of one that is carried out."""
        before = len(self.done)
        assert self.send(*given, at=soon(), **more) is None
        until(lambda: len(self.done) > before)
        return self.done[-1]


def soon():
    return orders.time.monotonic()


@pytest.fixture
def bench():
    return Bench()


def test_an_order_is_a_request_with_the_token(bench):
    answered = bench.outcome('{"door": "front", "seconds": 2}', correlation=b"1", answer_to="mine")
    assert bench.station.asked == [("POST", "/v1/doors/front/open", {"seconds": 2}, "home")]
    assert (answered.status, answered.refused, answered.topic) == (200, "", "mine")
    assert json.loads(answered.text) == {"order": "open_door", "status": 200, "body": {"warning": None}}


def test_an_order_may_stand_in_the_message_in_place_of_the_topic(bench):
    bench.outcome('{"order": "release_door", "door": "front"}', f"{ROOT}/command")
    assert bench.station.asked == [("POST", "/v1/doors/front/release", None, "home")]


def test_what_stands_in_a_place_of_the_path_stays_there(bench):
    bench.outcome('{"door": "../../v1/tokens?x#"}')
    assert bench.station.asked[0][1] == "/v1/doors/..%2F..%2Fv1%2Ftokens%3Fx%23/open"


@pytest.mark.parametrize(
    ("calls", "order", "meant"),
    [
        ([("c-1", "incoming", False)], "answer_call", "c-1"),
        ([("c-1", "connected", True), ("c-2", "incoming", False)], "answer_call", "c-2"),
        ([("c-1", "connected", True), ("c-2", "incoming", False)], "hang_up_call", "c-1"),
    ],
)
def test_an_order_that_names_no_call_means_the_only_one_that_it_fits(bench, calls, order, meant):
    bench.station.now_calls = [
        {"id": ident, "state": state, "active": active, "hold": "none"} for ident, state, active in calls
    ]
    bench.outcome("{}", f"{ROOT}/command/{order}")
    assert bench.station.asked[0][1].startswith(f"/v1/calls/{meant}/")


def test_without_a_call_the_answer_says_so(bench):
    answered = bench.outcome("", f"{ROOT}/command/hang_up_call", answer_to="mine")
    assert (answered.status, answered.body["detail"], answered.refused) == (404, "There is no call.", "")
    assert bench.station.asked == []


REFUSED = {
    "retained": ("retained", {"retained": True}),
    "retained by a client of MQTT 3.1.1": ("retained", {"retained": True, "expires_s": None}),
    "sent again": ("repeated", {"again": True}),
    "its expiry is over": ("late", {"expires_s": 0}),
    "without an expiry": ("no_expiry", {"expires_s": None}),
    "of no order": ("unknown", {"topic": f"{ROOT}/command/open_window"}),
    "below an order": ("unknown", {"topic": f"{OPEN}/front"}),
    "of nothing": ("unknown", {"topic": f"{ROOT}/command"}),
    "of a token": ("unknown", {"topic": f"{ROOT}/command/add_token"}),
    "of a session": ("unknown", {"topic": f"{ROOT}/command/begin_session"}),
    "no JSON": ("invalid", {"payload": "open"}),
    "no object": ("invalid", {"payload": "[1]"}),
    "no text": ("invalid", {"payload": b"\xff\xfe"}),
    "no text in a value": ("invalid", {"payload": b'{"door": "\xff"}'}),
    "no text in a name": ("invalid", {"payload": b'{"\xff": 1}'}),
    "an object without an end": ("invalid", {"payload": '{"a":' * 5_000}),
    "longer than anyone needs": ("too_long", {"long": True, "payload": ""}),
    "to be answered at all topics": ("invalid", {"answer_to": "a/#"}),
    "to be answered as an order to another station": ("invalid", {"answer_to": "intercomd/back/command/open_door"}),
    "to be answered as an order to this station": ("invalid", {"answer_to": OPEN}),
    "to be answered as news to Home Assistant": ("invalid", {"answer_to": "homeassistant/device/x/config"}),
    "to be answered to the broker": ("invalid", {"answer_to": "$SYS/x"}),
    "to be answered at a long topic": ("invalid", {"answer_to": "a" * 1000}),
}


@pytest.mark.parametrize(("why", "given"), REFUSED.values(), ids=REFUSED)
def test_an_order_is_refused_that_is(bench, why, given):
    assert bench.send(**given) == why
    assert bench.station.asked == []


@pytest.mark.parametrize("refused", [{}, {"expires_s": 0}, {"expires_s": None}, {"again": True}, {"long": True}])
@pytest.mark.parametrize(
    "answer_to",
    [
        *("a/#", "+", f"{ROOT}/#", OPEN, "intercomd/back/command/open_door", "homeassistant/device/x/config", "$SYS/x"),
        "a" * 1000,
    ],
)
def test_a_refusal_goes_nowhere_where_no_answer_may_go_whatever_it_is_for(bench, answer_to, refused):
    given = {"retained": False, "again": False, "expires_s": 10, "answer_to": answer_to, **refused}
    heard = Heard(OPEN, b"{}", 100.0, **given)
    assert bench.orders.take(bench.link, heard).topic == ""


def test_a_refusal_goes_where_an_answer_may_go(bench):
    heard = Heard(OPEN, b"{}", 100.0, retained=False, again=False, expires_s=0, answer_to="mine")
    answered = bench.orders.take(bench.link, heard)
    assert (answered.refused, answered.topic) == ("late", "mine")


@pytest.mark.parametrize(
    "payload", ["{}", '{"door": 1}', '{"door": ""}', '{"door": null}', f'{{"door": "{"a" * 65}"}}']
)
def test_an_order_that_names_no_object_is_refused(bench, payload):
    answered = bench.outcome(payload)
    assert (answered.refused, answered.says) == ("invalid", "It names no door.")
    assert bench.station.asked == []


def test_every_refusal_has_its_word_and_its_sentence():
    assert {*orders._WORDS} == {*get_args(OrderRefusal)}


@pytest.mark.parametrize("status", [401, 403])
def test_what_the_token_does_not_allow_is_a_refusal(bench, status):
    bench.station.answers = status, {"detail": "The token home does not allow this."}
    answered = bench.outcome()
    assert (answered.refused, answered.says) == ("not_allowed", "The token home does not allow this.")


def test_what_the_station_refuses_is_an_answer(bench):
    bench.station.answers = 409, {"code": "door-locked-down"}
    answered = bench.outcome(answer_to="mine")
    assert (answered.refused, json.loads(answered.text)["status"]) == ("", 409)


def test_correlation_data_count_once_in_a_minute_for_each_topic_of_answers(bench):
    assert bench.send(at=100.0, answer_to="a", correlation=b"1") is None
    assert bench.send(at=159.0, answer_to="a", correlation=b"1") == "repeated"
    assert bench.send(at=159.0, answer_to="b", correlation=b"1") is None
    assert bench.send(at=159.0, answer_to="a", correlation=b"2") is None
    assert bench.send(at=161.0, answer_to="a", correlation=b"1") is None
    assert len(bench.orders._came) == 3


def test_an_order_without_an_expiry_is_carried_out_where_that_is_allowed():
    bench = Bench(orders_without_expiry=True)
    bench.outcome(expires_s=None)
    assert len(bench.station.asked) == 1
    assert bench.send(at=soon(), retained=True, expires_s=None) == "retained"


def test_an_order_that_has_waited_for_too_long_is_not_carried_out(bench):
    bench.station.goes_on.clear()
    assert bench.send(at=soon()) is None
    until(bench.orders._lanes["doors"].empty)
    begun = soon()
    assert bench.send(at=begun, expires_s=1) is None
    until(lambda: soon() > begun + 1)
    bench.station.goes_on.set()
    until(lambda: len(bench.done) == 2)
    assert [each.refused for each in bench.done] == ["", "late"]
    assert len(bench.station.asked) == 1


def test_a_long_order_delays_no_door(bench):
    waits, asked = threading.Event(), []

    def order(_, path, *__):
        if path == "/v1/doctor":
            waits.wait(60)
        asked.append(path)
        return 200, {}

    bench.station.order = order
    bench.send("{}", f"{ROOT}/command/examine_station", at=soon())
    bench.send(at=soon())
    until(lambda: asked == ["/v1/doors/front/open"])
    waits.set()
    until(lambda: len(asked) == 2)


def test_too_many_orders_at_once_are_refused(bench):
    bench.station.goes_on.clear()
    # Of now: late ones would be done with, and make room, at any moment in between.
    came = [bench.send(at=soon()) for _ in range(1000)]
    assert came.count(None) <= orders.WAITING + 1
    assert set(came) == {None, "too_many"}
    bench.station.goes_on.set()
    until(bench.orders._lanes["doors"].empty)
    assert bench.send(at=soon() + 10.0) is None


def test_an_order_that_found_no_room_may_come_again(bench):
    bench.station.goes_on.clear()
    assert bench.send(at=soon()) is None
    until(bench.orders._lanes["doors"].empty)  # it is being carried out, and makes no room later
    while bench.send(at=soon()) is None:
        pass
    assert bench.send(at=soon(), correlation=b"1") == "too_many"
    bench.station.goes_on.set()
    until(bench.orders._lanes["doors"].empty)
    assert bench.send(at=soon() + 1.0, correlation=b"1") is None


def test_a_flood_of_refusals_is_reported_in_few_events_that_say_how_many(bench):
    for number in range(10_000):
        heard = Heard(OPEN, b"", 100.0, retained=True, again=False)
        bench.orders.refused(orders.Answered(f"x{number}\n{'y' * 500}", heard, refused="retained"), 100.0)
    assert len(bench.told) == orders.REPORTED_AT_ONCE
    assert bench.told[0] == (f"x0{'y' * 62}", "retained", 0)
    bench.orders.report(101.0)
    assert bench.orders.again == 101.0 + orders.REPORTED_EVERY_S or bench.orders.again is None
    bench.orders.report(102.0)
    assert sum(1 + more for *_, more in bench.told) == 10_000
    assert bench.orders.again is None


def test_the_examination_s_own_order_is_left_to_it(bench):
    assert bench.orders.take(bench.link, Heard(f"{ROOT}/command/doctor", b"x", 1.0, retained=True, again=False)) is None
    assert bench.done == []


def test_no_answer_goes_out_for_an_order_that_the_broker_keeps(bench):
    heard = Heard(OPEN, b"{}", 1.0, retained=True, again=False, answer_to="mine")
    assert bench.orders.take(bench.link, heard).topic == ""
