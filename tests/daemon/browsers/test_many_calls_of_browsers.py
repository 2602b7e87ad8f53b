"""Many calls of one page, one after the other: each is heard, and nothing piles up."""

import os

import pytest

from tests.daemon.browsers.phones import STATION_HZ, phone, until_received
from tests.daemon.calls.test_many_calls import weights
from tests.support.daemon import Daemon
from tests.support.peers import sounds

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

FULL = bool(os.environ.get("LOAD_FULL"))  # by make test-load
CALLS, SETTLED_AFTER, LOOK_EVERY = (100, 20, 10) if FULL else (8, 4, 4)
GROWTH_MB = {"sip": 0.5, "daemon": 4.0}  # the daemon shows each call for 10 minutes after its end
MORE = 3


def test_after_many_calls_memory_descriptors_and_threads_are_what_they_were(cable, tmp_path, record_property):
    with (
        Daemon(
            tmp_path / "door",
            cable.door.within,
            sip={"address": "0.0.0.0", "port": 5080, "callers": "anyone", "trace": False},
            audio={
                "capture": "simulated",
                "playback": "simulated",
                "microphone_file": sounds.tone(tmp_path / "door.wav", STATION_HZ),
            },
            recording={"enabled": False},
        ) as door,
        phone("chromium", tmp_path / "chromium", cable.door, door) as mine,
    ):
        settled = {}
        for number in range(1, CALLS + 1):
            door.begin()
            call = mine.talk()
            mine.until_heard()
            until_received(door, call, 25)
            mine.page.click("#talk-end")
            door.final(call, kind="call.ended", cause="hangup", by="local")
            del door.events[:-1]
            if number % LOOK_EVERY:
                continue
            found = weights(door)
            for name, each in found.items():
                record_property(f"after {number} calls, {name}", str(each))
            settled = settled or (found if number >= SETTLED_AFTER else {})
        for name, before in settled.items():
            limit = before["own_mb"] + GROWTH_MB[name.rpartition(" ")[2]]
            assert found[name]["own_mb"] <= limit, (name, before, found[name])
            assert found[name]["threads"] <= before["threads"] + MORE, (name, before, found[name])
            assert found[name]["descriptors"] <= before["descriptors"] + MORE, (name, before, found[name])
