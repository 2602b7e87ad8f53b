"""Forged callers: a packet that says it is a target's, and comes from elsewhere, is a stranger's."""

import re

import pytest

from appliance.demo.stations import CODE
from tests.support.daemon import Daemon, loopback, settled
from tests.support.peers.afterwards import rings
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.waiting import until

DIGIT, NAME = "5", "porch.test"
ASKS_FOR_AN_ANSWER = {
    "Call-Info": "Call-Info: <sip:far>;answer-after=0\r\n",
    "Alert-Info": "Alert-Info: <http://x>;info=alert-autoanswer;delay=0\r\n",
    "Answer-Mode": "Answer-Mode: Auto\r\n",
}
RESOLVER = """
import socket
from pathlib import Path

real = socket.getaddrinfo

def getaddrinfo(host, *more, **named):
    if host != {name!r}:
        return real(host, *more, **named)
    if not (address := Path({path!r}).read_text()):
        raise socket.gaierror(-2, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (address, 0))]

socket.getaddrinfo = getaddrinfo
"""


class Name:
    """NAME in the station's own resolver: `leads` to an address, or to none where that is empty."""

    def __init__(self, directory):
        self.path = directory / "address"
        self.leads("")
        (directory / "sitecustomize.py").write_text(RESOLVER.format(name=NAME, path=str(self.path)))
        self.within = ("env", f"PYTHONPATH={directory}:{CODE}")

    def leads(self, address):
        self.path.write_text(address)


class Claimer(Packets):
    """A far end whose From is `uri`, wherever it is."""

    def __init__(self, address, door, uri, headers="", asked=""):
        super().__init__(address, to=door.address)
        self.uri, self.headers, self.asked = uri, headers, asked

    def request(self, method, seq=1, body="", kind="application/sdp", headers=""):
        packet = super().request(method, seq, body, kind, self.headers if method == "INVITE" else headers).decode()
        packet = re.sub("From: <[^>]*>", f"From: <{self.uri}>", packet)
        if self.asked and method == "INVITE":
            packet = re.sub("^INVITE [^ ]*", f"INVITE {self.asked}", packet)
            packet = re.sub("To: <[^>]*>", f"To: <{self.asked}>", packet)
        return packet.encode()

    def claims(self, door):
        """Call; the target that the station takes it for."""
        door.begin()
        self.send(self.invite())
        return door.wait("call.incoming", source=f"{self.address}:{self.port}")["data"]["target"]


def station(directory, uri, within=(), **more):
    """One whose target `far` has that URI, opens the front door, and is answered by itself."""
    door = Daemon(directory / "door", within, door={"front": {"digits": DIGIT}}, **more)
    door.config["target"]["far"] = {"uri": uri, "doors": ["front"], "auto_answer": True}
    return door


def is_refused(door, *claimer, **more):
    """Whether that one is a stranger now, whom the station does not answer."""
    with Claimer(*claimer, **more) as stranger:
        if stranger.claims(door):
            return False
        stranger.receive("SIP/2.0 403", "INVITE")
        return True


def opens(door, *claimer, **more):
    """Call, be answered by the station itself, and open the door; False where it takes the call for a stranger's."""
    with Claimer(*claimer, **more) as far:
        if far.claims(door) != "far":
            return False
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK"))
        call = door.wait("call.connected")["call"]
        far.send(far.request("INFO", 2, f"Signal={DIGIT}\r\nDuration=160\r\n", "application/dtmf-relay"))
        assert door.wait("door.unlocked")["data"]["by"] == "digits of far"
        far.hang_up()
        door.final(call, kind="call.ended", by="remote")
        return True


