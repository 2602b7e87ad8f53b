"""A receiver of webhooks that answers what to do: it is obeyed in time and within its token, and never otherwise."""

import contextlib
import threading

import pytest

from tests.support.certificates import Authority
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.receiver import Receiver
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
LONG_S = 5.0  # in which an answer comes, however busy the machine is
SHORT_S = 2.0  # in which a question comes, and no answer


def says(*orders, status=200):
    """Answers to questions, and only to these."""

    def answer(got):
        asked = "answerms" in got.event
        return (status, {"orders": [*orders]}) if asked else (204, None)

    return answer


@contextlib.contextmanager
def asking(directory, receiver, *kinds, scopes=("call",), answer_s=LONG_S, token=True, **more):
    """A station that asks the receiver about these events, and has another target, `other`."""
    table = receiver.settings(ask=[*kinds], answer_s=answer_s, token="house", **more)
    targets = {"other": {"uri": "sip:other@127.0.0.9:5099"}}
    with Daemon(directory / "s", webhook={"house": table}, target=targets, door={"front": {"pulse_s": 2.0}}) as station:
        if token:
            station.post("/v1/tokens", {"name": "house", "scopes": scopes})

        def heard():
            station.press("hangup")
            return receiver.got

        until(heard, "the process that asks", log=station.told)
        station.begin()
        yield station


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as receiver:
        yield receiver


def questions(receiver):
    return [got for got in receiver.got if "answerms" in got.event]


@contextlib.contextmanager
def calling(directory, station, scenario="uac-answered-ends"):
    """Somebody calls whom the station knows."""
    with Sipp(directory, scenario, station.address, address=station.far_address, user="far"):
        yield station.wait("call.incoming")


def test_a_receiver_says_whom_a_ring_rings(tmp_path, receiver):
    receiver.answers = says({"order": "route_ring", "targets": ["other"], "seconds": 20})
    with asking(tmp_path, receiver, "ring.started") as station:
        station.press("ring")
        ring = station.wait("ring.started")
        assert station.wait("call.dialing")["data"]["target"] == "other"
        sent = station.wait("notification.sent", asked=True)["data"]
        assert (sent["orders"], sent["ring"], sent["status"]) == (["route_ring"], ring["data"]["ring"], 200)
        (question,) = questions(receiver)
        assert question.right
        assert question.event["data"] == ring
        assert question.event["id"].endswith("-question")
        assert 0 < question.event["answerms"] <= LONG_S * 1000
        until(lambda: receiver.of("ring.started")[1:], "the event itself", log=station.told)


@shows("POST /v1/rings/{ring}/route", "DELETE /v1/rings/{ring}", "POST /v1/calls/{id}/forward")
def test_another_client_may_decide_while_the_receiver_thinks(tmp_path, receiver):
    thought = threading.Event()

    def thinks(got):
        if "answerms" in got.event:
            thought.wait(60)
        return 204, None

    receiver.answers = thinks
    with asking(tmp_path, receiver, "ring.started", "call.incoming") as station:
        station.press("ring")
        ring = station.wait("ring.started")["data"]["ring"]
        station.post(f"/v1/rings/{ring}/route", {"targets": ["other"]})
        assert station.wait("call.dialing")["data"]["target"] == "other"
        status, error = station.ask("POST", f"/v1/rings/{ring}/route", {"targets": ["far"]})
        assert (status, error["code"]) == (409, "conflict")
        assert station.ask("DELETE", f"/v1/rings/{ring}")[0] == 200
        assert station.wait("ring.ended")["data"]["result"] == "canceled"
        with calling(tmp_path, station, "uac-moved") as incoming:
            station.post(f"/v1/calls/{incoming['call']}/forward", {"to": "other"})
            assert "other" in station.wait("call.forwarded", incoming["call"])["data"]["to"]
        thought.set()


def test_a_receiver_refuses_a_ring_and_speaks_to_the_visitor(tmp_path, receiver):
    receiver.answers = says({"order": "end_ring"}, {"order": "report_event", "name": "refused"})
    with asking(tmp_path, receiver, "ring.started") as station:
        station.press("ring")
        assert station.wait("ring.ended")["data"]["result"] == "canceled"
        assert station.wait("custom")["data"]["by"] == "http:house"
        assert station.of("call.dialing") == []


def test_a_receiver_opens_the_door_if_its_token_may_and_the_plan_goes_on_at_once(tmp_path, receiver):
    receiver.answers = says({"order": "open_door", "door": "front"})
    with asking(tmp_path, receiver, "ring.started", scopes=("call", "door")) as station:
        station.press("ring")
        assert station.wait("door.unlocked")["data"]["by"] == "http:house"


def test_without_an_order_the_plan_begins_at_once(tmp_path, receiver):
    receiver.answers = lambda _: (204, None)
    with asking(tmp_path, receiver, "ring.started") as station:
        begun = station.press("ring")
        dialing = station.wait("call.dialing")
        assert dialing["data"]["target"] == "far"
        assert dialing["uptime"] - begun < LONG_S


