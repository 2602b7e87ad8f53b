"""ICE (RFC 8445): with far ends that do it, do not, or do it in vain; on a cable, as loopback is no candidate."""

import os
import re
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.peers import stun
from tests.support.peers.baresip import Baresip
from tests.support.peers.forged import Forger
from tests.support.peers.namespaces import DOOR, PBX, Cable, NameServer
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import Sipp
from tests.support.peers.voices import FRAME, PCMA, drained, event, packet
from tests.support.shown import shows
from tests.support.times import patient
from tests.support.waiting import until

PORT, FAR = 5080, 5090
ELSEWHERE, STRANGER = "10.9.0.8", "10.9.0.66"
EVENTS = range(96, 128)  # payload types that telephone-events may have


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        yield cable


def station(directory, machine, far, **settings):
    sip = {"address": "0.0.0.0", "port": PORT, "callers": "anyone", "ice": True, **settings.pop("sip", {})}
    return Daemon(directory, machine.within, sip=sip, target={"far": far}, **settings)


@pytest.fixture(scope="module")
def running(cable, tmp_path_factory):
    with station(tmp_path_factory.mktemp("d"), cable.door, {"uri": f"sip:far@{PBX}:{FAR}"}) as daemon:
        yield daemon


def sound(door, call):
    until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received"), "sound")


def candidate(address):
    """A host candidate there, whatever its port."""

    def of(told):
        return told["kind"] == "host" and told["address"].rpartition(":")[0] == address

    return of


def connected(door, kitchen):
    """The kitchen takes the door's call; both have found each other, and hear sound: the call's id at both."""
    call, came = door.ring(), kitchen.rung()
    kitchen.press("answer")
    for each, number, theirs in ((door, call, PBX), (kitchen, came, DOOR)):
        each.talk(number)
        completed(each, number, theirs)
        sound(each, number)
    return call, came


def hung_up(one, call, other, came):
    """The first one ends the call."""
    one.press("hangup")
    one.final(call, kind="call.ended", cause="hangup", by="local")
    other.final(came, kind="call.ended", cause="hangup", by="remote")


def completed(door, call, theirs):
    told = door.wait("media.ice_completed", call)["data"]
    assert candidate(DOOR if theirs == PBX else PBX)(told["local"]), told
    assert candidate(theirs)(told["remote"]), told


