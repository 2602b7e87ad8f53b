"""A thousand calls a second from one address: the station stays what it is for everybody else."""

import time

import pytest

from tests.peers.daemon import Daemon, loopback
from tests.peers.packets import Packets

RATE, SECONDS = 1000, 10


def flood(far, seconds):
    """INVITEs, each of a call of its own, as fast as they are due: how many were sent."""
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        while sent < passed * RATE:
            far.dialog = f"flood{begin}{sent}"
            far.send(far.invite())
            sent += 1
        time.sleep(0.002)
    return sent


def good_call(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.invite())
        call = door.wait("call.ringing")["call"]
        far.called(lambda: door.press("answer"))
        door.talk(call)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_flood_of_invites_costs_next_to_nothing(door, record_property):
    before, child = door.memory(), door.processes()["sip"]
    with Packets(loopback(), to=door.address) as stranger:
        sent = flood(stranger, SECONDS)
        during = len(door.since)
        good_call(door)
        door.wait("access.denied", source=stranger.address, scope="call")
    after = door.memory()
    record_property("invites sent", sent)
    record_property("events told by it", during)
    record_property("memory before, MB", before)
    record_property("memory after, MB", after)
    assert sent > 0.5 * RATE * SECONDS
    assert len(door.of("access.denied")) == 1
    assert len(door.of("call.incoming")) < 200
    assert door.processes()["sip"] == child
    for process, megabytes in after.items():
        assert megabytes < before[process] + 20, process


def test_a_flood_from_the_far_end_of_a_call_leaves_the_call_alone(tmp_path):
    """It is shut out like any other; what else it sends still comes."""
    with Daemon(tmp_path / "d") as door, Packets(door.far_address, to=door.address) as far:
        far.send(far.invite())
        call = door.rung()
        far.called(lambda: door.press("answer"))
        door.talk(call)
        with Packets(door.far_address, to=door.address) as again:
            flood(again, 0.2)
        door.wait("access.denied", source=door.far_address, scope="call")
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")


@pytest.mark.parametrize("method", ["SUBSCRIBE", "MESSAGE"])
def test_a_flood_of_other_requests_costs_next_to_nothing(method, door, record_property):
    before = door.memory()
    with Packets(loopback(), to=door.address) as stranger:
        request = stranger.request(method, headers="Event: presence\r\n")
        begin, sent = time.monotonic(), 0
        while (passed := time.monotonic() - begin) < 2:
            while sent < passed * RATE:
                stranger.send(request.replace(stranger.dialog.encode(), b"%s%d" % (stranger.dialog.encode(), sent)))
                sent += 1
            time.sleep(0.002)
        door.wait("access.denied", source=stranger.address)
    good_call(door)
    after = door.memory()
    record_property("memory before and after, MB", [before, after])
    for process, megabytes in after.items():
        assert megabytes < before[process] + 20, process
