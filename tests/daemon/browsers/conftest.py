"""A station and browsers with microphones that are not there, on one machine of a cable: loopback is no candidate."""

import pytest

from tests.daemon.browsers.phones import MICROPHONE, STATION_HZ, Phone, phone
from tests.support.daemon import Daemon, settled
from tests.support.peers import sounds
from tests.support.peers.namespaces import PBX, Cable


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.door.run("ip", "route", "add", "default", "via", PBX)  # Firefox looks for the address that leads out
        yield cable


@pytest.fixture(scope="module")
def running(cable, tmp_path_factory):
    directory = tmp_path_factory.mktemp("d")
    tone = sounds.tone(directory / "door.wav", STATION_HZ)
    with Daemon(
        directory,
        cable.door.within,
        sip={"address": "0.0.0.0", "port": 5080, "callers": "anyone"},
        audio={"capture": "simulated", "playback": "simulated", "microphone_file": tone},
        recording={"enabled": True, "channels": "separate"},
        target={"far": {"uri": f"sip:far@{PBX}:5090"}},
        door={"front": {"pulse_s": 2.0}},
    ) as daemon:
        yield daemon


@pytest.fixture
def door(running):
    """It, with no call; and each call of the test has come to its one end afterwards."""
    with settled(running):
        yield running


@pytest.fixture(scope="module", params=MICROPHONE)
def browsing(request, cable, running, tmp_path_factory):
    """A browser that is logged in at the station."""
    with phone(request.param, tmp_path_factory.mktemp(request.param), cable.door, running) as found:
        yield found


@pytest.fixture
def mine(browsing, door) -> Phone:
    browsing.home()
    return browsing
