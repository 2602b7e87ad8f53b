"""A station and receivers of webhooks: nothing is lost and the order is kept, even if either is killed meanwhile."""

import itertools
import os
import random
import signal
import subprocess
import sys
import tomllib

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.support.certificates import Authority
from tests.support.clocks import on_clock
from tests.support.daemon import Daemon
from tests.support.peers.mosquitto import DEVICE, Listener, Mosquitto
from tests.support.peers.receiver import Receiver
from tests.support.peers.sipp import Sipp, free_port
from tests.support.processes import children, command
from tests.support.shown import shows
from tests.support.times import hasty
from tests.support.waiting import pause, until

pytestmark = pytest.mark.far_end
PRESSES = 80


def outlets(station):
    return [pid for pid in children(station.pid) if "appliance.outlet" in command(pid)]


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as receiver:
        yield receiver


def begun(receiver, station):
    """Wait until the receiver gets events, as one that is new gets what happens from then on; the first one's id."""

    def first():
        station.press("hangup")
        pause(0.1)
        return receiver.order[:1]

    return until(first, "the first event", log=station.told)[0]


def journal(station, since):
    """The ids of all events that the journal has now, from one on."""
    found, after = [], since - 1
    while page := station.get(f"/v1/events?since={after}&wait=0")["events"]:
        found += [event["id"] for event in page if event["type"] != "events.lost"]
        after = page[-1]["id"]
    return found


def has_all(receiver, station, first):
    """Wait until the receiver has all events from the first on; they came in order, and all had a right signature."""

    def missing():
        return sorted(set(journal(station, first)) - set(receiver.order))

    until(lambda: not missing(), "all events", log=lambda: f"{missing()[:9]} {station.told()}")
    assert receiver.order == sorted(receiver.order)
    assert all(got.right for got in receiver.got)


def findings(station):
    """What the doctor says of receivers."""
    return [each for each in station.post("/v1/doctor")["findings"] if each["check"] == "webhooks"]


def test_without_a_receiver_there_is_no_such_process(tmp_path):
    with Daemon(tmp_path) as station:
        assert outlets(station) == []
        assert [*tmp_path.glob("webhook*")] == []


def test_a_receiver_of_all_events_that_fails_each_second_time_does_not_cause_events_without_an_end(tmp_path, receiver):
    """Each report that it fails, or works again, is an event that it gets."""
    statuses = itertools.cycle([204, 500])
    receiver.answers = lambda _: (next(statuses), None)
    times = hasty(webhook_again_s=(0.05, 30.0))
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, times=times) as station:
        begun(receiver, station)
        while len(receiver.got) < 60:
            station.press("hangup")
            pause(0.1)
        reported = [station.ever(f"appliance.{kind}", part="webhook.house") for kind in ("degraded", "recovered")]
        assert [len(each) for each in reported] == [2, 1]


@shows("notification.sent")
def test_a_receiver_gets_each_event_signed_and_in_order_and_a_ring_is_reported(tmp_path, receiver):
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, mqtt={"device": "gate"}) as station:
        first = begun(receiver, station)
        station.ring()
        ring = station.wait("ring.started")
        sent = station.wait("notification.sent", name="ring.started")["data"]
        assert sent == {
            "receiver": "house",
            "name": "ring.started",
            "event": ring["id"],
            "status": 204,
            "ring": ring["data"]["ring"],
            "asked": False,
            "orders": [],
        }
        has_all(receiver, station, first)
        (told,) = (got for got in receiver.got if got.kind == "ring.started")
        assert told.event["data"] == ring
        assert told.event["source"] == "urn:intercomd:station:gate"
        assert told.headers["content-type"] == "application/cloudevents+json"
        assert len(station.of("notification.sent")) == 1


