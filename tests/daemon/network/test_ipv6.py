"""The whole daemon by IPv6: called, calling, registered; at loopback's one address, and on a cable with names."""

from contextlib import closing

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.messages import found
from tests.support.peers.namespaces import PBX, Cable, NameServer
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.peers.sipp import Sipp, free_port
from tests.support.peers.voices import Voice, opened
from tests.support.waiting import until

HERE = "::1"
DOOR6, PBX6 = "fd00:9::7", "fd00:9::1"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    port = free_port(HERE)
    target = {"far": {"uri": f"sip:far@[{HERE}]:{port}"}}
    with Daemon(tmp_path_factory.mktemp("d"), sip={"address": HERE}, target=target) as daemon:
        daemon.far_address, daemon.far_port = HERE, port
        yield daemon


def test_it_is_called(door, tmp_path):
    with Sipp(tmp_path, "uac-call", door.address, address=HERE, user="far", seconds=1) as peer:
        call = door.rung()
        assert door.get(f"/v1/calls/{call}")["remote"]["target"] == "far"
        door.press("answer")
        door.talk(call)
        until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received") is not None, "RTP")
        door.final(call, kind="call.ended", by="remote")
        peer.done()


def test_it_calls(door, tmp_path):
    with Sipp(tmp_path, "uas-answer", address=HERE, port=door.far_port) as peer:
        call = door.ring()
        door.talk(call)
        with closing(opened(HERE)) as sound, Voice(sound, peer.messages()):
            until(lambda: (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received"), "RTP")
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


def test_it_holds_and_resumes(door, tmp_path):
    with Sipp(tmp_path, "uas-held", address=HERE, port=door.far_port) as peer:
        call = door.ring()
        door.talk(call)
        for acks in (2, 3):
            door.press("hold")
            peer.until_sent("a hold", acks)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()


FORMS = ("<sip:far@{}>", "<sip:far@{};transport=udp>", "<sip:far@{};transport=tcp>", "<sips:far@{}>", "sip:far@{}")


@pytest.mark.parametrize("form", FORMS)
def test_a_caller_and_a_callee_are_reached_at_the_contact_that_they_give(form, door):
    """It is another port than the INVITE came from, and went to."""
    with Packets(HERE, to=door.address) as elsewhere, Packets(HERE, to=door.address) as far:
        contact = form.format(elsewhere.place).encode()

        def moved(message):
            return message.replace(f"Contact: <sip:far@{far.place}>".encode(), b"Contact: " + contact)

        call, accepted = far.talk_to(door, moved(far.invite()))
        assert found(r"^Contact: *(.*?)\r?$", accepted)[1].split("@")[1].startswith(f"[{HERE}]:")
        elsewhere.hung_up_by(door, call)
    with Packets(HERE, to=door.address) as elsewhere, Packets(HERE, door.far_port, door.address) as far:
        contact = form.format(elsewhere.place).encode()
        call = door.ring()
        invite = far.invited()
        assert found(r"^Contact: *(.*?)\r?$", invite)[1].split("@")[1].startswith(f"[{HERE}]:")
        far.send(moved(far.reply(invite, "200 OK", far.sdp)))
        elsewhere.receive("ACK", "ACK")
        door.talk(call)
        elsewhere.hung_up_by(door, call)


@pytest.fixture
def cable(tmp_path):
    """Both ends have IPv6 as well, and names that have nothing else."""
    with Cable(tmp_path) as cable:
        for machine, address in ((cable.door, DOOR6), (cable.pbx, PBX6)):
            machine.run("ip", "address", "add", f"{address}/64", "dev", "eth0", "nodad")
        cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:10 attempts:3\n")
        with NameServer(cable.pbx, {"pbx.test AAAA": [PBX6], "kitchen.test AAAA": [PBX6]}):
            yield cable


def received(door, call):
    return (door.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_station_with_both_registers_and_calls_by_ipv6_where_a_name_has_that_only(transport, cable, tmp_path):
    def station(machine, user, registrar, **settings):
        table = {**account(tmp_path, kamailio, user, transport=transport), "registrar": registrar}
        return Daemon(tmp_path / user, machine.within, account={"office": table}, **settings)

    with Kamailio(tmp_path / "k", address=f"[{PBX6}]", within=cable.pbx.within) as kamailio:
        name, literal = f"pbx.test:{kamailio.port}", f"[{PBX6}]:{kamailio.port}"
        listening = {"address": "0.0.0.0", "port": 5080, "callers": "anyone", "trace": True}
        target = {"far": {"uri": "242", "account": "office"}}
        with (
            station(cable.door, "241", name, sip=listening, target=target) as door,
            station(cable.pbx, "242", literal, sip=listening) as kitchen,
        ):
            for each in (door, kitchen):
                each.wait("account.registered")
                assert each.get("/v1/accounts/office")["server"] == literal
            for to in ("far", "sip:kitchen@kitchen.test:5080", f"sip:kitchen@[{PBX6}]:5080"):
                for each in (door, kitchen):
                    each.begin()
                call = door.post("/v1/calls", {"to": to})["id"]
                came = kitchen.rung()
                assert kitchen.of("call.incoming")[0]["data"]["source"].startswith("[fd00:9::")
                kitchen.press("answer")
                door.talk(call)
                kitchen.talk(came)
                until(lambda call=call, came=came: received(door, call) and received(kitchen, came), "sound")
                door.press("hangup")
                door.final(call, kind="call.ended", cause="hangup", by="local")
                kitchen.final(came, kind="call.ended", cause="hangup", by="remote")
