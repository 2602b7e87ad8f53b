"""ICE (RFC 8445): with far ends that do it, do not, or do it in vain; on a cable, as loopback is no candidate."""

import os
import signal

import pytest

from tests.peers.baresip import Baresip
from tests.peers.daemon import Daemon
from tests.peers.namespaces import DOOR, PBX, Cable, NameServer
from tests.peers.registrars import Kamailio
from tests.peers.sipp import Sipp
from tests.peers.test_registration import account
from tests.shown import shows
from tests.support.waiting import until

PORT, FAR = 5080, 5090
ELSEWHERE = "10.9.0.8"


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
        call = door.ring()
        came = kitchen.rung()
        kitchen.press("answer")
        for each, number, theirs in ((door, call, PBX), (kitchen, came, DOOR)):
            each.talk(number)
            completed(each, number, theirs)
            sound(each, number)
        door.press("hold")
        kitchen.wait("call.held", came, by="remote")
        door.press("hold")
        kitchen.wait("call.resumed", came, by="remote")
        for each, number in ((door, call), (kitchen, came)):
            before = each.get(f"/v1/calls/{number}")["quality"]["received"]
            until(lambda e=each, n=number, b=before: e.get(f"/v1/calls/{n}")["quality"]["received"] > b + 50, "sound")
        kitchen.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        kitchen.final(came, kind="call.ended", cause="hangup", by="local")
    assert not door.of("media.ice_failed")


def test_a_station_that_is_called_by_its_name_is_found_as_well(cable, tmp_path):
    """The INVITE waits for the candidates, and goes where the name has led."""
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:1 attempts:1\n")
    far = {"uri": f"sip:door@{DOOR}:{PORT + 1}"}
    with (
        NameServer(cable.pbx, {"kitchen.test A": [PBX]}),
        station(tmp_path / "far", cable.pbx, far, sip={"port": FAR}) as kitchen,
        station(tmp_path / "d", cable.door, {"uri": f"sip:kitchen@kitchen.test:{FAR}"}, sip={"port": PORT + 1}) as door,
    ):
        call = door.ring()
        came = kitchen.rung()
        kitchen.press("answer")
        door.talk(call)
        completed(door, call, PBX)
        completed(kitchen, came, DOOR)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        kitchen.final(came, kind="call.ended", cause="hangup", by="remote")


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
        call = door.ring()
        came = kitchen.rung()
        kitchen.press("answer")
        for each, number, theirs in ((door, call, PBX), (kitchen, came, DOOR)):
            completed(each, number, theirs)
            each.begin()
        cable.move(ELSEWHERE)
        for each, number in ((door, call), (kitchen, came)):
            pair = each.wait("media.ice_completed", number)["data"]
            assert candidate(ELSEWHERE)(pair["local" if each is door else "remote"]), pair
            sound(each, number)
        kitchen.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        kitchen.final(came, kind="call.ended", cause="hangup", by="local")


def test_an_account_has_it_for_itself(cable, tmp_path):
    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as kamailio:
        with (
            member(tmp_path, cable.door, kamailio, "251", "252", PORT + 2) as door,
            member(tmp_path, cable.pbx, kamailio, "252", "251", FAR) as kitchen,
        ):
            for each in (door, kitchen):
                each.wait("account.registered")
            call = door.ring()
            came = kitchen.rung()
            kitchen.press("answer")
            for each, number, theirs in ((door, call, PBX), (kitchen, came, DOOR)):
                each.talk(number)
                completed(each, number, theirs)
                sound(each, number)
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")
            kitchen.final(came, kind="call.ended", cause="hangup", by="remote")
