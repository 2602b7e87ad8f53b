"""linphone as the far end, by its library's own daemon: calls, hold, digits and transfers, each in both directions."""

import tempfile
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, loopback, settled
from tests.support.peers.linphone import Linphone
from tests.support.peers.sipp import Sipp
from tests.support.peers.sound_server import SoundServer
from tests.support.waiting import until


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory(prefix="pulse-") as directory:  # a socket's path is short
        made = SoundServer(Path(directory))
        made.start()
        yield made
        made.kill()


@pytest.fixture(scope="module")
def both(server, tmp_path_factory):
    """linphone and a station that rings it, which every test leaves without a call."""
    sip = {"address": loopback(), "port": 0, "transfer_policy": "follow"}
    with (
        Linphone(tmp_path_factory.mktemp("l"), loopback(), server) as far,
        Daemon(tmp_path_factory.mktemp("d"), sip=sip, target={"far": {"uri": far.uri}}) as door,
    ):
        yield door, far


@pytest.fixture
def far(both):
    _, linphone = both
    linphone.begin()
    return linphone


@pytest.fixture
def door(both):
    station, _ = both
    with settled(station):
        yield station


def rung(door, far):
    """The door's call to linphone, once people can talk: the door's id, and linphone's."""
    call = door.ring()
    theirs = far.wait("IncomingReceived")["Id"]
    far.command(f"answer {theirs}")
    far.wait("StreamsRunning", Id=theirs)
    until(far.settled, "its answer to our UPDATE")
    return door.talk(call), theirs


def called(door, far):
    """The same, linphone having called."""
    theirs = far.command(f"call sip:door@{door.address}")["Id"]
    call = door.rung()
    door.press("answer")
    far.wait("StreamsRunning", Id=theirs)
    return door.talk(call), theirs


def flows(door, call):
    def received():
        quality = door.get(f"/v1/calls/{call}")["quality"]
        return quality["received"] if quality else 0

    before = received()
    until(lambda: received() > before + 50, "sound of linphone's", patience=60)


BOTH = pytest.mark.parametrize("connected", [rung, called])


@BOTH
def test_it_talks_and_hangs_up(connected, door, far):
    call, theirs = connected(door, far)
    flows(door, call)
    far.command(f"terminate {theirs}")
    door.final(call, kind="call.ended", cause="hangup", by="remote")


@BOTH
def test_the_door_hangs_up(connected, door, far):
    call, theirs = connected(door, far)
    door.press("hangup")
    far.wait("End", Id=theirs)
    door.final(call, kind="call.ended", cause="hangup", by="local")


@BOTH
def test_either_side_holds_and_resumes(connected, door, far):
    call, theirs = connected(door, far)
    far.command("call-pause")
    far.wait("Paused", Id=theirs)
    door.wait("call.held", call, by="remote")
    far.command(f"call-resume {theirs}")
    far.wait("StreamsRunning", Id=theirs)
    door.wait("call.resumed", call, by="remote")
    flows(door, call)
    door.post(f"/v1/calls/{call}/hold")
    far.wait("PausedByRemote", Id=theirs)
    door.post(f"/v1/calls/{call}/resume")
    far.wait("StreamsRunning", Id=theirs)
    door.wait("call.resumed", call, by="local")
    flows(door, call)


def test_digits_go_both_ways_by_telephone_events(door, far):
    call, theirs = rung(door, far)
    for digit in "5*#":
        far.command(f"dtmf {digit}")
        door.wait("dtmf.received", call, digit=digit, method="rfc4733")
    door.post(f"/v1/calls/{call}/dtmf", {"digits": "70#"})
    for digit in "70#":
        far.wait("receiving-tone", Tone=digit, Id=theirs)


def test_its_digits_by_info_are_digits(server, tmp_path):
    with Linphone(tmp_path, loopback(), server, digits="info") as far:
        with Daemon(tmp_path / "door", target={"far": {"uri": far.uri}}) as door:
            call, _ = rung(door, far)
            for digit in "5*#":
                far.command(f"dtmf {digit}")
                door.wait("dtmf.received", call, digit=digit, method="info")


def test_it_is_passed_on_and_reports_the_outcome(door, far, tmp_path):
    call, theirs = rung(door, far)
    with Sipp(tmp_path, "uas-answer", user="third", address=loopback()) as third:
        door.post(f"/v1/calls/{call}/transfer", {"to": third.uri})
        door.wait("call.transferred", call, to=third.uri, role="transferor")
        door.final(call, kind="call.ended", cause="transferred", by="local")
        far.wait("End", Id=theirs)


def test_it_passes_the_door_on(door, far, tmp_path):
    call, theirs = rung(door, far)
    with Sipp(tmp_path, "uas-answer", user="third", address=loopback()) as third:
        far.command(f"call-transfer {theirs} {third.uri}")
        door.wait("call.transferring", call, to=third.uri)
        door.wait("call.transferred", call, role="transferee")
        door.final(call, kind="call.ended", cause="transferred")  # by the side that hangs up first
