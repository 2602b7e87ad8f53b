"""The ways by which calls of browsers and their sound come in are for those who may: strangers change nothing there."""

import re
from pathlib import Path

import pytest

from tests.daemon.browsers.junk import FULL, Stranger
from tests.daemon.browsers.phones import until_received
from tests.support.peers.namespaces import PBX

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

LOCAL = "127.0.0.1"
INVITE = (
    "INVITE sip:{user}@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{ours};branch=z9hG4bK-{ours}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:browser@browser.invalid>;tag=1\r\nTo: <sip:door@127.0.0.1>\r\n"
    "Call-ID: stranger-{ours}\r\nCSeq: 1 INVITE\r\nContact: <sip:browser@127.0.0.1:{ours}>\r\nContent-Length: 0\r\n\r\n"
)
JUNK = 400_000 if FULL else 8_000
CONNECTED = re.compile(r" (0100007F):([0-9A-F]{4}) ([0-9A-F]{6}7F):([0-9A-F]{4}) ")


def ways(door):
    """The UDP sockets of the SIP process on loopback that are connected to another one there: their ports."""
    table = Path(f"/proc/{door.sip()}/net/udp").read_text()
    return [int(port, 16) for _, port, _, _ in CONNECTED.findall(table)]


def answers(stranger, patience=2.0):
    stranger.settimeout(patience)
    try:
        return stranger.recv(65536).decode().partition("\r\n")[0]
    except TimeoutError:
        return ""


def test_a_stranger_at_the_loopback_transport_gets_no_answer_and_rings_nothing(mine, door, cable):
    call = mine.talk()
    (port,) = ways(door)
    door.begin()
    with cable.door.socket(LOCAL) as stranger:
        ours = stranger.getsockname()[1]
        for user in ("door", "browser", "0" * 32):
            stranger.sendto(INVITE.format(user=user, port=port, ours=ours).encode(), (LOCAL, port))
        assert answers(stranger) == ""
        # The public port answers the same request, and makes no call of a browser of it.
        stranger.sendto(INVITE.format(user="0" * 32, port=5080, ours=ours).encode(), ("10.9.0.7", 5080))
        assert answers(stranger, 60).startswith("SIP/2.0 100")
    came = door.wait("call.incoming", **{"from": "sip:browser@browser.invalid"})
    assert came["data"]["source"] == f"10.9.0.7:{ours}" or came["data"]["source"].startswith("127.0.0.1")
    door.post(f"/v1/calls/{came['call']}/reject")
    assert [each["id"] for each in door.get("/v1/calls")["calls"] if each["state"] == "connected"] == [call]
    mine.page.click("#talk-end")
    door.begin()


def test_junk_at_the_media_port_stops_no_call_from_beginning_or_going_on(mine, door, cable, record_property):
    child, calls = door.sip(), 0
    with Stranger(door, cable.pbx, PBX) as stranger:
        while stranger.sent < JUNK or not calls:
            call = mine.talk()
            mine.until_heard()
            until_received(door, call)
            mine.page.click("#talk-end")
            door.final(call, cause="hangup")
            calls += 1
            door.begin()
            assert stranger.sends
    record_property("junk packets, and calls", f"{stranger.sent}, {calls}")
    assert door.sip() == child
