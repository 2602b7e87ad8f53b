"""A TURN server by configuration: it relays where no direct way works; dead, wrong or lying, it stops no call."""

import re
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from tests.support.daemon import Daemon
from tests.support.peers import stun
from tests.support.peers.coturn import coturn
from tests.support.peers.namespaces import DOOR, PBX, Cable
from tests.support.peers.packets import Packets
from tests.support.peers.turn import ALLOCATE, LIES, PASSWORD, RELAY, USER, honest
from tests.support.times import REAL, hasty, patient
from tests.support.waiting import until

PORT, FAR, SERVER = 5080, 5090, 3478
RTP = range(10000, 20000)  # ports of calls; the checks have ephemeral ones
HIDDEN = range(16384, 20480)  # where the kitchen receives sound, which the cable does not let through
SEEN = range(20480, 24576)  # where it does
RTP_S, TRIES = 6.0, 3
TIMES = hasty(ice_server_answers_s=REAL.ice_server_answers_s)  # so a dead server is soon known


@pytest.fixture(scope="module")
def cable(tmp_path_factory):
    with Cable(tmp_path_factory.mktemp("c")) as cable:
        cable.pbx.run("ip", "rule", "add", "pref", "10", "table", "local")
        cable.pbx.run("ip", "rule", "del", "pref", "0")
        ports = f"{HIDDEN[0]}-{HIDDEN[-1]}"
        words = ("iif", "eth0", "ipproto", "udp", "dport", ports, "blackhole")
        cable.pbx.run("ip", "rule", "add", "pref", "5", *words)
        yield cable


@contextmanager
def station(directory, machine, password=PASSWORD, deadlines=None, times=TIMES, **settings):
    secret = directory / "turn.password"
    directory.mkdir(exist_ok=True)
    secret.write_text(password)
    secret.chmod(0o600)
    turn = {"turn_server": PBX, "turn_user": USER, "turn_password_file": str(secret)}
    sip = {"address": "0.0.0.0", "port": PORT, "ice": True, **turn, **settings}
    target = {"far": {"uri": f"sip:far@{PBX}:{FAR}"}}
    with Daemon(directory, machine.within, sip=sip, target=target, deadlines=deadlines or {}, times=times) as door:
        yield door


def called(door, cable):
    """The INVITE of a call, which is then refused."""
    door.begin()
    with Packets(PBX, FAR, bound=cable.pbx.socket) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "486 Busy Here"))
        door.final(call)
    return invite


def candidates(invite):
    """Kinds and addresses of RTP."""
    return set(re.findall(r"^a=candidate:\S+ 1 UDP \d+ (\S+) \d+ typ (\w+)", invite, re.MULTILINE))


def relays(door, cable, address):
    """Wait until the relay's address is offered."""
    until(lambda: (address, "relay") in candidates(called(door, cable)), "the relay in an offer", every=1)


def received(station, call):
    return (station.get(f"/v1/calls/{call}")["quality"] or {}).get("received", 0)


def more_sound(station, call):
    """Wait until 50 packets more have come."""
    before = received(station, call)
    until(lambda: received(station, call) > before + 50, "sound")


def kitchen_at(directory, machine, rtp_ports=HIDDEN):
    """The station that the door rings; by default no direct way leads to where it receives sound."""
    ports = f"{rtp_ports[0]}-{rtp_ports[-1]}"
    sip = {"address": PBX, "port": FAR, "rtp_ports": ports, "ice": True, "callers": "anyone"}
    return Daemon(directory, machine.within, sip=sip, target={"far": {"uri": f"sip:door@{DOOR}:{PORT}"}})


def joined(door, kitchen):
    """A call with sound both ways: its ids, and the kinds of the ways that ICE found.

    On a machine that is starved for seconds the checks of ICE can time out; then there is another call.
    """
    for _ in range(TRIES):
        door.begin()
        kitchen.begin()
        call, came = door.ring(), kitchen.rung()
        kitchen.press("answer")
        door.talk(call)
        until(lambda at=call: door.of("media.ice_completed", at) or door.of("call.ended", at), "the result of ICE", 120)
        if done := [event["data"] for event in door.of("media.ice_completed", call)]:
            for each, number in ((door, call), (kitchen, came)):
                more_sound(each, number)
            return call, came, (done[0]["local"]["kind"], done[0]["remote"]["kind"])
        kitchen.final(came)
    raise AssertionError(f"ICE found no way in {TRIES} calls")


def test_it_relays_where_no_direct_way_works_and_its_end_ends_no_other_call(cable, tmp_path):
    with (
        coturn(cable.pbx, tmp_path) as server,
        station(tmp_path / "door", cable.door) as door,
    ):
        relays(door, cable, PBX)
        with kitchen_at(tmp_path / "far", cable.pbx) as kitchen:
            call, _, kinds = joined(door, kitchen)
            assert kinds == ("relay", "host")
            door.press("hangup")
            door.final(call, kind="call.ended", cause="hangup", by="local")
        server.kill()
        assert f"{PBX}:{SERVER}" in door.wait("appliance.degraded", part="turn")["data"]["why"]
        assert candidates(called(door, cable)) == {(DOOR, "host")}


