"""A board in two networks: signalling and SDP name the address of the route to each far end, in either direction."""

import re

import pytest

from tests.support.cabled import flows
from tests.support.daemon import Daemon
from tests.support.peers.namespaces import DOOR, HELD, PBX, Cable, Machine, plug
from tests.support.peers.registrars import Kamailio, account
from tests.support.waiting import until

DOOR_INSIDE, KITCHEN = "10.8.0.7", "10.8.0.2"  # the second network, which the default route does not lead to
ANY = {"address": "0.0.0.0", "port": 0, "trace": True, "callers": "anyone"}


@pytest.fixture
def house(tmp_path):
    """The door's default route leads to `pbx`; `kitchen` is at its second interface."""
    with Cable(tmp_path) as cable:
        cable.kitchen = Machine([*cable.door.within, "unshare", "--net", "--mount", *HELD])
        try:
            plug(cable.door, "eth1", cable.kitchen, "eth0")
            cable.door.run("ip", "route", "add", "default", "via", PBX)
            for machine, name, address in ((cable.door, "eth1", DOOR_INSIDE), (cable.kitchen, "eth0", KITCHEN)):
                machine.run("ip", "link", "set", "lo", "up")
                machine.run("ip", "address", "add", f"{address}/24", "dev", name)
                machine.run("ip", "link", "set", name, "up")
            yield cable
        finally:
            cable.kitchen.end()


def port(station):
    return station.address.rpartition(":")[2]


def talk(caller, called, button="ring"):
    """One call, with sound both ways; ended by the called side, whose BYE has to find the caller."""
    caller.begin()
    called.begin()
    caller.press(button)
    call = caller.wait("call.dialing")["call"]
    came = called.rung()
    called.press("answer")
    caller.talk(call)
    called.talk(came)
    flows((caller, call), (called, came))
    called.press("hangup")
    caller.final(call, kind="call.ended", cause="hangup", by="remote")
    called.final(came, kind="call.ended", by="local")


def messages(station):
    return until(lambda: (station.directory / "sip.trace").read_text(errors="replace"), "a trace")


def test_a_direct_call_in_the_second_network_names_its_address_everywhere(house, tmp_path):
    with Daemon(tmp_path / "kitchen", within=house.kitchen.within, sip=ANY) as kitchen:
        target = {"far": {"uri": f"sip:far@{KITCHEN}:{port(kitchen)}"}}
        with Daemon(tmp_path / "door", within=house.door.within, sip=ANY, target=target) as door:
            talk(door, kitchen)
            said = messages(kitchen)
            assert DOOR_INSIDE in said
            assert DOOR not in said  # in From, Via, Contact, SDP
            (found,) = [each for each in door.post("/v1/doctor")["findings"] if each["check"] == "network"]
            assert found["level"] == "ok"
            assert found["message"] == (f"This machine has {DOOR_INSIDE}, {DOOR}. Calls name {DOOR_INSIDE} to far.")


def test_a_call_from_the_second_network_is_answered_with_its_address(house, tmp_path):
    with Daemon(tmp_path / "door", within=house.door.within, sip=ANY) as door:
        target = {"far": {"uri": f"sip:door@{DOOR_INSIDE}:{port(door)}"}}
        with Daemon(tmp_path / "kitchen", within=house.kitchen.within, sip=ANY, target=target) as kitchen:
            talk(kitchen, door)
            assert DOOR not in messages(kitchen)


def test_an_account_in_the_second_network_registers_and_calls_with_its_address(house, tmp_path):
    with Kamailio(tmp_path / "k", address=KITCHEN, within=house.kitchen.within) as pbx:
        stations = {}
        for name, machine, other in (("301", house.door, "302"), ("302", house.kitchen, "301")):
            stations[name] = Daemon(
                tmp_path / name,
                within=machine.within,
                sip=ANY,
                account={"office": account(tmp_path, pbx, name)},
                target={"far": {"uri": other, "account": "office"}},
            )
        with stations["301"] as door, stations["302"] as kitchen:
            for each in (door, kitchen):
                each.wait("account.registered")
            talk(door, kitchen)
            talk(kitchen, door)
            assert DOOR not in messages(kitchen)
            registers = [text for text in re.split(r"\n(?=\S+ \S+ )", messages(door)) if "REGISTER sip:" in text]
            assert registers
            assert all(DOOR not in text for text in registers)