def test_an_incoming_call_is_sent_and_reported_with_its_id(tmp_path, receiver):
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}) as station:
        begun(receiver, station)
        with Sipp(tmp_path, "uac-answered-ends", station.address, address=station.far_address, user="far"):
            incoming = station.wait("call.incoming")
            call = incoming["call"]
            sent = station.wait("notification.sent", name="call.incoming")
            assert sent["call"] == call
            assert sent["data"] == {
                "receiver": "house",
                "name": "call.incoming",
                "event": incoming["id"],
                "status": 204,
                "ring": None,
                "asked": False,
                "orders": [],
            }
            (told,) = (got for got in receiver.got if got.kind == "call.incoming")
            assert told.event["subject"] == call
            station.post(f"/v1/calls/{call}/answer")
            station.wait("call.connected", call)
            station.post(f"/v1/calls/{call}/hangup")
            station.wait("call.ended", call)


def test_only_the_wanted_events_come(tmp_path, receiver):
    table = receiver.settings(events=["ring.*", "door.unlocked"], report=[])
    with Daemon(tmp_path / "s", webhook={"house": table}, door={"front": {"pulse_s": 0.2}}) as station:

        def opened():
            station.post("/v1/doors/front/open")
            return receiver.of("door.unlocked")

        until(opened, log=station.told)
        station.ring()
        until(lambda: receiver.of("ring.started"), log=station.told)
        assert {got.kind for got in receiver.got} == {"ring.started", "door.unlocked"}
        assert station.of("notification.sent") == []


def test_two_receivers_do_not_wait_for_each_other(tmp_path, receiver):
    with Receiver(tmp_path / "other", answers=lambda _: (503, None)) as other:
        tables = {"house": receiver.settings(), "other": other.settings()}
        with Daemon(tmp_path / "s", webhook=tables) as station:
            first = begun(receiver, station)
            has_all(receiver, station, first)
            assert len(outlets(station)) == 1


def test_while_the_receiver_is_killed_and_away_twenty_times_nothing_is_lost(tmp_path, receiver):
    chance = random.Random(1)
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, times=hasty()) as station:
        first = begun(receiver, station)
        for number in range(PRESSES):
            station.press("ring" if number % 8 == 0 else "hangup")
            if number % 4 == 1:
                receiver.stop()
                station.press("hangup")
                pause(chance.uniform(0, 0.3))
                receiver.start()
            pause(0.05)
        has_all(receiver, station, first)
        until(lambda: station.ever("appliance.recovered", part="webhook.house"))
        assert station.ever("appliance.degraded", part="webhook.house")[0]["data"]["why"]
        failed = station.ever("notification.failed")
        assert all(each["data"]["again_s"] is not None and each["data"]["why"] for each in failed)
        rings = {event["id"] for event in station.ever("ring.started") if event["id"] >= first}
        until(lambda: rings <= {each["data"]["event"] for each in station.ever("notification.sent")})


def test_while_the_station_is_killed_ten_times_nothing_is_lost(tmp_path, receiver):
    station = Daemon(tmp_path / "s", webhook={"house": receiver.settings()})
    try:
        station.start()
        station.ready()
        first = begun(receiver, station)
        for _ in range(10):
            for _ in range(5):
                station.press("hangup")
                pause(0.1)
            station.kill()
            station.start()
            station.ready()
        has_all(receiver, station, first)
        ids = [got.headers["webhook-id"] for got in receiver.got]
        assert len(set(ids)) == len(receiver.order)
    finally:
        station.stop()


def test_a_killed_process_is_replaced_and_reported(tmp_path, receiver):
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, times=hasty()) as station:
        first = begun(receiver, station)
        os.kill(outlets(station)[0], signal.SIGKILL)
        said = station.wait("appliance.degraded", part="webhook")["data"]["why"]
        assert said == "The process that sends events ended with status -9. Look into the log."
        station.wait("appliance.recovered", part="webhook")
        station.press("hangup")
        has_all(receiver, station, first)


