"""4,000 INVITEs a second, each from another source: the panel, and those whom the station knows, do not notice."""

import subprocess
import sys
import time

import pytest

from appliance.sip.stack.routing.floods import STRANGERS_AT_ONCE, STRANGERS_PER_S
from tests.support.daemon import Daemon
from tests.support.peers import made_up
from tests.support.peers.afterwards import outlived
from tests.support.peers.packets import Packets, good_call
from tests.support.presses import PRESSES, rings, told

RATE, LONGEST_S = 4000, 400


class Flood:
    """`with Flood(door.address)`: it runs until the end of the block. `rate`: how many went out a second.

    within: what begins its command, to run in a network namespace.
    """

    def __init__(self, to, within=()):
        words = [*within, sys.executable, made_up.__file__, to, str(RATE), str(LONGEST_S)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.process.poll() is None, "the flood was over too soon"
        self.rate = float(self.process.communicate()[0])


@pytest.fixture
def station(tmp_path):
    with Daemon(tmp_path / "d") as door:
        yield door


def test_presses_ring_at_once_and_none_is_lost_while_strangers_flood(station, record_property):
    with Packets(station.far_address, station.far_port) as far:
        station.begin()
        before = rings(station, far)
        weight = station.memory()
        station.begin()
        began = time.monotonic()
        with Flood(station.address) as flood:
            station.wait("call.incoming")  # some of them reach the core
            during = rings(station, far)
        passed = time.monotonic() - began
    figures = {"before": told(before), "during": told(during), "INVITEs a second": round(flood.rate)}
    record_property("press to INVITE in ms", figures)
    print(figures)
    assert flood.rate > 0.3 * RATE
    assert len(station.of("button.pressed")) == PRESSES
    assert len(station.of("call.dialing")) == PRESSES
    assert "inputs were dropped" not in station.log
    assert len(station.of("call.incoming")) <= STRANGERS_AT_ONCE + STRANGERS_PER_S * passed + 1
    for process, megabytes in station.memory().items():
        assert megabytes < weight[process] + 20, process


def test_a_known_phone_calls_while_strangers_flood(station, record_property):
    with outlived(station, record_property), Flood(station.address):
        station.wait("call.incoming")
        good_call(station)
