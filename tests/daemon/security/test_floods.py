"""A thousand calls a second from one address: the station stays what it is for everybody else."""

import contextlib
import threading
import time

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.afterwards import outlived
from tests.support.peers.packets import Packets, good_call
from tests.support.peers.registrars import Kamailio, account
from tests.support.presses import rings, told
from tests.support.waiting import paced, until

RATE, SECONDS = 1000, 10
KNOWN_RATE = 95


def flood(far, seconds):
    """INVITEs, each of a call of its own, as fast as they are due: how many were sent."""
    begin, sent = time.monotonic(), 0
    for sent in paced(RATE, seconds):
        far.dialog = f"flood{begin}{sent}"
        far.send(far.invite())
    return sent + 1


def heard(door, address):
    """Somebody calls from there, again and again as by UDP, until the station knows of it."""
    with Packets(address, to=door.address) as far:

        def told():
            far.send(far.invite())
            source = f"{far.address}:{far.port}"
            return [event for event in door.of("call.incoming") if event["data"]["source"] == source]

        until(told, "the call")


def test_a_flood_of_invites_costs_next_to_nothing(door, record_property):
    before, child = door.memory(), door.sip()
    with Packets(loopback(), to=door.address) as stranger:
        sent = flood(stranger, SECONDS)
        during = len(door.since)
        good_call(door)
        door.wait("access.denied", scope="call", **{"from": stranger.address})
    dropped = until(lambda: door.get("/v1/state")["appliance"]["dropped_requests"], "the count")
    after = door.memory()
    record_property("invites sent", sent)
    record_property("events told by it", during)
    record_property("dropped, as counted a few seconds later", dropped)
    record_property("memory before, MB", before)
    record_property("memory after, MB", after)
    assert sent > 0.5 * RATE * SECONDS
    assert len(door.of("access.denied")) == 1
    assert len(door.of("call.incoming")) < 50
    assert door.sip() == child
    for process, megabytes in after.items():
        assert megabytes < before[process] + 20, process


def test_a_flood_from_a_target_does_not_shut_it_out(tmp_path):
    """Its address may be anybody's who can forge one, and a visitor must not be cut off by that."""
    with Daemon(tmp_path / "d") as door, Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        with Packets(door.far_address, to=door.address) as again:
            flood(again, 0.5)
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")
        heard(door, door.far_address)
        assert not door.of("access.denied")


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "MESSAGE", "SUBSCRIBE", "REGISTER"])
@pytest.mark.parametrize("known", [True, False])
def test_requests_forged_as_a_calls_far_end_do_not_shut_its_own_out(method, known, tmp_path, record_property):
    address = loopback()
    with Daemon(tmp_path / "d", sip={"address": loopback(), "port": 0, "callers": "anyone"}) as door:
        with Packets(door.far_address if known else address, to=door.address) as far:
            call, _ = far.talk_to(door)
            before = door.memory()
            with Packets(far.address, to=door.address) as forged:
                for number in paced(RATE, 2):
                    request = forged.request(method, headers="Event: presence\r\n")
                    forged.send(request.replace(forged.dialog.encode(), b"%s%d" % (forged.dialog.encode(), number)))
            after = door.memory()
            record_property("memory before and after, MB", (before, after))
            print("MB before and after", before, after)
            for process, megabytes in after.items():
                assert megabytes < before[process] + 20, process
            far.ask(far.request("INVITE", 2, far.sdp.replace("sendrecv", "sendonly")), "SIP/2.0 200", "INVITE")
            far.send(far.request("ACK", 2))
            door.wait("call.held", call)
            far.hang_up()
            door.final(call, kind="call.ended", cause="hangup", by="remote")
            assert not door.of("access.denied")


def test_a_flood_forged_as_three_known_phones_keeps_the_process_and_its_call(tmp_path, record_property):
    phones = [loopback() for _ in range(3)]
    targets = {f"phone-{number}": {"uri": f"sip:far@{address}"} for number, address in enumerate(phones)}
    with Daemon(tmp_path / "d", target=targets) as door, Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        before, child = door.memory(), door.sip()
        with contextlib.ExitStack() as forging:
            forged = [forging.enter_context(Packets(address, to=door.address)) for address in phones]
            for number in paced(3 * KNOWN_RATE, SECONDS):
                each = forged[number % 3]
                each.dialog = f"flood{number}"
                each.send(each.invite())
        after = door.memory()
        record_property("memory before and after, MB", (before, after))
        print("MB before and after", before, after)
        for process, megabytes in after.items():
            assert megabytes < before[process] + 40, process
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        assert door.sip() == child
        heard(door, door.far_address)


@contextlib.contextmanager
def flooded_as(phones, door):
    """INVITEs as these phones, 95 a second each, in the block."""
    over = threading.Event()
    with contextlib.ExitStack() as forging:
        forged = [forging.enter_context(Packets(address, to=door.address)) for address in phones]

        def send():
            for number in paced(len(phones) * KNOWN_RATE):
                if over.is_set():
                    return
                each = forged[number % len(phones)]
                each.dialog = f"flood{number}"
                each.send(each.invite())

        sending = threading.Thread(target=send)
        sending.start()
        try:
            yield
        finally:
            over.set()
            sending.join()


def test_presses_ring_during_and_after_a_flood_forged_as_three_known_phones(tmp_path, record_property):
    phones = [loopback() for _ in range(3)]
    targets = {f"phone-{number}": {"uri": f"sip:far@{address}"} for number, address in enumerate(phones)}
    with Daemon(tmp_path / "d", target=targets) as door, Packets(door.far_address, door.far_port) as far:
        door.begin()
        figures = {"before": told(rings(door, far))}
        door.begin()
        with flooded_as(phones, door):
            door.wait("call.incoming")
            figures["during"] = told(rings(door, far))
        door.begin()
        figures["after"] = told(rings(door, far))
    record_property("press to INVITE in ms", figures)
    print(figures)


def test_where_anyone_may_call_strangers_leave_lines_to_those_who_are_known(tmp_path):
    strangers = [loopback() for _ in range(4)]
    with Daemon(tmp_path / "d", sip={"callers": "anyone"}) as door, Packets(door.far_address, to=door.address) as far:
        with flooded_as(strangers, door):
            door.wait("call.rejected", code=486, cause="busy")  # they have all the lines that they may have
            door.wait("call.ringing")
            far.ask(far.invite(), "SIP/2.0 180", "INVITE")
            far.ask(far.request("CANCEL"), "SIP/2.0 200", "CANCEL")
        mine = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        door.final(mine, kind="call.canceled", by="remote")


def test_a_flood_from_the_registrar_does_not_shut_it_out(tmp_path):
    with Kamailio(tmp_path / "k") as registrar:
        accounts = {"office": account(tmp_path, registrar, "201", refresh_s=5)}
        with Daemon(tmp_path / "door", account=accounts) as door:
            door.wait("account.registered", account="office")
            with Packets(registrar.address, to=door.address) as again:
                flood(again, 0.5)
            heard(door, registrar.address)
            assert not door.of("access.denied")


@pytest.mark.parametrize("method", ["SUBSCRIBE", "MESSAGE", "OPTIONS", "REGISTER", "NOTIFY"])
def test_a_flood_of_other_requests_costs_next_to_nothing(method, door, record_property):
    with outlived(door, record_property), Packets(loopback(), to=door.address) as stranger:
        request = stranger.request(method, headers="Event: presence\r\n")
        for number in paced(RATE, 2):
            stranger.send(request.replace(stranger.dialog.encode(), b"%s%d" % (stranger.dialog.encode(), number)))
        door.wait("access.denied", **{"from": stranger.address})
