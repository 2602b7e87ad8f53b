"""Calls apart from the room beside a resident's talk: each far end hears its own sound alone."""

import contextlib

import pytest

from tests.daemon.conferences.test_conferences import PANEL
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.sipp import free_port
from tests.support.peers.sounds import hears, tone
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
BUSY_HZ = 425.0
ROOM = {"call.active_changed", "call.switched", "call.held", "audio.microphone_changed", "lamp.changed"}


@pytest.fixture
def door(tmp_path):
    """A station whose microphone hears 1,000 Hz, with three targets."""
    places = {name: (address := loopback(), free_port(address)) for name in ("resident", "one", "two")}
    audio = {"microphone_file": tone(tmp_path / "microphone.wav", PANEL)}
    targets = {name: {"uri": f"sip:far@{address}:{port}"} for name, (address, port) in places.items()}
    with Daemon(tmp_path / "d", audio=audio, deadlines={"rtp_s": 600}, target=targets) as station:
        station.places = places
        yield station


def called(door, far, name, **how):
    call = door.post("/v1/calls", {"to": name, **how})["id"]
    far.answer(far.invited(), "200 OK", far.sdp)
    return door.talk(call)


def test_programs_talk_to_two_far_ends_while_the_resident_talks_on(door):
    with contextlib.ExitStack() as stack:
        resident, one, two = (stack.enter_context(Packets(*place)) for place in door.places.values())
        talk = called(door, resident, "resident")
        hears(resident, [PANEL], [BUSY_HZ])
        before = len(door.since)
        for name, far in (("one", one), ("two", two)):
            call = called(door, far, name, media="none")
            door.post(f"/v1/calls/{call}/tone", {"tone": "busy", "seconds": 300})
        for far in (one, two):
            hears(far, [BUSY_HZ], [PANEL])
        hears(resident, [PANEL], [BUSY_HZ])
        assert not [event for event in door.since[before:] if event["type"] in ROOM]
        door.post(f"/v1/calls/{talk}/hangup")
        door.wait("call.ended", talk)
        assert not door.get("/v1/panel")["tone"]
        hears(two, [BUSY_HZ], [PANEL])
        until(lambda: [c["media"] for c in door.get("/v1/calls")["calls"]] == ["none"] * 2, "both calls")
        door.hang_up_all()