def test_a_receiver_forwards_a_call(tmp_path, receiver):
    receiver.answers = says({"order": "forward_call", "to": "other"})
    with asking(tmp_path, receiver, "call.incoming") as station:
        with calling(tmp_path, station, "uac-moved") as incoming:
            forwarded = station.wait("call.forwarded", incoming["call"])
            assert forwarded["data"]["code"] == 302
            assert "other" in forwarded["data"]["to"]
        assert "call.ringing" not in [event["type"] for event in station.since]


def test_a_receiver_refuses_a_call_before_it_rings(tmp_path, receiver):
    receiver.answers = says({"order": "reject_call", "code": 486})
    with asking(tmp_path, receiver, "call.incoming") as station:
        with calling(tmp_path, station, "uac-refused") as incoming:
            station.wait("call.rejected", incoming["call"])
        assert station.of("call.rejected")[0]["data"]["code"] == 486
        assert station.of("call.ringing") == []


def test_a_receiver_answers_a_call(tmp_path, receiver):
    receiver.answers = says({"order": "answer_call"})
    with asking(tmp_path, receiver, "call.incoming") as station, calling(tmp_path, station) as incoming:
        call = incoming["call"]
        assert station.wait("call.answering", call)["data"]["who"] == "http:house"
        station.wait("call.connected", call)
        station.post(f"/v1/calls/{call}/hangup")
        station.wait("call.ended", call)


def menu(got):
    """A receiver that asks for digits, and again if they are wrong, and then answers to them."""
    if "answerms" not in got.event:
        return 204, None
    asks = {"order": "ask_for_digits", "digits": 4, "seconds": 30}
    match got.event.get("digits"):
        case None:
            return 200, {"orders": [{"order": "answer_call", "media": "none"}, asks | {"text": "Your number, please."}]}
        case "4711":
            return 200, {"orders": [{"order": "report_event", "name": "number"}, {"order": "hang_up_call"}]}
        case _:
            return 200, {"orders": [asks]}


def answered(far, station):
    """Call the station, whose receiver has it answer at once: the call."""
    far.send(far.invite())
    far.receive("SIP/2.0 200", "INVITE")
    far.send(far.request("ACK"))
    return station.wait("call.connected")["call"]


def typed(far, first, digits):
    for number, digit in enumerate(digits, first):
        body = f"Signal={digit}\r\nDuration=160\r\n"
        far.ask(far.request("INFO", number, body=body, kind="application/dtmf-relay"), "SIP/2.0 200", "INFO")


def test_a_receiver_asks_a_caller_for_digits_and_says_what_follows_from_them(tmp_path, receiver):
    receiver.answers = menu
    scopes = ("view", "call", "digits")
    with asking(tmp_path, receiver, "call.incoming", scopes=scopes) as station:
        with Packets(station.far_address, to=station.address) as far:
            call = answered(far, station)
            station.wait("playback.started", call)
            typed(far, 2, "12#")
            until(lambda: len(questions(receiver)) == 2, "the second question", log=station.told)
            typed(far, 5, "4711")
            assert station.wait("custom", name="number")["data"]["by"] == "http:house"
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        asked = questions(receiver)
        assert [(got.event.get("digits"), got.event.get("digitsend")) for got in asked] == [
            (None, None),
            ("12", "#"),
            ("4711", "number"),
        ]
        assert [got.event["id"].rpartition("-")[0].rpartition("-")[2] for got in asked[1:]] == ["digits"] * 2
        assert all(got.right for got in asked)
        assert not station.of("door.unlocked")


def test_a_caller_is_not_asked_without_the_scope_for_digits_and_the_call_ends(tmp_path, receiver):
    receiver.answers = menu
    with asking(tmp_path, receiver, "call.incoming", scopes=("view", "call")) as station:
        with Packets(station.far_address, to=station.address) as far:
            call = answered(far, station)
            refused = station.wait("access.order_refused")["data"]
            assert (refused["order"], refused["why"]) == ("ask_for_digits", "not_allowed")
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
            station.wait("call.ended", call)


@pytest.mark.parametrize(
    "asks", [{"digits": 0}, {"digits": 33}, {"seconds": 1e9}, {"text": 1}, {"order": "ask_for_digits"}]
)
def test_a_wish_for_digits_that_is_none_or_of_no_answered_call_changes_nothing(tmp_path, receiver, asks):
    first = [{"order": "answer_call"}] if len(asks) and "order" not in asks else []
    receiver.answers = says(*first, {"order": "ask_for_digits", **asks})
    with asking(tmp_path, receiver, "call.incoming", scopes=("view", "call", "digits")) as station:
        with calling(tmp_path, station):
            assert station.wait("access.order_refused")["data"]["why"] == "invalid"
            station.hang_up_all()


