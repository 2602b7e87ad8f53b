"""A visitor rings two stations at once, and is heard by one of them whatever becomes of his own SIP process."""

import asyncio
import os
import random
import signal
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from appliance.demo.stations import free_sip_port
from tests.daemon.faults.test_kills import FINAL, FIRST, calls, quiet
from tests.support.pairs import KITCHEN, appliances, merged, pair, ring
from tests.support.stations import Ear, tone_file
from tests.support.waiting import LOOK_S, pause, until

SEEDS, KILLS = range(4), 5
WITHIN_S = 1.0  # of the press
VISITOR_HZ, ASKED_HZ = 440, 700  # as the visitor speaks; of the tone that asks for a digit
AS_PLAYED, HEARD, ABSENT = (-1.0, 1.0), (-40.0, 0.0), (-200.0, -50.0)


def house(front=None, kitchen=None):
    """A front door that rings kitchen and hall at once."""
    plan = {"plan": {"house": {"steps": [["kitchen", "hall"]]}}, "panel": {"button": {"ring": {"target": "house"}}}}
    door, inside = pair(merged(plan, front or {}), kitchen)
    port = free_sip_port({door["sip"]["port"], inside["sip"]["port"]})
    hall = merged(KITCHEN, {"station": {"name": "Hall", "user": "hall"}, "sip": {"port": port}})
    hall["target"]["front"]["uri"] = inside["target"]["front"]["uri"]
    door["target"]["hall"] = {"uri": f"sip:hall@127.0.0.1:{port}"}
    return door, inside, hall


@contextmanager
def answering(station):
    """Somebody takes each call that rings there, by a client."""
    gone = threading.Event()

    def answer():
        seen = set()
        while not gone.wait(LOOK_S):
            for event in station.ever("call.ringing"):
                if event["call"] not in seen:
                    seen.add(event["call"])
                    gone.wait(0.3)  # nobody is there at once
                    station.ask("POST", f"/v1/calls/{event['call']}/answer")

    person = threading.Thread(target=answer)
    person.start()
    try:
        yield
    finally:
        gone.set()
        person.join()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_visitor_is_heard_though_the_sip_process_is_killed_at_any_moment(seed, record_property):
    chance = random.Random(seed)

    with appliances(*house()) as (front, kitchen, hall):
        with answering(kitchen):
            for _ in range(KILLS):
                front.begin()
                sip = front.sip()
                front.press("ring")
                pause(chance.uniform(0, WITHIN_S))  # a moment at random
                os.kill(sip, signal.SIGKILL)
                ended = front.next("ring.ended")
                assert ended["data"]["result"] == "answered", front.told()
                quiet(front, kitchen, hall)
        assert len(front.ever("ring.started")) == len(front.ever("ring.ended")) == KILLS
        for station in (front, kitchen, hall):
            until(lambda s=station: calls(s, FIRST) == calls(s, FINAL), "the end of each call", log=station.told)
        told = ((station, event) for station in (front, kitchen, hall) for event in station.events)
        seen = Counter(f"{s.user}: {event['data']['cause']}" for s, event in told if event["type"] in FINAL)
        record_property("figures", f"{KILLS} kills: {dict(seen)}")


def test_a_phone_that_rang_when_the_sip_process_was_killed_rings_for_the_next_call_only():
    with appliances(*pair()) as (front, kitchen):
        _, first = ring(front, kitchen)
        os.kill(front.sip(), signal.SIGKILL)
        kitchen.next("call.canceled", call=first, cause="canceled", by="remote")
        second = kitchen.next("call.ringing")["call"]
        kitchen.press("answer")
        kitchen.next("call.connected", call=second)
        front.next("ring.ended", result="answered")
        told = [event["type"] for event in kitchen.events if event["type"] in {"call.incoming", "call.canceled"}]
        assert told == ["call.incoming", "call.canceled", "call.incoming"], kitchen.told()


def test_who_answers_hears_the_tone_that_asks_for_a_digit_and_the_visitor_only_after_it(tmp_path):
    voice = str(tone_file(tmp_path / "voice.wav", VISITOR_HZ))
    front = {"audio": {"microphone_file": voice}, "target": {"kitchen": {"confirm": "1"}}}

    with appliances(*house(front)) as (door, kitchen, _):
        door.press("ring")
        theirs = kitchen.next("call.ringing")["call"]
        kitchen.press("answer")
        recording = kitchen.next("recording.started", call=theirs)["data"]["recording"]
        ear = Ear(kitchen.directory / "recordings" / f"{recording}.wav")
        asyncio.run(ear.hears(ASKED_HZ, *HEARD))
        asyncio.run(ear.hears(VISITOR_HZ, *ABSENT))
        assert not door.ever("ring.ended")
        kitchen.press("door")  # its digit is the one asked for
        assert door.next("ring.ended")["data"]["target"] == "kitchen"
        asyncio.run(ear.hears(VISITOR_HZ, *AS_PLAYED))
        asyncio.run(ear.hears(ASKED_HZ, *ABSENT))
        until(lambda: door.ever("call.canceled", cause="answered_elsewhere"), "the hall's rest")
