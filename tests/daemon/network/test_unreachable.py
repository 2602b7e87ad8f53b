"""A thousand requests from addresses that nobody on the cable has: answers wait for ARP, and nothing else does."""

import time

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.forged import Forger, options
from tests.support.peers.namespaces import DOOR, PBX, Cable
from tests.support.peers.sipp import Sipp
from tests.support.waiting import paced

DOOR6, PBX6 = "fd00:9::7", "fd00:9::1"
PORT, FAR = 5080, 5090
SOURCES, A_SECOND, MORE_MB = 1000, 200, 40
NOBODY = {4: [f"10.9.{16 + number // 250}.{number % 250 + 1}" for number in range(SOURCES)]}
NOBODY[6] = [f"fd00:9::{number + 0x1000:x}" for number in range(SOURCES)]
PLACES = {4: (DOOR, PBX), 6: (DOOR6, PBX6)}


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        for machine, address in ((cable.door, DOOR6), (cable.pbx, PBX6)):
            machine.run("ip", "address", "add", f"{address}/64", "dev", "eth0", "nodad")
        cable.door.run("ip", "route", "add", "10.9.0.0/16", "dev", "eth0")
        yield cable


@pytest.fixture(scope="module", params=[4, 6], ids=["by ARP", "by neighbour discovery"])
def version(request):
    return request.param


@pytest.fixture(scope="module")
def running(cable, version, tmp_path_factory):
    here, there = PLACES[version]
    far = f"[{there}]" if version == 6 else there
    sip = {"address": "::" if version == 6 else "0.0.0.0", "port": PORT}
    target = {"far": {"uri": f"sip:far@{far}:{FAR}"}}
    with Daemon(tmp_path_factory.mktemp("d"), cable.door.within, sip=sip, target=target) as daemon:
        daemon.address = f"[{here}]:{PORT}" if version == 6 else f"{here}:{PORT}"
        yield daemon


def attack(cable, version):
    """A request from each address that nobody has."""
    with Forger(cable.pbx, (PLACES[version][0], PORT)) as forger:
        for number, source in zip(paced(A_SECOND), NOBODY[version], strict=False):
            forger.send(source, options(source, f"{version}{number}"))


def phone(cable, version, directory, scenario, to=None, **options):
    """The phone that the station knows."""
    port = {} if to else {"port": FAR}
    where = {"address": PLACES[version][1], "user": "far", "within": cable.pbx.within, **port}
    return Sipp(directory, scenario, *([to] if to else []), **where, **options)


def test_right_after_them_a_known_phone_calls_and_a_press_rings(cable, version, door, tmp_path, record_property):
    child, before = door.sip(), door.memory()
    attack(cable, version)
    ended = time.monotonic()
    with phone(cable, version, tmp_path, "uac-call", door.address, seconds=1) as peer:
        call = door.wait("call.incoming", target="far")["call"]
        door.press("answer")
        door.talk(call)
        talked_s = time.monotonic() - ended
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    with phone(cable, version, tmp_path, "uas-answer") as peer:
        call = door.ring()
        door.talk(call)
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
    after = door.memory()
    record_property("memory before and after, MB", [before, after])
    record_property("a known phone talked after s", round(talked_s, 3))
    print(f"A known phone talked after {talked_s:.3f} s; MB before {before}, after {after}")
    assert door.sip() == child
    for process, megabytes in after.items():
        assert megabytes < before[process] + MORE_MB, process


def test_a_call_goes_on_meanwhile(cable, version, door, tmp_path):
    with phone(cable, version, tmp_path, "uas-answer") as peer:
        call = door.talk(door.ring())
        attack(cable, version)
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
