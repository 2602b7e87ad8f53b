"""The network goes away, comes back, and is another one: what the whole daemon makes of it, on a cable of its own."""

import re

import pytest

from tests.support.cabled import flows, station
from tests.support.daemon import Daemon, talking
from tests.support.peers.namespaces import PBX, Cable, NameServer
from tests.support.peers.registrars import Kamailio, account
from tests.support.shown import shows
from tests.support.waiting import until

ELSEWHERE, NOBODY = "10.9.0.8", "10.9.0.99"
pytestmark = pytest.mark.usefixtures("hasty_stations")


@pytest.fixture
def cable(tmp_path):
    with Cable(tmp_path) as cable:
        yield cable


@pytest.fixture
def kamailio(cable, tmp_path):
    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as registrar:
        yield registrar


def trace_of(door):
    """The station's SIP messages."""
    return (door.directory / "sip.trace").read_text(errors="replace")


def lost(door):
    """The REGISTERs that went out and have no answer yet."""
    trace = trace_of(door)
    asked = re.findall(r"TX \d+ bytes Request msg REGISTER/cseq=(\d+)", trace)
    answered = re.findall(r"RX \d+ bytes Response msg \d+/REGISTER/cseq=(\d+)", trace)
    # The connection may end in the moment in which it is used: the next REGISTER goes by a new one.
    failed_at_once = re.findall(r"Failed to send Request msg REGISTER/cseq=(\d+)", trace)
    return set(asked) - {*answered, *failed_at_once}


@pytest.mark.long(60)
@shows("network.down", "network.up")
def test_a_link_that_was_down_has_the_account_back_at_once(cable, kamailio, tmp_path):
    with station(tmp_path, cable.door, kamailio, "201", "202") as door:
        door.wait("account.registered")
        assert door.get("/v1/state")["network"]["addresses"] == ["10.9.0.7"]
        cable.cut()
        door.wait("network.down")
        assert not door.get("/v1/state")["network"]["up"]
        door.wait("account.failed", patience=120, code=0)
        assert door.wait("server.unreachable")["data"]["fault"] == "no_answer"
        door.begin()
        cable.mend()
        door.wait("network.up", addresses="10.9.0.7")
        door.wait("account.registered", after="recovery")
        door.wait("server.reachable")


@shows("server.unreachable")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_registrar_that_no_network_leads_to_is_reported_as_such(transport, cable, kamailio, tmp_path):
    elsewhere = account(tmp_path, kamailio, "203", transport=transport) | {"registrar": "203.0.113.1:5070"}
    with station(tmp_path, cable.door, kamailio, "203", "204", account={"office": elsewhere}) as door:
        told = door.wait("server.unreachable", server="203.0.113.1:5070", patience=120)["data"]
        assert (told["fault"], told["why"]) == ("no_route", "Network is unreachable")


@shows("network.changed")
def test_a_call_goes_on_at_another_address(cable, kamailio, tmp_path):
    with (
        station(tmp_path, cable.door, kamailio, "211", "212") as door,
        station(tmp_path, cable.pbx, kamailio, "212", "211") as far,
    ):
        for each in (door, far):
            each.wait("account.registered")
        call, came = talking(door, far)
        flows((door, call), (far, came))
        cable.move(ELSEWHERE)
        door.wait("network.changed", addresses=ELSEWHERE)
        flows((door, call), (far, came))
        until(lambda: f"@{ELSEWHERE}:" in kamailio.log, "the registration at the new address")
        far.press("hangup")  # its BYE finds us
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        far.final(came, kind="call.ended", by="local")
        door.begin()
        far.begin()
        call = far.ring()  # and so does its next call
        came = door.rung()
        door.press("answer")
        far.talk(call)
        flows((door, came), (far, call))


