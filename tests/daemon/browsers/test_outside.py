"""A browser outside the house: behind a router, to which a TURN server relays the sound, or in a tunnel.

A router that lets answers in is passed by what a STUN server says.
"""

import os
import re
import subprocess
from contextlib import contextmanager
from functools import partial
from typing import Self

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.daemon.browsers.phones import MICROPHONE, STATION_HZ, phone, until_received
from tests.daemon.browsers.test_talk import heard
from tests.support.daemon import Daemon
from tests.support.peers import sounds
from tests.support.peers.coturn import coturn
from tests.support.peers.namespaces import DOOR, PBX, Cable, plug
from tests.support.peers.turn import PASSWORD, USER
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound
RTP = "16384-20479"  # where the station receives sound: its own router lets nothing in there
ROUTER, OUTSIDE = "10.9.1.2", "10.9.1.1"  # of the phone's network: on the Internet, and its neighbour there
AT_HOME = "10.9.0.8"  # the house's router, which forwards the port of the tunnel
SEEN_AS = "10.9.0.9"  # the house's router, as the Internet sees it
WITHIN, PHONE = "192.168.77.1", "192.168.77.2"
NAT = """
table ip phones {
  chain out { type nat hook postrouting priority srcnat; oifname "outside" masquerade; }
  chain in { type filter hook forward priority filter; iifname "outside" ct state new drop; }
  chain own { type filter hook input priority filter; iifname "outside" ct state new drop; }
}
"""
# The station's own router: its sound leaves by another address, and only answers come in.
HOUSE = f"""
table ip house {{
  chain out {{ type nat hook postrouting priority srcnat; oifname "eth0" udp sport {RTP} snat to {SEEN_AS}; }}
  chain in {{ type filter hook input priority filter; iifname "eth0" udp dport {RTP} ct state new drop; }}
}}
"""
FLAGS = ("--ignore-certificate-errors",)
WAY = """(async () => {
  const connection = window.connections.at(-1);
  window.answer = connection.remoteDescription.sdp;
  const found = await connection.getStats();
  for (const pair of found.values())
    if (pair.type === "candidate-pair" && pair.state === "succeeded" && pair.nominated)
      window.way = [found.get(pair.remoteCandidateId).address, found.get(pair.remoteCandidateId).candidateType];
})()"""


class Internet(Cable):
    """The door and what is outside of it: `pbx`, the phone's `router`, and the phone's machine behind that."""

    def _plug(self) -> None:
        super()._plug()
        self.router, self.phone = self._machine(), self._machine()
        plug(self.router, "outside", self.pbx, "phones")
        plug(self.router, "inside", self.phone, "eth0")
        for machine, name, address in (
            (self.router, "outside", ROUTER),
            (self.pbx, "phones", OUTSIDE),
            (self.router, "inside", WITHIN),
            (self.phone, "eth0", PHONE),
        ):
            machine.run("ip", "address", "add", f"{address}/24", "dev", name)
            machine.run("ip", "link", "set", name, "up")
        for machine in (self.router, self.phone):
            machine.run("ip", "link", "set", "lo", "up")

    def __enter__(self) -> Self:
        super().__enter__()
        self.phone.run("ip", "route", "add", "default", "via", WITHIN)
        self.router.run("ip", "route", "add", "default", "via", OUTSIDE)
        self.door.run("ip", "route", "add", "default", "via", PBX)
        self.pbx.run("ip", "route", "add", "default", "via", ROUTER)  # private addresses are dropped somewhere else
        for machine in (self.pbx, self.router):
            machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.router.run("nft", NAT)
        return self


@pytest.fixture
def internet(tmp_path):
    with Internet(tmp_path) as found:
        yield found


@pytest.fixture
def shut(internet):
    """No sound comes in but from the server."""
    door = internet.door
    door.run("ip", "rule", "add", "pref", "10", "table", "local")
    door.run("ip", "rule", "del", "pref", "0")
    door.run("ip", "rule", "add", "pref", "4", "from", PBX, "table", "local")
    door.run("ip", "rule", "add", "pref", "5", "iif", "eth0", "ipproto", "udp", "dport", RTP, "blackhole")
    return internet


@pytest.fixture
def translated(internet):
    """The station is behind a router, too."""
    internet.door.run("ip", "address", "add", f"{SEEN_AS}/32", "dev", "lo")
    internet.door.run("nft", HOUSE)
    return internet


def station(directory, machine, **sip):
    tone = sounds.tone(directory / "door.wav", STATION_HZ)
    return Daemon(
        directory / "door",
        machine.within,
        sip={"address": "0.0.0.0", "port": 5080, "rtp_ports": RTP, **sip},
        audio={"capture": "simulated", "playback": "simulated", "microphone_file": tone},
        recording={"enabled": True, "channels": "separate"},
        http={"address": DOOR, "port": 0},
    )


