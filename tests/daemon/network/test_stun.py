"""A STUN server by configuration: ICE offers the address that it reports; dead or lying, it stops no call."""

import itertools
import re
import struct
from collections import Counter
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from tests.support.daemon import Daemon
from tests.support.peers import stun
from tests.support.peers.namespaces import DOOR, PBX, Cable, SilentNameServer
from tests.support.peers.packets import Packets
from tests.support.times import REAL, hasty, patient
from tests.support.waiting import until

PORT, FAR, SERVER = 5080, 5090, 3478
PUBLIC, STRANGER = "192.0.2.77", "10.9.0.66"
DOOR6, PBX6 = "fd00:9::7", "fd00:9::1"
ALL_SENT = 7  # requests of one socket, after which pjnath gives up, 8 s after the first
RTP = range(10000, 20000)  # ports of calls; the checks have ephemeral ones
TIMES = hasty(ice_server_answers_s=REAL.ice_server_answers_s)  # so a dead server is soon known
UNSEEN = replace(TIMES, ice_server_check_s=REAL.ice_server_check_s)  # by the next call, and by no check before it


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.pbx.run("ip", "address", "add", f"{STRANGER}/24", "dev", "eth0")
        for machine, address in ((cable.door, DOOR6), (cable.pbx, PBX6)):
            machine.run("ip", "address", "add", f"{address}/64", "dev", "eth0", "nodad")
        yield cable


@contextmanager
def station(directory, machine, times=TIMES, **settings):
    sip = {"address": "0.0.0.0", "port": PORT, "ice": True, "stun_server": PBX, **settings.pop("sip", {})}
    target = {"far": {"uri": f"sip:far@{PBX}:{FAR}"}}
    with Daemon(directory, machine.within, sip=sip, target=target, times=times) as door:
        yield door


class Server:
    """A STUN server whose answers a test may change; `asked`: the ports that requests came from, one for each."""

    def __init__(self, receiver):
        self.socket = receiver
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
        made = Server(receiver)
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


def calls(server):
    """Requests that calls have sent, by port."""
    return Counter(port for port in server.asked if port in RTP)


def known(door, cable):
    """The first INVITE that offers the address that the server names."""

    def offered():
        invite = called(door, cable)
        return (PUBLIC, "srflx") in candidates(invite) and invite

    return until(offered, "the public address in an offer", every=1)


def test_the_address_that_it_names_is_offered(cable, server, tmp_path):
    with station(tmp_path, cable.door, hasty()) as door:  # a server that is slow is not dead
        invite = known(door, cable)
        assert candidates(invite) == {(DOOR, "host"), (PUBLIC, "srflx")}
        assert f"c=IN IP4 {PUBLIC}\r\n" in invite
        assert not door.ever("appliance.degraded")


def test_a_server_that_never_answers_is_reported_and_stops_no_call(cable, server, tmp_path):
    server.answer = silent
    with station(tmp_path, cable.door) as door:
        told = door.wait("appliance.degraded", part="stun")["data"]["why"]
        assert f"{PBX}:{SERVER}" in told and "does not answer" in told and "sip.stun_server" in told
        before = len(server.asked)
        assert candidates(called(door, cable)) == {(DOOR, "host")}
        assert not [port for port in server.asked[before:] if port in RTP], "asked by the call"
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


def test_an_answer_that_comes_after_the_offer_changes_nothing(cable, server, tmp_path):
    with station(tmp_path, cable.door, UNSEEN) as door:
        known(door, cable)
        late = []

        def hold_back(request, source):
            late.append((named(request, source), source))
            return b""

        server.answer = hold_back
        door.begin()
        with Packets(PBX, FAR, bound=cable.pbx.socket) as far:
            call = door.ring()
            invite = far.receive("INVITE", "INVITE")
            assert candidates(invite) == {(DOOR, "host")}
            assert calls(server)
            for answer, source in late:
                server.socket.sendto(answer, source)
            far.send(far.reply(invite, "180 Ringing"))
            door.wait("call.ringing", call)
            far.send(far.reply(invite, "486 Busy Here"))
            door.final(call)
        server.answer = named
        known(door, cable)


def wrong_transaction(request, source):
    return stun.message(stun.ANSWER, stun.mapped((PUBLIC, source[1])))


def cut(request, source):
    return named(request, source)[:-3]


def endless(request, source):
    return named(request, source) + bytes(9000)


def refusal(request, source):
    code = stun.attribute(0x09, struct.pack("!HBB", 0, 5, 0) + b"Server Error")
    return stun.message(stun.REFUSAL, code, transaction=request[8:20])


def no_address(request, source):
    return stun.message(stun.ANSWER, transaction=request[8:20])


def other_family(request, source):
    value = struct.pack("!BBH", 0, 2, source[1]) + bytes.fromhex("20010db8000000000000000000000066")
    return stun.message(stun.ANSWER, stun.attribute(0x0001, value), transaction=request[8:20])


def port_0(request, source):
    return stun.message(stun.ANSWER, stun.mapped((PUBLIC, 0)), transaction=request[8:20])


def at(host):
    """The answer that names that address."""

    def answer(request, source):
        return stun.message(stun.ANSWER, stun.mapped((host, source[1])), transaction=request[8:20])

    return answer


