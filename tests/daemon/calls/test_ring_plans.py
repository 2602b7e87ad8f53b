"""A visitor rings several people: SIPp is each of them, and judges what reaches it."""

from datetime import datetime

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.sipp import Sipp, free_port
from tests.support.shown import shows
from tests.support.waiting import until

PEOPLE = ("kitchen", "hall", "mobile", "nobody")
PLANS = {
    "both": {"steps": [["kitchen", "hall"]]},
    "steps": {"steps": [["kitchen"], ["hall"]], "step_s": [6, 30]},
    "empty": {"steps": [["nobody"], ["hall"]], "step_s": [2, 30]},
    "calm": {"steps": [["kitchen"], ["hall"]]},
    "twice": {"steps": [["kitchen"]], "cycles": 2},
    "machine": {"steps": [["mobile"], ["hall"]], "step_s": [10, 30]},
    "asked": {"steps": [["mobile", "hall"]]},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A station with a button for each plan."""
    at = {}
    for name in PEOPLE:
        address = loopback()
        at[name] = address, free_port(address)
    targets = {name: {"uri": f"sip:{name}@{address}:{port}"} for name, (address, port) in at.items()}
    targets["mobile"]["confirm"] = "1"
    buttons = {name: {"action": "ring", "target": name} for name in PLANS} | {"hangup": {"action": "hangup"}}
    rooms = {"plan": PLANS, "panel": {"button": buttons}, "door": {"front": {"pulse_s": 2.0}}}
    with Daemon(tmp_path_factory.mktemp("d"), target=targets, **rooms) as daemon:
        daemon.at = at
        yield daemon


@pytest.fixture
def person(door, tmp_path):
    """Somebody who is called."""

    def started(name, scenario, directory=None, **options):
        address, port = door.at[name]
        directory = directory or tmp_path / name
        directory.mkdir()
        return Sipp(directory, scenario, address=address, port=port, **options)

    return started


def calls(door):
    """The newest call to each."""
    return {event["data"]["target"]: event["call"] for event in door.of("call.dialing")}


def called(door, *names):
    """Wait until these were."""
    until(lambda: set(names) <= set(calls(door)), f"calls to {names}")
    return calls(door)


def ended(door, result, target=""):
    told = door.wait("ring.ended", result=result, target=target)
    started = door.wait("ring.started")
    assert told["data"]["ring"] == started["data"]["ring"]
    logged = lambda: [call["ring"] for call in door.get("/v1/log/calls")["calls"][:1]]  # noqa: E731
    until(lambda: logged() == [started["data"]["ring"]], "the ring's id in the log")
    return told


@shows("call.canceled", "cause:answered_elsewhere")
def test_the_first_to_answer_stops_all_others_who_learn_that_it_was_answered(door, person):
    with person("hall", "uas-elsewhere") as hall, person("kitchen", "uas-answer", ring=3) as kitchen:
        door.press("both")
        call = called(door, "kitchen", "hall")
        assert ended(door, "answered", "kitchen")["call"] == call["kitchen"]
        door.final(call["hall"], kind="call.canceled", cause="answered_elsewhere", by="local", missed=False)
        hall.done()
        door.talk(call["kitchen"])
        (only,) = door.get("/v1/calls")["calls"]
        assert (only["id"], only["active"]) == (call["kitchen"], True)
        door.press("hangup")
        kitchen.done()


@shows("ring.ended result=opened")
def test_a_door_that_is_opened_stops_all_and_a_restart_remembers_who_opened_it(door, person):
    until(lambda: door.get("/v1/doors/front")["available"], "a guard")
    assert door.get("/v1/doors/front")["last_opening"] is None
    with person("hall", "uas-elsewhere") as hall, person("kitchen", "uas-elsewhere", directory=None) as kitchen:
        door.press("both")
        call = called(door, "kitchen", "hall")
        for phone in ("kitchen", "hall"):
            door.wait("call.ringing", call[phone])
        door.post("/v1/doors/front/open")
        told = ended(door, "opened")["data"]
        assert (told["door"], told["by"], told["means"]) == ("front", "http:unix", "api")
        for phone in ("kitchen", "hall"):
            door.final(call[phone], kind="call.canceled", cause="canceled", by="local", missed=False)
        hall.done()
        kitchen.done()
    opened = door.get("/v1/doors/front")["last_opening"]
    assert (opened["by"], opened["means"], opened["held"]) == ("http:unix", "api", False)
    door.wait("door.locked")
    door.stop()
    door.start()
    door.ready()
    again = until(lambda: door.get("/v1/doors/front")["last_opening"], "the last opening")
    assert again == opened | {"time": again["time"]}
    assert abs(datetime.fromisoformat(again["time"]) - datetime.fromisoformat(opened["time"])).total_seconds() < 1


def test_who_does_not_answer_in_his_time_is_followed_by_the_next(door, person):
    with person("kitchen", "uas-ring") as kitchen, person("hall", "uas-answer") as hall:
        door.press("steps")
        kitchen.done()
        ended(door, "answered", "hall")
        door.final(calls(door)["kitchen"], kind="call.failed", cause="no_answer", by="local")
        door.press("hangup")
        hall.done()


def test_who_is_not_there_is_followed_by_the_next(door, person):
    with person("hall", "uas-answer") as hall:
        door.press("empty")
        ended(door, "answered", "hall")
        door.press("hangup")
        hall.done()


def test_a_phone_that_refuses_is_followed_by_the_next_at_once_and_no_one_hears_an_error(door, person):
    with person("kitchen", "uas-refuse", code=486) as kitchen, person("hall", "uas-answer") as hall:
        door.press("calm")
        kitchen.done()
        ended(door, "answered", "hall")
        assert door.get("/v1/state")["panel"]["picture"] != "error"
        door.press("hangup")
        hall.done()


def test_all_refuse_as_often_as_the_plan_says(door, person, tmp_path):
    for time in ("first", "second"):
        with person("kitchen", "uas-refuse", directory=tmp_path / time, code=603) as kitchen:
            if time == "first":
                door.press("twice")
            kitchen.done()
    ended(door, "unanswered")
    assert len(door.of("call.dialing")) == 2


def test_an_answering_machine_does_not_end_the_ring(door, person):
    with person("mobile", "uas-answer") as mobile, person("hall", "uas-answer") as hall:
        door.press("machine")
        machine = called(door, "mobile")["mobile"]
        door.wait("call.connected", machine)
        ended(door, "answered", "hall")
        door.final(machine, kind="call.ended", cause="answered_elsewhere", by="local")
        mobile.done()
        assert not door.of("recording.started", machine)
        door.press("hangup")
        hall.done()


def test_who_confirms_by_the_digit_is_put_through(door, person):
    with person("mobile", "uas-confirms", digits="1") as mobile, person("hall", "uas-elsewhere") as hall:
        door.press("asked")
        assert ended(door, "answered", "mobile")["call"] == calls(door)["mobile"]
        hall.done()
        until(lambda: door.get("/v1/calls")["calls"][0]["active"], "the call in front")
        door.press("hangup")
        mobile.done()


def test_the_visitor_hangs_up_and_no_one_rings_on(door, person):
    with person("kitchen", "uas-ring") as kitchen, person("hall", "uas-ring") as hall:
        door.press("both")
        call = called(door, "kitchen", "hall")
        for one in call.values():
            door.wait("call.ringing", one)
        door.press("hangup")
        kitchen.done()
        hall.done()
        ended(door, "canceled")
        for one in call.values():
            door.final(one, kind="call.canceled", cause="canceled", by="local")


def test_a_phone_that_we_can_no_longer_reach_learned_at_the_start_when_to_stop(door, person):
    with person("kitchen", "uas-expires") as kitchen:
        door.press("twice")
        kitchen.done()
        door.press("hangup")
        ended(door, "canceled")
