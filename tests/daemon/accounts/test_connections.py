"""Connections by TCP and TLS that say nothing, or half of it: closed after a while, and calls go on beside them."""

import contextlib
import re
import socket
import subprocess

import pytest

from tests.support.certificates import Authority
from tests.support.daemon import Daemon, loopback, talking
from tests.support.peers.registrars import Kamailio, account
from tests.support.times import REAL, patient
from tests.support.waiting import until

MANY = 150
SAID = {
    "nothing": b"",
    "half a message": b"INVITE sip:door@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK-half\r\n",
    "a body that never comes": b"OPTIONS sip:door@127.0.0.1 SIP/2.0\r\nContent-Length: 3999\r\n\r\n",
    "half a handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.fixture(scope="module")
def pbx(tmp_path_factory):
    authority, address = Authority(tmp_path_factory.mktemp("ca")), loopback()
    certificate = authority.sign("pbx", "pbx", f"IP:{address}")
    with Kamailio(tmp_path_factory.mktemp("k"), certificate, address) as registrar:
        registrar.authority = authority
        yield registrar


def station(directory, pbx, user, other, transport):
    table = account(directory, pbx, user, transport=transport)
    port = pbx.tls_port if transport == "tls" else pbx.port
    return Daemon(
        directory / user,
        account={"office": {**table, "registrar": f"{pbx.address}:{port}"}},
        tls={"ca_file": str(pbx.authority.file)},
        target={"far": {"uri": other, "account": "office"}},
        times=patient(tls_handshake_s=3 * REAL.tls_handshake_s),  # half a handshake is waited for
    )


def listeners(station):
    """Addresses and ports at which its SIP process takes connections."""
    found = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True, timeout=120).stdout
    pid = station.sip()
    return [(host, int(port)) for host, port in re.findall(rf"(127\S+):(\d+) .*pid={pid},", found)]


def call(one, two):
    one.begin()
    two.begin()
    placed, came = talking(one, two)
    two.press("hangup")
    one.final(placed, kind="call.ended", cause="hangup", by="remote")
    two.final(came, kind="call.ended", by="local")


def is_closed(connection):
    try:
        return connection.recv(65536) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_the_registrars_host_keeps_connections_open_and_calls_go_on(transport, pbx, tmp_path):
    users = ("221", "222") if transport == "tcp" else ("231", "232")
    with (
        station(tmp_path, pbx, users[0], users[1], transport) as door,
        station(tmp_path, pbx, users[1], users[0], transport) as far,
        contextlib.ExitStack() as opened,
    ):
        for each in (door, far):
            each.wait("account.registered")
        before = door.sip()
        (where,) = set(listeners(door))
        connections = []
        for number in range(MANY):  # only from the registrar's address is a connection taken at all
            connection = opened.enter_context(socket.create_connection(where, 60, (pbx.address, 0)))
            connection.sendall(list(SAID.values())[number % len(SAID)])
            connection.setblocking(False)
            connections.append(connection)
        call(door, far)
        call(far, door)
        until(lambda: all(map(is_closed, connections)), "the end of each connection", patience=120)
        call(door, far)
        assert door.sip() == before
