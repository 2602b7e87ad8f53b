"""A STUN server by configuration: its address is offered by ICE; dead or lying, it stops no call."""

import itertools
import re
import struct
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.daemon import Daemon
from tests.support.peers import stun
from tests.support.peers.namespaces import DOOR, PBX, Cable
from tests.support.peers.packets import Packets
from tests.support.shown import shows
from tests.support.waiting import until

PORT, FAR, SERVER = 5080, 5090, 3478
PUBLIC, STRANGER = "192.0.2.77", "10.9.0.66"
ALL_SENT = 7  # requests of one socket, after which pjnath gives up, 8 s after the first


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.pbx.run("ip", "address", "add", f"{STRANGER}/24", "dev", "eth0")
        yield cable


@contextmanager
def station(directory, machine, **settings):
    sip = {"address": "0.0.0.0", "port": PORT, "ice": True, "stun_server": PBX, **settings.pop("sip", {})}
    with Daemon(directory, machine.within, sip=sip, target={"far": {"uri": f"sip:far@{PBX}:{FAR}"}}) as door:
        yield door


class Server:
    """A STUN server whose answers a test may change; `asked`: the ports that requests came from, one for each."""

    def __init__(self):
        self.asked, self.until_then = [], []
        self.answer = named

    def take(self, request, source):
        self.asked.append(source[1])
        return self.answer(request, source)


def named(request, source):
    """The answer of a server on the other side of a NAT that keeps ports."""
    return stun.message(stun.ANSWER, stun.mapped((PUBLIC, source[1])), transaction=request[8:20])


def silent(request, source):
    return b""


@pytest.fixture
def server(cable):
    with cable.pbx.socket(PBX, SERVER) as receiver:
        made = Server()
        with stun.answers(receiver, made.take):
            yield made


def called(door, cable, server=None):
    """The INVITE of a call, which is then refused; `server` keeps what it had been asked when the INVITE came."""
    door.begin()
    with Packets(PBX, FAR, bound=cable.pbx.socket) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        if server is not None:
            server.until_then = [*server.asked]
        far.send(far.reply(invite, "486 Busy Here"))
        door.final(call)
    return invite


def candidates(invite):
    """Kinds and addresses of RTP."""
    return set(re.findall(r"^a=candidate:\S+ 1 UDP \d+ (\S+) \d+ typ (\w+)", invite, re.MULTILINE))


def known(door, cable):
    """Wait until the address that the server names is offered."""
    until(lambda: (PUBLIC, "srflx") in candidates(called(door, cable)), "the public address in an offer", every=1)


def test_the_address_that_it_names_is_offered(cable, server, tmp_path):
    with station(tmp_path, cable.door) as door:
        known(door, cable)
        invite = called(door, cable)
        assert candidates(invite) == {(DOOR, "host"), (PUBLIC, "srflx")}
        assert f"c=IN IP4 {PUBLIC}\r\n" in invite
        assert not door.ever("appliance.degraded")


@shows("appliance.degraded", "appliance.recovered")
def test_a_server_that_never_answers_is_reported_and_stops_no_call(cable, server, tmp_path):
    server.answer = silent
    with station(tmp_path, cable.door) as door:
        told = door.wait("appliance.degraded", part="stun")["data"]["why"]
        assert f"{PBX}:{SERVER}" in told and "does not answer" in told and "sip.stun_server" in told
        before = len(server.asked)
        assert candidates(called(door, cable)) == {(DOOR, "host")}
        assert len(set(server.asked[before:])) <= 1, "asked by the call"  # by the next check at most
        server.answer = named
        door.wait("appliance.recovered", part="stun")
        known(door, cable)


def test_a_server_that_dies_holds_up_the_next_call_for_less_than_it_takes_to_know(cable, server, tmp_path):
    with station(tmp_path, cable.door) as door:
        known(door, cable)
        server.answer = silent
        server.asked.clear()
        invite = called(door, cable, server)
        sent = [server.until_then.count(port) for port in set(server.until_then)]
        assert sent and max(sent) < ALL_SENT, sent
        assert candidates(invite) == {(DOOR, "host")}
        assert f"c=IN IP4 {DOOR}\r\n" in invite


def wrong_transaction(request, source):
    return stun.message(stun.ANSWER, stun.mapped((PUBLIC, source[1])))


def cut(request, source):
    return named(request, source)[:-3]


def endless(request, source):
    return named(request, source) + bytes(9000)


def refusal(request, source):
    code = stun.attribute(0x09, struct.pack("!HBB", 0, 5, 0) + b"Server Error")
    return stun.message(stun.REFUSAL, code, transaction=request[8:20])


@pytest.mark.parametrize("lie", [wrong_transaction, cut, endless, refusal])
def test_a_server_that_answers_wrongly_counts_as_dead(cable, server, tmp_path, lie):
    server.answer = lie
    with station(tmp_path, cable.door) as door:
        door.wait("appliance.degraded", part="stun")
        assert candidates(called(door, cable)) == {(DOOR, "host")}


def test_an_answer_from_elsewhere_is_not_taken(cable, server, tmp_path):
    with cable.pbx.socket(STRANGER, SERVER) as stranger, station(tmp_path, cable.door) as door:
        known(door, cable)
        server.asked.clear()

        def from_elsewhere(request, source):
            stranger.sendto(named(request, source), source)
            return b""

        server.answer = from_elsewhere
        assert candidates(called(door, cable)) == {(DOOR, "host")}
        assert server.asked


@pytest.mark.parametrize("lie", [wrong_transaction, cut, endless, refusal])
def test_a_server_that_lies_to_calls_only_does_not_stop_them(cable, server, tmp_path, lie):
    with station(tmp_path, cable.door) as door:
        known(door, cable)
        server.answer = lie
        assert candidates(called(door, cable)) == {(DOOR, "host")}


def test_an_address_that_changes_with_every_answer_ends_no_call(cable, server, tmp_path):
    hosts = itertools.count(1)
    server.answer = lambda request, source: stun.message(
        stun.ANSWER, stun.mapped((f"192.0.2.{next(hosts) % 250 + 1}", source[1])), transaction=request[8:20]
    )
    far = {"uri": f"sip:door@{DOOR}:{PORT}"}
    with ExitStack() as stack:
        door = stack.enter_context(station(tmp_path / "door", cable.door))
        sip = {"address": "0.0.0.0", "port": FAR, "ice": True}
        kitchen = stack.enter_context(
            Daemon(tmp_path / "far", cable.pbx.within, sip={**sip, "callers": "anyone"}, target={"far": far})
        )
        until(lambda: server.asked, "a check")
        call, came = door.ring(), kitchen.rung()
        kitchen.press("answer")
        for each, number in ((door, call), (kitchen, came)):
            each.talk(number)
            each.wait("media.ice_completed", number)
            until(lambda e=each, n=number: ((e.get(f"/v1/calls/{n}")["quality"]) or {}).get("received", 0) > 50)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_name_that_is_not_resolved_is_reported(cable, tmp_path):
    with station(tmp_path, cable.door, sip={"stun_server": "stun.test:3479"}) as door:
        assert "stun.test:3479" in door.wait("appliance.degraded", part="stun")["data"]["why"]
        assert candidates(called(door, cable)) == {(DOOR, "host")}