@pytest.fixture(scope="module")
def registrar(tmp_path_factory):
    with Kamailio(tmp_path_factory.mktemp("k")) as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A station whose target is configured by name, and the address that this leads to."""
    directory, address = tmp_path_factory.mktemp("d"), loopback()
    name = Name(directory)
    name.leads(address)
    with station(directory, f"sip:far@{NAME}:5060", name.within) as door:
        yield door, address


@pytest.fixture
def named(running):
    door, address = running
    with settled(door):
        yield door, address


def at_last(condition, what):
    """Wait for it by one call a second: the station shuts out those that call too often."""
    until(condition, what, every=1.0)


@pytest.mark.parametrize("header", ASKS_FOR_AN_ANSWER)
def test_who_claims_a_target_s_name_from_another_address_is_neither_answered_nor_opens(header, named):
    door, address = named
    uri, asks = f"sip:far@{NAME}", {"headers": ASKS_FOR_AN_ANSWER[header]}
    assert is_refused(door, loopback(), door, uri, **asks)
    at_last(lambda: opens(door, address, door, uri, **asks), "the name is looked up")
    assert is_refused(door, loopback(), door, uri, **asks)
    with Packets(address, 5060) as phone:
        rings(door, phone)


def test_a_name_that_cannot_be_looked_up_makes_its_caller_a_stranger_until_it_can(tmp_path):
    name = Name(tmp_path)
    uri, asks = f"sip:far@{NAME}", {"headers": ASKS_FOR_AN_ANSWER["Call-Info"]}
    address, another = loopback(), loopback()
    with station(tmp_path, f"{uri}:5060", name.within) as door:
        assert is_refused(door, address, door, uri, **asks)
        name.leads(address)
        at_last(lambda: opens(door, address, door, uri, **asks), "the name is looked up again")
        name.leads(another)
        at_last(lambda: opens(door, another, door, uri, **asks), "it is looked up, as somebody calls from elsewhere")
        assert is_refused(door, address, door, uri, **asks)


def test_a_message_that_claims_a_target_s_name_from_another_address_is_a_stranger_s(named):
    door, _ = named
    with Claimer(loopback(), door, f"sip:far@{NAME}") as thief:
        thief.send(thief.request("MESSAGE", body="open", kind="text/plain"))
        door.wait("access.denied", scope="message", **{"from": thief.address})
        assert not door.of("message.received")


def test_who_claims_a_target_of_an_account_that_anyone_may_call_is_a_stranger_there(registrar, tmp_path):
    office = account(tmp_path, registrar, "201", callers="anyone")
    door = station(tmp_path, "301", account={"office": office})
    door.config["target"]["far"]["account"] = "office"
    with door:
        door.wait("account.registered", account="office")
        uri, asked = f"sip:301@{registrar.address}", f"sip:201@{registrar.address}"
        with Claimer(loopback(), door, uri, ASKS_FOR_AN_ANSWER["Call-Info"], asked) as thief:
            assert thief.claims(door) == ""
            call = door.wait("call.ringing")["call"]
            assert door.get(f"/v1/calls/{call}")["account"] == "office"
            thief.called(lambda: door.press("answer"))
            door.talk(call)
            thief.send(thief.request("INFO", 2, f"Signal={DIGIT}\r\nDuration=160\r\n", "application/dtmf-relay"))
            assert door.wait("dtmf.received")["data"]["digit"] is None  # a resident who calls so may type a real code
            thief.hang_up()
        assert not door.of("door.unlocked") + door.of("door.denied")


def test_a_udp_packet_with_the_registrar_s_address_is_a_stranger_s_to_an_account_by_tcp(registrar, tmp_path):
    """Anybody can write an address into a UDP packet; into a connection nobody can."""
    door = station(tmp_path, "301", account={"office": account(tmp_path, registrar, "201", transport="tcp")})
    door.config["target"]["far"]["account"] = "office"
    with door:
        door.wait("account.registered", account="office")
        uri, asked = f"sip:301@{registrar.address}", f"sip:201@{registrar.address}"
        assert is_refused(door, registrar.address, door, uri, headers=ASKS_FOR_AN_ANSWER["Call-Info"], asked=asked)


def test_a_target_that_is_called_past_its_own_account_opens_nothing(registrar, tmp_path):
    """Who may call, but not open, would have a machine of its own answer: the account is the target's proof."""
    name, address = Name(tmp_path), loopback()
    name.leads(address)
    office = account(tmp_path, registrar, "201")
    door = station(tmp_path, f"sip:301@{NAME}:5060", name.within, account={"office": office})
    door.config["target"]["far"]["account"] = "office"
    with door, Packets(address, 5060) as thief:
        door.wait("account.registered", account="office")
        call = door.post("/v1/calls", {"to": "far", "account": "direct"})["id"]
        invite = thief.invited()
        thief.answer(invite, "200 OK", thief.sdp)
        door.talk(call)
        thief.send(thief.inside(invite, "INFO", 2, f"Signal={DIGIT}\r\nDuration=160\r\n", "application/dtmf-relay"))
        assert door.wait("dtmf.received")["data"]["masked"]  # a resident who is called so may type a real code
        thief.hung_up_by(door, call)
        assert not door.of("door.unlocked") + door.of("door.denied")