def talk(door, mine):
    """Both hear each other; where the browser sends its sound."""
    call = mine.talk()
    mine.until_heard()
    mine.page.value(WAY)
    way = until(lambda: mine.page.value("window.way"), "the way of the sound")
    until_received(door, call)
    mine.page.click("#talk-end")
    door.final(call, kind="call.ended", cause="hangup", by="local")
    assert heard(door, call) == [True, True]
    return way


def candidates(mine):
    """The addresses, with their kinds, that the station has offered the browser."""
    return set(re.findall(r"a=candidate:\S+ 1 \S+ \d+ (\S+) \d+ typ (\w+)", mine.page.value("window.answer")))


@shows("GET /v1/calls/from-browser")
@pytest.mark.parametrize("kind", MICROPHONE)
def test_a_relay_carries_the_sound_where_no_direct_way_does(shut, tmp_path, kind):
    (secret := tmp_path / "turn.password").write_text(PASSWORD)
    secret.chmod(0o600)
    turn = {"turn_server": PBX, "turn_user": USER, "turn_password_file": str(secret)}
    with (
        coturn(shut.pbx, tmp_path),
        station(tmp_path, shut.door, **turn) as door,
        phone(kind, tmp_path / kind, shut.phone, door, flags=FLAGS) as mine,
    ):
        mine.home()
        assert door.get("/v1/calls/from-browser") == {"ice_servers": [f"stun:{PBX}"]}
        assert talk(door, mine) == [PBX, "relay"]


@pytest.mark.parametrize("kind", MICROPHONE)
def test_the_address_that_a_stun_server_sees_leads_through_both_routers(translated, tmp_path, kind):
    with (
        coturn(translated.pbx, tmp_path),
        station(tmp_path, translated.door, address=DOOR, stun_server=PBX) as door,
        phone(kind, tmp_path / kind, translated.phone, door, flags=FLAGS) as mine,
    ):
        mine.home()
        assert door.get("/v1/calls/from-browser") == {"ice_servers": [f"stun:{PBX}"]}
        assert talk(door, mine)[0] == SEEN_AS
        assert candidates(mine) == {(DOOR, "host"), (SEEN_AS, "srflx")}  # of the configured address alone


@pytest.mark.parametrize("kind", MICROPHONE[:1])
def test_a_tunnel_by_the_guide_leads_to_the_page_and_to_the_sound(shut, tmp_path, kind):
    theirs = guide(shut.door, tmp_path)
    with (
        tunnel(shut.door, "Address = 10.77.0.1/24"),
        tunnel(shut.phone, "Address = 10.77.0.2/32", theirs),
        station(tmp_path, shut.door) as door,
        phone(kind, tmp_path / kind, shut.phone, door, flags=FLAGS) as mine,
    ):
        mine.home()
        address, way = talk(door, mine)
        assert (address in {DOOR, "10.77.0.1"}, way) == (True, "host")


def guide(machine, directory):
    """What the guide's lines write on the station, and show for the phone."""
    (programs := directory / "bin").mkdir()
    for name, does in {"sudo": 'exec "$@"', "qrencode": "exec cat"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    lines = blocks("talk-from-outside.md")[1].replace("192.168.1.20", DOOR).replace("house.example.org", AT_HOME)
    machine.run("ip", "address", "add", f"{AT_HOME}/24", "dev", "eth0")
    machine.run("mount", "-t", "tmpfs", "none", "/etc/wireguard")
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    argv = [*machine.within, "bash", "-euc", lines]
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True, timeout=120).stdout


@contextmanager
def tunnel(machine, address, settings=None):
    """One side of a tunnel, as wg-quick makes it; wireguard-go does what the kernel does elsewhere."""
    if settings is not None:
        machine.run("mount", "-t", "tmpfs", "none", "/etc/wireguard")
        machine.run("sh", "-c", f"umask 077; cat > /etc/wireguard/wg0.conf <<'END'\n{settings}\nEND")
    machine.run("mount", "-t", "tmpfs", "none", "/run")
    machine.run("mkdir", "/run/wireguard")
    process = subprocess.Popen([*machine.within, "setpriv", "--pdeathsig", "KILL", "wireguard-go", "-f", "wg0"])
    try:
        until(partial(has_link, machine), "the tunnel's device")
        machine.run("bash", "-c", "wg setconf wg0 <(wg-quick strip wg0)")
        machine.run("ip", "address", "add", address.rpartition(" ")[2], "dev", "wg0")
        machine.run("ip", "link", "set", "wg0", "up")
        for network in ("10.77.0.1", DOOR) if settings is not None else ():  # its AllowedIPs
            machine.run("ip", "route", "add", f"{network}/32", "dev", "wg0")
        yield
    finally:
        process.kill()
        process.wait()


def has_link(machine):
    return not subprocess.run([*machine.within, "test", "-S", "/run/wireguard/wg0.sock"], check=False).returncode
