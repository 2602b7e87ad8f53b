"""What a far end hears while the station holds it: music or silence, never the room."""

import os

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import hears, tone

pytestmark = pytest.mark.realtime

ROOM, MUSIC = 1000, 700


@pytest.fixture
def station(tmp_path):
    """A daemon whose microphone hears 1,000 Hz; `music`: its file. A far end that sends no sound is no fault of it."""

    def made(music):
        audio = {"microphone_file": tone(tmp_path / "microphone.wav", ROOM), "hold_music": str(music)}
        return Daemon(tmp_path / "d", audio=audio, deadlines={"rtp_s": 600})

    return made


def agrees(door, far, direction, answer):
    """The button is pressed; the far end is offered that direction, and agrees."""
    door.press("hold")
    offer = far.receive("INVITE", "INVITE")
    assert f"a={direction}" in offer
    far.send(far.reply(offer, "200 OK", far.sdp.replace("a=sendrecv", f"a={answer}")))
    far.receive("ACK", "ACK")


def test_a_held_far_end_hears_music_and_then_the_room_again(station, tmp_path):
    with station(tone(tmp_path / "music.wav", MUSIC)) as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        hears(far, [ROOM], [MUSIC])
        agrees(door, far, "sendonly", "recvonly")
        hears(far, [MUSIC], [ROOM])
        agrees(door, far, "sendrecv", "sendrecv")
        hears(far, [ROOM], [MUSIC])
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local")


def test_music_that_cannot_be_played_is_reported_and_the_far_end_hears_silence_until_it_is_mended(station, tmp_path):
    with station(tmp_path / "none.wav") as door, Packets(door.far_address, door.far_port) as far:
        assert "none.wav" in door.wait("appliance.degraded", part="hold music")["data"]["why"]
        call = far.rung_by(door)
        hears(far, [ROOM], [MUSIC])
        agrees(door, far, "sendonly", "recvonly")
        hears(far, [], [ROOM, MUSIC])
        agrees(door, far, "sendrecv", "sendrecv")
        tone(tmp_path / "none.wav", MUSIC)  # it is there at the next hold
        agrees(door, far, "sendonly", "recvonly")
        door.wait("appliance.recovered", part="hold music")
        hears(far, [MUSIC], [ROOM])
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local")


def test_music_that_is_emptied_while_it_plays_ends_no_call(station, tmp_path):
    music = tone(tmp_path / "music.wav", MUSIC)
    with station(music) as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        agrees(door, far, "sendonly", "recvonly")
        hears(far, [MUSIC], [ROOM])
        os.truncate(music, 0)
        hears(far, [], [ROOM, MUSIC])
        agrees(door, far, "sendrecv", "sendrecv")
        hears(far, [ROOM], [MUSIC])
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local")