@shows("media.ice_completed")
def test_baresip_is_called_and_sound_goes_between_the_addresses_that_were_found(door, cable, tmp_path):
    with Baresip(
        tmp_path, PBX, FAR, hertz=440, within=cable.pbx.within, account=";medianat=ice", modules="module ice.so"
    ):
        call = door.talk(door.ring())
        completed(door, call, PBX)
        sound(door, call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_far_end_without_it_is_talked_with_as_ever(door, cable, tmp_path):
    with Baresip(tmp_path, PBX, FAR, within=cable.pbx.within):
        call = door.talk(door.ring())
        sound(door, call)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
    assert not door.of("media.ice_completed") + door.of("media.ice_failed")


@shows("media.ice_failed", "cause:ice_failed", "error:ice-failed")
def test_a_call_for_whose_sound_no_way_is_found_ends(door, cable, tmp_path):
    with Sipp(tmp_path, "uas-ice", address=PBX, port=FAR, within=cable.pbx.within) as peer:
        call = door.talk(door.ring())
        told = door.final(call, kind="call.ended", cause="ice_failed", by="local")
        peer.done()
    assert "firewalls" in told["explanation"] and "sip.ice" in told["explanation"]
    assert door.wait("media.ice_failed", call)["data"]["cause"] == "failed_checks"
    assert door.wait("error", code="ice-failed")["data"]["operation"] == "connect-media"


@shows("media.ice_failed", "cause:ice_failed", "error:ice-failed")
def test_a_call_ends_whose_caller_answers_all_checks_and_never_selects_a_pair(cable, tmp_path):
    """It is the caller's part to select one (RFC 8445 §8.1.1)."""
    password = "asecretofthisfarendonly"
    phone, port = {"uri": f"sip:far@{PBX}:{FAR}"}, PORT + 8
    with (
        station(tmp_path / "d", cable.door, phone, sip={"port": port}, times=patient(ice_checks_s=5.0)) as door,
        Packets(PBX, to=f"{DOOR}:{port}", bound=cable.pbx.socket) as far,
    ):
        offer = (
            f"{far.sdp}a=ice-ufrag:slow\r\na=ice-pwd:{password}\r\n"
            f"a=candidate:1 1 UDP 2130706431 {PBX} {far.rtp.getsockname()[1]} typ host\r\n"
        )
        with stun.answers(far.rtp, lambda asked, source: agreed(asked, source, password)):
            far.send(far.request("INVITE", body=offer))
            call = door.rung()
            far.called(lambda: door.press("answer"))
            door.talk(call)
            assert door.wait("media.ice_failed", call)["data"]["cause"] == "timeout"
            far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        told = door.final(call, kind="call.ended", cause="ice_failed", by="local")
        assert "in time" in door.wait("error", code="ice-failed")["data"]["cause"], told


def agreed(asked, source, password):
    """The answer to a check: it came from there."""
    return stun.signed(stun.message(stun.ANSWER, stun.mapped(source), transaction=asked[8:20]), password.encode())


@shows("media.ice_failed", "cause:ice_failed", "error:ice-failed")
def test_a_pair_that_is_lost_in_the_call_ends_it_as_ice_failed(cable, tmp_path):
    far = {"uri": f"sip:far@{PBX}:{FAR}"}
    ice = {"within": cable.pbx.within, "account": ";medianat=ice", "modules": "module ice.so"}
    deadlines = {"rtp_s": 2, "disconnecting_s": 2}
    with (
        station(tmp_path / "d", cable.door, far, sip={"port": PORT + 4}, deadlines=deadlines) as door,
        Baresip(tmp_path, PBX, FAR, hertz=440, **ice) as peer,
    ):
        call = door.talk(door.ring())
        completed(door, call, PBX)
        sound(door, call)
        os.kill(peer.process.pid, signal.SIGSTOP)
        try:
            door.wait("media.ice_failed", call, cause="disconnected")
            door.wait("error", call, code="ice-failed")
            door.final(call, kind="call.ended", cause="ice_failed", by="local")
        finally:
            os.kill(peer.process.pid, signal.SIGCONT)


def test_so_does_one_that_came(door, cable, tmp_path):
    with Sipp(tmp_path, "uac-ice", f"{DOOR}:{PORT}", address=PBX, within=cable.pbx.within) as peer:
        call = door.rung()
        door.press("answer")
        door.talk(call)
        door.final(call, kind="call.ended", cause="ice_failed", by="local")
        peer.done()
    assert door.wait("media.ice_failed", call)["data"]["cause"] == "failed_checks"


@shows("media.ice_completed")
def test_two_stations_find_each_other_by_it_and_may_hold_the_call(door, cable, tmp_path):
    far = {"uri": f"sip:door@{DOOR}:{PORT}"}
    with station(tmp_path / "far", cable.pbx, far, sip={"port": FAR}) as kitchen:
        call, came = connected(door, kitchen)
        door.press("hold")
        kitchen.wait("call.held", came, by="remote")
        door.press("hold")
        kitchen.wait("call.resumed", came, by="remote")
        for each, number in ((door, call), (kitchen, came)):
            before = each.get(f"/v1/calls/{number}")["quality"]["received"]
            until(lambda e=each, n=number, b=before: e.get(f"/v1/calls/{n}")["quality"]["received"] > b + 50, "sound")
        hung_up(kitchen, came, door, call)
    assert not door.of("media.ice_failed")


def strangers_packets():
    """Checks and answers as ICE has them, without the password from the SDP; sound; and the digit 1."""
    name, priority, controls = (
        stun.attribute(0x06, b"some:body"),
        stun.attribute(0x24, b"\x7f" * 4),
        stun.attribute(0x802A, b"\xff" * 8),
    )
    signed = stun.attribute(0x08, bytes(20))
    mapped = stun.attribute(0x20, struct.pack("!BBH", 0, 1, 1) + socket.inet_aton(STRANGER))
    yield stun.message(0x0001)
    yield stun.message(0x0001, name, priority, controls, stun.attribute(0x25, b""), signed)  # use this pair
    yield stun.message(0x0101, mapped, signed)
    yield stun.message(0x0111, stun.attribute(0x09, struct.pack("!HBB", 0, 4, 87) + b"Role Conflict"), signed)
    yield stun.message(0x0011)
    yield packet(PCMA, 1, FRAME, 0xBAD, b"\x2a" * FRAME)
    for kind in EVENTS:
        yield packet(kind, 2, FRAME, 0xBAD, event("1", 960, end=True))


def test_a_stranger_at_the_sockets_of_a_call_changes_neither_its_sound_nor_its_far_end(door, cable, tmp_path):
    """It sends from an address of its own, and as if from where the far end is."""
    far = {"uri": f"sip:door@{DOOR}:{PORT}"}
    cable.pbx.run("ip", "address", "add", f"{STRANGER}/24", "dev", "eth0")
    with (
        station(tmp_path / "far", cable.pbx, far, sip={"port": FAR}) as kitchen,
        cable.pbx.socket(STRANGER) as stranger,
    ):
        call, came = connected(door, kitchen)
        found = door.wait("media.ice_completed", call)["data"]
        port, from_port = (int(found[side]["address"].rpartition(":")[2]) for side in ("local", "remote"))
        with Forger(cable.pbx, (DOOR, port)) as forger:
            for _ in range(50):
                for each in strangers_packets():
                    stranger.sendto(each, (DOOR, port))
                    stranger.sendto(each, (DOOR, port + 1))
                    if each[0] < 0x40:  # STUN: sound from the far end's address is the far end's
                        forger.send(PBX, each, from_port)
        for each, number in ((door, call), (kitchen, came)):
            before = each.get(f"/v1/calls/{number}")["quality"]["received"]
            until(lambda e=each, n=number, b=before: e.get(f"/v1/calls/{n}")["quality"]["received"] > b + 50, "sound")
            assert len(each.of("media.ice_completed")) == 1
            assert not each.of("media.ice_failed") + each.of("media.source_changed") + each.of("dtmf.received")
        assert not [each for each in drained(stranger) if each[0] >= 0x80], "sound"
        hung_up(kitchen, came, door, call)


def test_its_passwords_come_from_the_kernel_and_have_enough_bits(cable, tmp_path, monkeypatch):
    """Who knows what rand() gives knows none of them (RFC 8445 §5.3)."""
    library = tmp_path / "same_numbers.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("same_numbers.c")], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    passwords = set()
    with Packets(PBX, bound=cable.pbx.socket) as far:
        uri = f"sip:far@{PBX}:{far.port}"
        for each in range(2):
            with station(tmp_path / f"d{each}", cable.door, {"uri": uri}, sip={"port": PORT + 6}) as door:
                call = door.ring()
                invite = far.receive("INVITE", "INVITE")
                passwords.add(re.search(r"^a=ice-pwd:(\S+)", invite, re.MULTILINE)[1])
                far.send(far.reply(invite, "486 Busy Here"))
                door.final(call, cause="busy")
    assert len(passwords) == 2
    assert all(4 * len(each) >= 128 for each in passwords)


def test_a_station_that_is_called_by_its_name_is_found_as_well(cable, tmp_path):
    """The INVITE waits for the candidates, and goes where the name has led."""
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:10 attempts:3\n")
    far = {"uri": f"sip:door@{DOOR}:{PORT + 1}"}
    with (
        NameServer(cable.pbx, {"kitchen.test A": [PBX]}),
        station(tmp_path / "far", cable.pbx, far, sip={"port": FAR}) as kitchen,
        station(tmp_path / "d", cable.door, {"uri": f"sip:kitchen@kitchen.test:{FAR}"}, sip={"port": PORT + 1}) as door,
    ):
        call, came = connected(door, kitchen)
        hung_up(door, call, kitchen, came)


def member(directory, machine, kamailio, user, other, port):
    """A station whose account has ICE for itself; calls without an account have none."""
    table = {**account(directory, kamailio, user), "ice": True}
    far = {"uri": other, "account": "office"}
    return station(directory / user, machine, far, sip={"ice": False, "port": port}, account={"office": table})


def test_a_call_by_it_goes_on_at_another_address(tmp_path):
    """Through an account: a far end takes a re-INVITE from a new address only by way of its registrar."""
    with (
        Cable(tmp_path) as cable,
        Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as kamailio,
        member(tmp_path, cable.pbx, kamailio, "262", "261", FAR) as kitchen,
        member(tmp_path, cable.door, kamailio, "261", "262", PORT) as door,
    ):
        for each in (door, kitchen):
            each.wait("account.registered")
        call, came = connected(door, kitchen)
        for each in (door, kitchen):
            each.begin()
        cable.move(ELSEWHERE)
        for each, number in ((door, call), (kitchen, came)):
            pair = each.wait("media.ice_completed", number)["data"]
            assert candidate(ELSEWHERE)(pair["local" if each is door else "remote"]), pair
            sound(each, number)
        hung_up(kitchen, came, door, call)


def test_an_account_has_it_for_itself(cable, tmp_path):
    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as kamailio:
        with (
            member(tmp_path, cable.door, kamailio, "251", "252", PORT + 2) as door,
            member(tmp_path, cable.pbx, kamailio, "252", "251", FAR) as kitchen,
        ):
            for each in (door, kitchen):
                each.wait("account.registered")
            call, came = connected(door, kitchen)
            hung_up(door, call, kitchen, came)