NOBODY = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "169.254.7.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
LIES = {
    **{lie.__name__: lie for lie in (wrong_transaction, cut, endless, refusal, no_address, other_family, port_0)},
    **{host: at(host) for host in NOBODY},
}


@pytest.mark.parametrize("lie", ["refusal", "255.255.255.255"])
def test_a_server_that_answers_wrongly_counts_as_dead(cable, server, tmp_path, lie):
    server.answer = LIES[lie]
    with station(tmp_path, cable.door) as door:
        door.wait("appliance.degraded", part="stun")
        assert candidates(called(door, cable)) == {(DOOR, "host")}


def test_an_answer_from_elsewhere_is_not_taken(cable, server, tmp_path):
    with cable.pbx.socket(STRANGER, SERVER) as stranger, station(tmp_path, cable.door, UNSEEN) as door:
        known(door, cable)
        server.asked.clear()

        def from_elsewhere(request, source):
            stranger.sendto(named(request, source), source)
            return b""

        server.answer = from_elsewhere
        assert candidates(called(door, cable)) == {(DOOR, "host")}
        assert calls(server)


def test_a_server_that_lies_to_calls_only_does_not_stop_them(cable, server, tmp_path):
    with station(tmp_path, cable.door, patient()) as door:
        known(door, cable)
        believed = {}
        for name, lie in LIES.items():
            server.answer = lambda request, source, lie=lie: (lie if source[1] in RTP else named)(request, source)
            server.asked.clear()
            invite = called(door, cable)
            assert calls(server), name
            if candidates(invite) != {(DOOR, "host")} or f"c=IN IP4 {DOOR}\r\n" not in invite:
                believed[name] = invite
        assert not believed


def test_a_private_address_that_it_names_is_offered(cable, server, tmp_path):
    """A router beyond the router, as in a flat whose provider has no public addresses."""
    server.answer = at("192.168.178.20")
    with station(tmp_path, cable.door) as door:
        until(lambda: ("192.168.178.20", "srflx") in candidates(called(door, cable)), "the address", every=1)


@contextmanager
def kitchen_of(cable, tmp_path):
    """The station that the door calls, with ICE and without STUN."""
    sip = {"address": "0.0.0.0", "port": FAR, "ice": True, "callers": "anyone"}
    far = {"uri": f"sip:door@{DOOR}:{PORT}"}
    with Daemon(tmp_path / "far", cable.pbx.within, sip=sip, target={"far": far}) as kitchen:
        yield kitchen


def talk(door, call, kitchen, came):
    kitchen.press("answer")
    for each, number in ((door, call), (kitchen, came)):
        each.talk(number)
        each.wait("media.ice_completed", number)
        more_sound(each, number)


def received(station, call):
    return (station.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0)


def more_sound(station, call):
    """Wait until 50 packets more have come."""
    before = received(station, call)
    until(lambda: received(station, call) > before + 50, "sound")


def test_a_call_by_ipv6_does_without_it(cable, server, tmp_path):
    with station(tmp_path / "door", cable.door) as door:
        known(door, cable)
        with kitchen_of(cable, tmp_path) as kitchen:
            door.begin()
            call = door.post("/v1/calls", {"to": f"sip:kitchen@[{PBX6}]:{FAR}"})["id"]
            talk(door, call, kitchen, kitchen.rung())
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")


@pytest.mark.long(60)
def test_addresses_that_change_and_a_server_that_dies_end_no_call(cable, server, tmp_path):
    hosts = itertools.count(1)
    server.answer = lambda request, source: stun.message(
        stun.ANSWER, stun.mapped((f"192.0.2.{next(hosts) % 250 + 1}", source[1])), transaction=request[8:20]
    )
    with station(tmp_path / "door", cable.door) as door, kitchen_of(cable, tmp_path) as kitchen:
        until(lambda: server.asked, "a check")
        call, came = door.ring(), kitchen.rung()
        talk(door, call, kitchen, came)
        before = calls(server)
        until(lambda: calls(server) - before, "another address in the call")
        server.answer = silent
        server.asked.clear()
        until(lambda: max(calls(server).values(), default=0) > ALL_SENT, "its silence to be noticed")
        for each, number in ((door, call), (kitchen, came)):
            more_sound(each, number)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_name_that_is_not_resolved_is_reported(cable, tmp_path):
    with station(tmp_path, cable.door, sip={"stun_server": "stun.test:3479"}) as door:
        assert "stun.test:3479" in door.wait("appliance.degraded", part="stun")["data"]["why"]
        assert candidates(called(door, cable)) == {(DOOR, "host")}


def test_no_call_waits_for_its_name(cable, tmp_path):
    """The name server is silent, and the system asks it for longer than this test waits for anything."""
    before = cable.resolver.read_text()
    cable.resolver.write_text(f"nameserver {PBX}\noptions timeout:30 attempts:5\n")
    try:
        with (
            SilentNameServer(cable.pbx) as names,
            station(tmp_path, cable.door, sip={"stun_server": "stun.test"}) as door,
        ):
            until(lambda: "stun.test" in names.asked, "the name")
            assert candidates(called(door, cable)) == {(DOOR, "host")}
            assert not door.ever("appliance.degraded")
    finally:
        cable.resolver.write_text(before)
