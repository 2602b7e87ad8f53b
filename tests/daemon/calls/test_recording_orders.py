"""Recordings that clients order: each is there with its sound, as long as the order said, and the call goes on."""

import pytest

from tests.daemon.transfers.test_transfers import ctl
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.stations import RATE, Ear, level, tone_file
from tests.support.waiting import until

HERTZ = 1000
SOME_BYTES = RATE  # half a second


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A daemon that hears 1,000 Hz, and records nothing without an order."""
    directory = tmp_path_factory.mktemp("d")
    sound = {"microphone_file": str(tone_file(directory / "microphone.wav", HERTZ))}
    with Daemon(directory, audio=sound, recording={"enabled": True, "calls": "none"}, deadlines={"rtp_s": 600}) as door:
        yield door


@pytest.fixture
def far(door):
    """A far end that sends no sound."""
    with Packets(door.far_address, door.far_port) as peer:
        yield peer


def begun(door, call):
    """The recording of the call, with some of its sound on disc: its id, and the file."""
    told = door.next("recording.started", call)["data"]
    file = Ear(door.directory / "recordings" / f"{told['recording']}.wav")
    until(lambda: file.path.stat().st_size > SOME_BYTES, "some sound on disc", log=door.told)
    return told["recording"], file


def finished(door, call, recording):
    """Its last two events agree with each other, and with its file: the samples."""
    stopped = door.next("recording.stopped", call, recording=recording)["data"]
    available = door.next("recording.available", recording=recording)["data"]
    url = f"/v1/recordings/{recording}/audio"
    assert (stopped["url"], available["url"]) == (url, url)
    assert len(door.get(url)) == available["bytes"]
    assert stopped["duration_s"] > 0
    assert available["duration_s"] > 0
    return Ear(door.directory / "recordings" / f"{recording}.wav").samples()


def ended(door, far, call):
    door.post(f"/v1/calls/{call}/hangup")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call, kind="call.ended", by="local")


@shows(
    *("POST /v1/calls/{id}/recording", "DELETE /v1/calls/{id}/recording"),
    *("error:recording-already-running", "error:recording-not-running", "error:recording-no-media"),
    *("recording.started", "recording.stopped"),
)
def test_a_client_records_parts_of_a_call(door, far):
    call = door.ring()
    invite = far.invited()
    path = f"/v1/calls/{call}/recording"
    for method in ("POST", "DELETE"):
        assert door.ask(method, path)[1]["code"] == "recording-no-media"
    far.answer(invite, "200 OK", far.sdp)
    door.talk(call)
    assert door.ask("DELETE", path)[1]["code"] == "recording-not-running"
    assert (door.get(f"/v1/calls/{call}")["recording"], door.of("recording.started")) == (None, [])

    status, answer = door.ask("POST", path)
    assert status == 202
    first, _ = begun(door, call)
    assert answer["call"]["recording"] == first
    assert door.ask("POST", path)[1]["code"] == "recording-already-running"
    status, answer = door.ask("DELETE", path)
    assert (status, answer["call"]["recording"]) == (200, None)
    samples = finished(door, call, first)
    assert level(samples[-RATE // 2 :], HERTZ) > -3.0, "what the station says is in it"

    # The same at a shell, and this one lasts until the call ends.
    status, said = ctl(door, "record")
    second, _ = begun(door, call)
    assert (status, said) == (0, f"{second}\n")
    assert ctl(door, "record", "start", call)[0] == 1
    assert ctl(door, "record", "stop") == (0, f"{call}\n")
    finished(door, call, second)
    assert door.ask("POST", path)[0] == 202
    third, _ = begun(door, call)
    ended(door, far, call)
    finished(door, call, third)
    assert len({first, second, third}) == 3
    assert door.ask("POST", path)[1]["code"] == "call-not-found"