def test_what_the_journal_no_longer_has_is_a_gap_with_from_and_to(tmp_path, receiver):
    settings = {"webhook": {"house": receiver.settings()}, "log": {"keep_events": 100}}
    with Daemon(tmp_path / "s", **settings, times=hasty()) as station:
        begun(receiver, station)
        receiver.stop()
        before = len(station.events)
        while len(station.events) < before + 500:
            station.press("hangup")
            pause(0.1)
        receiver.start()
        station.press("hangup")
        until(lambda: receiver.of("events.lost"), log=station.told)
        (lost,) = receiver.of("events.lost")
        assert lost["data"]["from"] == max(each for each in receiver.order if each < lost["id"]) + 1
        assert lost["data"]["to"] == lost["id"]
        last = journal(station, 1)[-1]
        until(lambda: last in receiver.order, log=station.told)
        after = [each for each in receiver.order if each > lost["id"]]
        assert after == list(range(lost["id"] + 1, after[-1] + 1))


def test_an_event_that_the_receiver_refuses_for_good_is_left_out_and_reported(tmp_path, receiver):
    receiver.answers = lambda got: (422 if got.kind == "ring.started" else 204, None)
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings(report=[])}, times=hasty()) as station:
        begun(receiver, station)
        station.ring()
        ring = station.wait("ring.started")
        failed = station.wait("notification.failed")["data"]
        assert (failed["event"], failed["status"], failed["again_s"]) == (ring["id"], 422, None)
        assert "It answers 422" in failed["why"]
        until(lambda: max(receiver.order) > ring["id"], log=station.told)
        assert len(receiver.of("ring.started")) == 3


def test_no_event_is_left_out_while_the_clock_is_wrong_by_which_the_receiver_judges_it(tmp_path, receiver):
    """A board without a battery for its clock starts in the past. Many receivers answer 400 to a signature of then."""
    receiver.answers = lambda got: (204 if got.right else 400, None)
    offset = tmp_path / "offset"
    offset.write_text("-7200\n")
    clock = on_clock(FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1")
    settings = {"webhook": {"house": receiver.settings()}, "times": hasty(webhook_again_s=(0.01, 0.05))}
    with Daemon(tmp_path / "s", within=clock, **settings) as station:
        first = begun(receiver, station)
        until(lambda: len(receiver.got) > 6, log=station.told)
        assert receiver.order == [first]
        assert not station.of("notification.failed")
        offset.write_text("+0\n")
        until(lambda: len(receiver.order) > 1, log=station.told)
        assert {got.right for got in receiver.got if got.event["data"]["id"] == first} == {False, True}


def test_only_refusals_in_a_row_have_an_event_left_out(tmp_path, receiver):
    answers = itertools.chain([422, 422, 503, 422, 422], itertools.repeat(204))
    receiver.answers = lambda got: (next(answers) if got.kind == "ring.started" else 204, None)
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, times=hasty()) as station:
        first = begun(receiver, station)
        station.ring()
        assert station.wait("notification.sent")["data"]["status"] == 204
        has_all(receiver, station, first)
        assert len(receiver.of("ring.started")) == 6
        assert [each["data"]["again_s"] is None for each in station.of("notification.failed")] == [False]


@shows("notification.failed")
def test_a_busy_receiver_is_asked_again_until_it_takes_the_event(tmp_path, receiver):
    answers = itertools.chain([(503, None), (429, None), (500, None), (403, None)], itertools.repeat((200, {"any": 1})))
    receiver.answers = lambda got: next(answers) if got.kind == "ring.started" else (204, None)
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, times=hasty()) as station:
        first = begun(receiver, station)
        station.ring()
        assert station.wait("notification.failed")["data"]["status"] == 503
        assert station.wait("notification.sent")["data"]["status"] == 200
        has_all(receiver, station, first)
        assert len(receiver.of("ring.started")) == 5
        assert len(station.of("notification.failed")) == 1


def test_a_restart_goes_on_where_it_was_and_a_new_receiver_gets_nothing_old(tmp_path, receiver):
    station = Daemon(tmp_path / "s", webhook={"house": receiver.settings()})
    with station:
        first = begun(receiver, station)
        has_all(receiver, station, first)
    receiver.stop()
    receiver.got.clear()
    with Receiver(tmp_path / "new") as new:
        station.config["webhook"]["new"] = new.settings()
        with station:
            receiver.start()
            begun(new, station)
            assert new.order[0] > first
            until(lambda: receiver.of("appliance.started"), log=station.told)


