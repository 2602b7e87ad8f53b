import io
import os
import random
import signal
import threading
import wave
from contextlib import suppress
from http.client import HTTPException

import pytest

from appliance.base.errors import IntercomError
from tests.support.pairs import appliances, connect, pair
from tests.support.processes import living, tree
from tests.support.waiting import pause, until

SEEDS = range(4)
KILLS_OF_DAEMON, KILLS_OF_SIP = 5, 5  # for each seed
WITHIN_S = 1.2  # of the press: a call is placed, rings, is answered, recorded, held and resumed, with the door open
PULSE_S = 0.8
FIRST = {"call.dialing", "call.incoming"}
FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}


def live(front, kitchen, over):
    """A call with all that can go on in it, until it is over."""

    def comes(station, kind):
        until(lambda: over.is_set() or station.of(kind), kind)
        assert not over.is_set()

    with suppress(IntercomError, OSError, HTTPException, AssertionError):
        front.post("/v1/doors/front/open", {"seconds": PULSE_S})
        front.press("ring")
        comes(kitchen, "call.ringing")
        kitchen.press("answer")
        comes(front, "media.started")
        comes(kitchen, "media.started")
        for _ in range(2):
            if not over.is_set():
                kitchen.press("hold")


def quiet(*stations):
    """End what calls there are left, at whichever end, and wait until all is at rest."""

    def no_call():
        found = [(station, call) for station in stations for call in station.get("/v1/calls")["calls"]]
        for station, call in found:
            station.ask("POST", f"/v1/calls/{call['id']}/hangup")
        return not found

    until(no_call, "the end of all calls")


def at_a_moment_of_a_call(chance, front, kitchen, act):
    over = threading.Event()
    front.begin()
    kitchen.begin()
    living_call = threading.Thread(target=live, args=[front, kitchen, over])
    living_call.start()
    pause(chance.uniform(0, WITHIN_S))
    act()
    over.set()
    living_call.join()


def ids_never_come_again(station):
    ids = [event["id"] for event in station.events]
    assert ids == sorted(set(ids)), station.told()


def calls(station, kinds):
    return sorted(event["call"] for event in station.events if event["type"] in kinds)


def every_recording_can_be_played(station):
    def finished():
        recordings[:] = station.get("/v1/recordings?limit=200")["recordings"]
        return all(recording["complete"] for recording in recordings)

    recordings = []
    until(finished, "the end of all recordings")
    for recording in recordings:
        with wave.open(io.BytesIO(station.get(recording["url"]))) as file:
            assert file.getnframes() > 0
    return len(recordings)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_daemon_that_is_killed_leaves_the_door_shut_and_nothing_running_and_comes_back_whole(seed):
    chance = random.Random(seed)

    with appliances(*pair()) as (front, kitchen):
        for _ in range(KILLS_OF_DAEMON):
            # It, the SIP process, the relay guard.
            processes = until(lambda: len(found := tree(front.pid)) == 3 and found, "all processes")

            def act():
                front.kill()

            at_a_moment_of_a_call(chance, front, kitchen, act)
            until(lambda: front.relay() == "0", "the relay at rest", log=front.told)
            until(lambda gone=processes: not living(gone), "the end of its processes", log=front.told)
            front.start()
            front.ready()
            quiet(front, kitchen)
            assert front.relay() == "0"
        _ours, theirs = connect(front, kitchen)  # one at least is killed in a call that is recorded
        kitchen.next("recording.started", call=theirs)
        front.kill()
        front.start()
        front.ready()
        quiet(front, kitchen)
        ids_never_come_again(front)
        ids_never_come_again(kitchen)
        assert every_recording_can_be_played(kitchen) > 0
        every_recording_can_be_played(front)
        connect(front, kitchen)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sip_process_that_is_killed_costs_its_call_and_nothing_else(seed):
    chance = random.Random(100 + seed)

    with appliances(*pair()) as (front, kitchen):
        victims = []
        for _ in range(KILLS_OF_SIP):

            def act():
                victims.append(front.sip())
                os.kill(victims[-1], signal.SIGKILL)

            at_a_moment_of_a_call(chance, front, kitchen, act)
            front.next("appliance.recovered", part="sip")
            quiet(front, kitchen)
            until(lambda: front.relay() == "0", "the relay at rest", log=front.told)
        assert len(set(victims)) == KILLS_OF_SIP
        for station in (front, kitchen):
            ids_never_come_again(station)
            until(lambda s=station: len(calls(s, FINAL)) >= len(calls(s, FIRST)), "their ends", log=station.told)
            assert calls(station, FIRST) == calls(station, FINAL)
            every_recording_can_be_played(station)
        connect(front, kitchen)