def test_an_order_beyond_the_token_or_unknown_or_unreadable_is_refused_reported_and_the_plan_begins(tmp_path, receiver):
    with asking(tmp_path, receiver, "ring.started") as station:
        for orders, why in (
            ([{"order": "open_door", "door": "front"}], "not_allowed"),
            ([{"order": "add_token", "name": "x", "scopes": ["admin"]}], "unknown"),
            ([{"order": "open_window"}], "unknown"),
            ([{"order": "open_door"}], "invalid"),
            ([{"order": "report_event", "name": "x"}] * 9, "too_many"),
            (["open_door"], "invalid"),
        ):
            receiver.answers = says(*orders)
            station.begin()
            station.press("ring")
            assert station.wait("access.order_refused")["data"]["why"] == why
            assert station.wait("call.dialing")["data"]["target"] == "far"
            assert station.of("door.unlocked") == []
            station.hang_up_all()
            station.wait("ring.ended")


def test_without_its_token_nothing_is_carried_out_and_the_doctor_names_it(tmp_path, receiver):
    receiver.answers = says({"order": "open_door", "door": "front"})
    with asking(tmp_path, receiver, "ring.started", token=False) as station:
        station.press("ring")
        assert station.wait("access.order_refused")["data"]["why"] == "not_allowed"
        assert station.wait("call.dialing", patience=60)["data"]["target"] == "far"
        found = [each["message"] for each in station.post("/v1/doctor")["findings"] if each["check"] == "webhooks"]
        assert "There is no valid token house, which webhook.house.token names." in found


def test_an_answer_after_the_limit_changes_nothing_and_is_reported(tmp_path, receiver):
    over = threading.Event()

    def late(got):
        if "answerms" in got.event:
            over.wait(60)
        return says({"order": "route_ring", "targets": ["other"]}, {"order": "open_door", "door": "front"})(got)

    receiver.answers = late  # within the limit the process that asks, perhaps held up, has to ask at all
    with asking(tmp_path, receiver, "ring.started", scopes=("call", "door"), answer_s=SHORT_S) as station:
        station.press("ring")
        failed = station.wait("notification.failed", asked=True)["data"]
        assert "It does not answer in time." in failed["why"]
        assert failed["again_s"] is None
        assert station.wait("call.dialing")["data"]["target"] == "far"
        over.set()
        until(lambda: questions(receiver), log=station.told)
        station.wait("notification.sent", name="ring.started", asked=False)
        assert station.of("door.unlocked") == []
        assert [event["data"]["target"] for event in station.of("call.dialing")] == ["far"]


def test_the_answer_of_a_stranger_changes_nothing_and_is_reported(tmp_path):
    stranger = Authority(tmp_path / "stranger", "another authority")
    house = Authority(tmp_path / "house")
    receiver = Receiver(tmp_path / "r", answers=says({"order": "open_door", "door": "front"}))
    receiver._certificate = stranger.sign("r", "r", f"IP:{receiver.address}")
    table = receiver.settings(ca_file=str(house.file), ask=["ring.started"], answer_s=LONG_S, token="house")
    with receiver, Daemon(tmp_path / "s", webhook={"house": table}, door={"front": {}}) as station:
        station.post("/v1/tokens", {"name": "house", "scopes": ["door", "call"]})
        station.press("hangup")
        station.wait("appliance.degraded", part="webhook.house")
        station.press("ring")
        assert "Another authority has signed it" in station.wait("notification.failed", asked=True)["data"]["why"]
        assert station.wait("call.dialing")["data"]["target"] == "far"
        assert station.of("door.unlocked") == []
        assert receiver.got == []


def test_orders_in_the_answer_to_an_event_are_not_read(tmp_path, receiver):
    receiver.answers = lambda got: (200, {"orders": [{"order": "open_door", "door": "front"}]})
    with asking(tmp_path, receiver, "call.incoming", scopes=("call", "door")) as station:
        station.press("ring")
        station.wait("notification.sent", name="ring.started")
        assert station.of("door.unlocked") == []


def test_a_redirect_in_place_of_an_answer_is_not_followed(tmp_path, receiver):
    receiver.answers = says({"order": "open_door", "door": "front"}, status=307)
    with asking(tmp_path, receiver, "ring.started", scopes=("call", "door")) as station:
        station.press("ring")
        assert "It sends the station elsewhere" in station.wait("notification.failed", asked=True)["data"]["why"]
        assert station.wait("call.dialing")["data"]["target"] == "far"
        assert station.of("door.unlocked") == []


def test_while_the_receiver_is_away_a_ring_loses_no_time(tmp_path, receiver):
    with asking(tmp_path, receiver, "ring.started") as station:
        receiver.stop()
        begun = station.press("ring")
        assert "Nothing listens there." in station.wait("notification.failed", asked=True)["data"]["why"]
        assert station.wait("call.dialing")["uptime"] - begun < LONG_S
        receiver.start()
