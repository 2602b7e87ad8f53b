"""Recordings that are announced: far end and visitor hear it first, and without it nothing is recorded."""

import pytest

from tests.daemon.media.test_playbacks import sound
from tests.daemon.media.test_speech import hears_speech
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import hears
from tests.support.stations import RATE, Ear, level
from tests.support.waiting import until

pytestmark = pytest.mark.realtime

HERTZ, BEEP_HERTZ = 700, 950
SPEAKER = {"capture": "simulated", "playback": "simulated"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A daemon that announces recordings by a sound to those whom it calls, and by a tone to those who call."""
    directory = tmp_path_factory.mktemp("d")
    (directory / "sounds").mkdir()
    sound(directory / "sounds" / "recorded.wav", 3.0)
    recording = {
        "enabled": True,
        "announce_outgoing": "sound",
        "announce_sound": "recorded",
        "announce_incoming": "tone",
    }
    audio = SPEAKER | {"sounds": str(directory / "sounds")}
    with Daemon(directory / "d", audio=audio, recording=recording, deadlines={"rtp_s": 600}) as door:
        yield door


def ended(door, far, call):
    door.post(f"/v1/calls/{call}/hangup")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call, kind="call.ended", by="local")


def test_a_far_end_hears_a_sound_and_the_recording_that_follows_has_nothing_of_it(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        begun = door.next("playback.started", call, sound="recorded")["data"]
        assert begun["speaker"]
        hears(far, [HERTZ], [1000])
        over = door.next("playback.finished", call, playback=begun["playback"])
        told = door.next("recording.started", call)
        assert told["id"] > over["id"]
        file = Ear(door.directory / "recordings" / f"{told['data']['recording']}.wav")
        until(lambda: len(file.samples()) > RATE // 2, "some sound on disc", log=door.told)
        ended(door, far, call)
        door.next("recording.available", recording=told["data"]["recording"])
        assert level(file.samples(), HERTZ) < -40.0


def test_who_stops_the_announcement_has_no_recording_and_may_order_another(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        door.next("playback.started", call, sound="recorded")
        assert door.ask("DELETE", f"/v1/calls/{call}/playback")[0] == 200
        failed = door.next("recording.failed", call)["data"]["why"]
        assert failed == "The announcement of the recording was not heard. Its sound was cut off: stopped."
        assert door.get(f"/v1/calls/{call}")["recording"] is None
        assert door.of("recording.started", call) == []
        door.post(f"/v1/calls/{call}/recording")
        door.next("playback.finished", call, sound="recorded")
        door.next("recording.started", call)
        ended(door, far, call)


def test_the_announcement_of_a_recording_that_is_discarded_stops(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        begun = door.next("playback.started", call, sound="recorded")["data"]
        recording = door.get(f"/v1/calls/{call}")["recording"]
        assert door.ask("DELETE", f"/v1/recordings/live/{recording}")[0] == 200
        assert door.next("playback.stopped", call, playback=begun["playback"])["data"]["reason"] == "stopped"
        door.post(f"/v1/calls/{call}/recording")  # its announcement does not wait for the other one
        door.next("playback.finished", call, sound="recorded")
        door.next("recording.started", call)
        assert door.of("recording.failed", call) == []
        ended(door, far, call)


def test_an_announcement_that_a_hold_cut_off_is_played_again_after_it(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        door.next("playback.started", call, sound="recorded")
        for act, answer in (("hold", "recvonly"), ("resume", "sendrecv")):
            assert door.of("recording.started", call) == []
            door.post(f"/v1/calls/{call}/{act}")
            far.answer(far.invited(), "200 OK", far.sdp.replace("a=sendrecv", f"a={answer}"))
            if act == "hold":
                assert door.next("playback.stopped", call)["data"]["reason"] == "held"
        over = door.next("playback.finished", call, sound="recorded")
        assert door.next("recording.started", call)["id"] > over["id"]
        assert door.of("recording.failed", call) == []
        ended(door, far, call)


def test_a_caller_and_the_visitor_hear_a_tone_as_soon_as_the_call_is_recorded(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.next("recording.started", call)
        door.next("tone.started", call, tone="warning")
        hears(far, [BEEP_HERTZ], [3000])
        assert door.next("tone.started", tone="warning")["call"] is None
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")


def test_a_text_is_said_before_the_recording(tmp_path):
    recording = {"enabled": True, "announce_outgoing": "text", "announce_text": "This conversation is being recorded."}
    with (
        Daemon(tmp_path / "d", audio=SPEAKER, recording=recording, deadlines={"rtp_s": 600}) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        call = far.rung_by(door)
        hears_speech(far)
        over = door.next("playback.finished", call, sound="speech", speaker=True)
        assert door.next("recording.started", call)["id"] > over["id"]