@contextmanager
def answering(station):
    """The longest time that the station took for an answer meanwhile, in a list that is filled at the end."""
    longest, times, gone = [], [], threading.Event()

    def ask():
        while not gone.wait(0.1):
            begun = time.monotonic()
            station.get("/v1/state")
            times.append(time.monotonic() - begun)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield longest
    finally:
        gone.set()
        thread.join()
    assert times
    longest.append(max(times))


def killed(server):
    """It is gone: the kernel refuses what comes to its ports."""
    server.kill()
    server.wait()


def mute(server):
    """It takes everything and answers nothing."""
    server.send_signal(signal.SIGSTOP)


@contextmanager
def talking(door, cable, directory, rtp_ports=HIDDEN):
    """A relay is offered, and the kitchen is called: the kitchen, and what `joined` returns."""
    relays(door, cable, PBX)
    with kitchen_at(directory, cable.pbx, rtp_ports) as kitchen:
        yield kitchen, *joined(door, kitchen)


@pytest.mark.parametrize("dies", [killed, mute])
def test_a_server_that_dies_in_a_relayed_call_ends_it_in_time_and_the_next_call_works(cable, tmp_path, dies):
    with station(tmp_path / "door", cable.door, deadlines={"rtp_s": RTP_S}) as door:
        process = door.sip()
        with (
            coturn(cable.pbx, tmp_path) as server,
            talking(door, cable, tmp_path / "far") as (kitchen, call, came, ways),
        ):
            assert ways == ("relay", "host")
            with answering(door) as longest:
                dies(server)
                begun = time.monotonic()
                door.wait("media.stopped", call)
                door.wait("media.ice_failed", call, cause="disconnected")
                told = door.final(call, kind="call.ended", cause="ice_failed", by="local")
                assert "check the network, and the TURN server" in told["explanation"]
                took = time.monotonic() - begun
                kitchen.final(came, kind="call.ended", by="remote")
                assert f"{PBX}:{SERVER}" in door.wait("appliance.degraded", part="turn")["data"]["why"]
            print(f"{dies.__name__}: ended after {took:.1f} s, an answer took {max(longest):.3f} s at most")
            assert door.sip() == process
        assert candidates(called(door, cable)) == {(DOOR, "host")}
        with coturn(cable.pbx, tmp_path):
            door.wait("appliance.recovered", part="turn")
            with talking(door, cable, tmp_path / "far again") as (_, call, _, ways):
                assert ways == ("relay", "host")
                door.press("hangup")
                door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_call_with_a_direct_way_outlives_the_server(cable, tmp_path):
    with (
        coturn(cable.pbx, tmp_path) as server,
        station(tmp_path / "door", cable.door, deadlines={"rtp_s": RTP_S}) as door,
        talking(door, cable, tmp_path / "far", SEEN) as (kitchen, call, came, ways),
    ):
        assert ways == ("host", "host")
        killed(server)
        door.wait("appliance.degraded", part="turn")
        for each, number in ((door, call), (kitchen, came)):
            more_sound(each, number)
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")


def test_a_wrong_password_is_reported_and_stops_no_call(cable, tmp_path):
    with coturn(cable.pbx, tmp_path), station(tmp_path / "door", cable.door, "another secret") as door:
        told = door.wait("appliance.degraded", part="turn")["data"]["why"]
        assert f"{PBX}:{SERVER}" in told
        assert "refuses the user or the password (401)" in told
        assert "another secret" not in door.log
        assert candidates(called(door, cable)) == {(DOOR, "host")}


class Server:
    """A TURN server whose answers to calls a test may change; `asked`: the ports that requests came from."""

    def __init__(self):
        self.asked, self.answer = [], honest

    def take(self, request, source):
        self.asked.append(source[1])
        return (self.answer if source[1] in RTP else honest)(request, source)


@pytest.fixture
def server(cable):
    with cable.pbx.socket(PBX, SERVER) as receiver:
        made = Server()
        with stun.answers(receiver, made.take, ALLOCATE):
            yield made


def test_a_server_that_lies_to_calls_stops_none_of_them(cable, server, tmp_path):
    with station(tmp_path, cable.door, times=patient()) as door:
        relays(door, cable, RELAY)
        until(lambda: f"c=IN IP4 {RELAY}\r\n" in called(door, cable), "the relay as the address of the sound")
        believed = {}
        for name, lie in LIES.items():
            server.answer = lie
            server.asked.clear()
            invite = called(door, cable)
            assert set(server.asked) & set(RTP), name
            if candidates(invite) != {(DOOR, "host")} or f"c=IN IP4 {DOOR}\r\n" not in invite:
                believed[name] = invite
        assert not believed
        assert not door.ever("appliance.degraded")
        server.answer = honest
        relays(door, cable, RELAY)