def test_the_doctor_says_whether_receivers_work(tmp_path, receiver):
    with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}) as station:
        assert [each["level"] for each in findings(station)] == ["ok"]
        receiver.stop()
        found = findings(station)
        assert {each["level"] for each in found} == {"problem"}
        assert "Nothing listens there." in found[0]["cause"]


def test_a_receiver_with_a_wrong_certificate_gets_nothing_and_that_is_reported(tmp_path):
    house = Authority(tmp_path / "house")
    right = house.sign("right", "right", "IP:127.0.0.1")
    with Receiver(tmp_path / "r", right) as receiver:
        with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}) as station:
            station.press("hangup")
            why = station.wait("appliance.degraded", part="webhook.house")["data"]["why"]
            assert "Another authority has signed it" in why
            assert receiver.got == []


def test_over_https_with_its_own_authority_events_come(tmp_path):
    house = Authority(tmp_path / "house")
    receiver = Receiver(tmp_path / "r")
    receiver._certificate = house.sign("right", "right", f"IP:{receiver.address}")
    with receiver:
        table = receiver.settings(ca_file=str(house.file))
        with Daemon(tmp_path / "s", webhook={"house": table}) as station:
            first = begun(receiver, station)
            has_all(receiver, station, first)


def test_local_receivers_are_not_connected_to_unless_that_is_allowed(tmp_path):
    house = Authority(tmp_path / "house")
    receiver = Receiver(tmp_path / "r")
    receiver._certificate = house.sign("right", "right", f"IP:{receiver.address}")
    with receiver:
        table = receiver.settings(ca_file=str(house.file), local=False)
        with Daemon(tmp_path / "s", webhook={"house": table}) as station:
            station.press("hangup")
            why = station.wait("appliance.degraded", part="webhook.house")["data"]["why"]
            assert f"{receiver.address} is a local address." in why
            assert receiver.got == []
            assert receiver._open == set()


def test_a_broker_and_a_receiver_share_one_process_and_either_works_without_the_other(tmp_path, receiver):
    with Mosquitto(tmp_path / "broker") as broker, Listener(broker, f"intercomd/{DEVICE}/#") as heard:
        at = {"host": broker.address, "port": broker.port, "device": DEVICE, "tls": False}
        with Daemon(tmp_path / "s", webhook={"house": receiver.settings()}, mqtt=at) as station:
            first = begun(receiver, station)
            until(lambda: heard.of("availability") == ["online"], log=station.told)
            assert len(outlets(station)) == 1
            broker.stop()
            station.wait("appliance.degraded", part="mqtt")
            station.press("hangup")
            has_all(receiver, station, first)


def test_the_guide_s_receiver_takes_what_the_guide_s_station_sends(tmp_path, receiver):
    _, ours, program, *_, report, _ = blocks("webhooks.md")
    table = {**tomllib.loads(ours)["webhook"]["house"], **tomllib.loads(report)["webhook"]["house"]}
    port = free_port("127.0.0.1")
    table |= {"url": f"http://127.0.0.1:{port}/", "secret_file": str(receiver.file), "local": True}
    words = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", program, str(receiver.file), str(port)]
    with (
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as guided,
        Daemon(tmp_path / "s", webhook={"house": table}) as station,
    ):
        try:
            until(lambda: outlets(station))
            until(lambda: [each["level"] for each in findings(station)] == ["ok"], log=station.told)
            assert " examination {}" in guided.stdout.readline()
            station.ring()
            sent = station.wait("notification.sent", name="ring.started")
            said = guided.stdout.readline()
            while "ring.started" not in said:
                said = guided.stdout.readline()
            assert sent["data"]["ring"] in said
            receiver.file.write_text("whsec_" + "A" * 44)
            station.begin()
            assert "Give both sides the same secret" in findings(station)[0]["resolution"]
        finally:
            guided.kill()