def test_a_call_keeps_its_codec_at_another_address(cable, kamailio, tmp_path):
    """Who called had preferred the one that the station would prefer last."""
    sip = {"address": "0.0.0.0", "port": 0}
    with (
        station(tmp_path, cable.door, kamailio, "215", "216", sip={**sip, "codecs": ["PCMA", "opus"]}) as door,
        station(tmp_path, cable.pbx, kamailio, "216", "215", sip={**sip, "codecs": ["opus", "PCMA"]}) as far,
    ):
        for each in (door, far):
            each.wait("account.registered")
        call, came = talking(far, door)
        flows((far, call), (door, came))
        cable.move(ELSEWHERE)
        far.wait("call.updated", call, changes=["address"])
        flows((far, call), (door, came))
        for each, number in ((far, call), (door, came)):
            assert each.get(f"/v1/calls/{number}")["codec"]["name"] == "opus"
        far.press("hangup")
        door.final(came, kind="call.ended", cause="hangup", by="remote")


def test_a_call_by_tcp_goes_on_at_another_address(cable, kamailio, tmp_path):
    table = account(tmp_path, kamailio, "213", transport="tcp")
    with (
        station(tmp_path, cable.door, kamailio, "213", "214", account={"office": table}) as door,
        station(tmp_path, cable.pbx, kamailio, "214", "213") as far,
    ):
        for each in (door, far):
            each.wait("account.registered")
        call, came = talking(door, far)
        cable.move(ELSEWHERE)
        door.wait("network.changed", addresses=ELSEWHERE)
        until(lambda: f"@{ELSEWHERE}:" in kamailio.log, "the registration at the new address")
        flows((door, call), (far, came))
        why = "the answer to each REGISTER: none went by the connection of the old address"
        until(lambda: not lost(door), why, log=lambda: trace_of(door))
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


@shows("cause:network_lost")
def test_a_call_ends_with_the_network(cable, kamailio, tmp_path):
    with (
        station(tmp_path, cable.door, kamailio, "221", "222", deadlines={"rtp_s": 3}) as door,
        station(tmp_path, cable.pbx, kamailio, "222", "221", deadlines={"rtp_s": 3}) as far,
    ):
        for each in (door, far):
            each.wait("account.registered")
        call, came = talking(door, far)
        cable.cut()
        door.final(call, kind="call.ended", cause="network_lost")
        far.final(came, kind="call.ended", cause="network_lost")  # pulling the plug takes both links down


def test_servers_are_found_by_srv_records_as_soon_as_somebody_answers(cable, tmp_path):
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:1 attempts:1\n")
    with Kamailio(tmp_path / "k", address=PBX, within=cable.pbx.within) as registrar:
        records = {
            "_sip._udp.pbx.test SRV": [[2, 0, registrar.port, "edge2.test"], [1, 0, 9, "edge1.test"]],
            "edge1.test A": [PBX],
            "edge2.test A": [PBX],
        }
        table = {**account(tmp_path, registrar, "231"), "registrar": "pbx.test"}
        with station(tmp_path, cable.door, registrar, "231", "232", account={"office": table}) as door:
            door.wait("account.failed", code=0)  # nobody resolves it
            assert door.wait("server.unreachable", server="pbx.test")["data"]["fault"] == "no_dns"
            with NameServer(cable.pbx, records):
                # The first of two is dead: the second one is taken.
                door.wait("server.unreachable", server=f"{PBX}:9", patience=120)
                door.wait("account.registered", patience=120)
                assert door.get("/v1/accounts/office")["server"] == f"{PBX}:{registrar.port}"


def test_a_name_server_that_is_dead_costs_no_call(cable, tmp_path):
    """Who is called by address is not kept waiting by a question for our own host's name."""
    cable.resolver.write_text(f"nameserver {NOBODY}\n")
    sip = {"address": "0.0.0.0", "port": 0, "callers": "anyone"}
    with Daemon(tmp_path / "far", within=cable.pbx.within, sip=sip) as far:
        target = {"far": {"uri": f"sip:far@{PBX}:{far.address.rpartition(':')[2]}"}}
        with Daemon(tmp_path / "door", within=cable.door.within, sip=sip, target=target) as door:
            call, came = talking(door, far)
            flows((door, call), (far, came))
