"""The ways by which calls of browsers and their sound come in are for those who may: strangers change nothing there."""

import os
import random
import re
import threading
from pathlib import Path

import pytest

from tests.daemon.browsers.phones import until_received
from tests.support.peers.namespaces import DOOR, PBX
from tests.support.waiting import paced

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

LOCAL = "127.0.0.1"
INVITE = (
    "INVITE sip:{user}@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{ours};branch=z9hG4bK-{ours}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:browser@browser.invalid>;tag=1\r\nTo: <sip:door@127.0.0.1>\r\n"
    "Call-ID: stranger-{ours}\r\nCSeq: 1 INVITE\r\nContact: <sip:browser@127.0.0.1:{ours}>\r\nContent-Length: 0\r\n\r\n"
)
JUNK = 400_000 if os.environ.get("LOAD_FULL") else 8_000  # by make test-load
JUNK_PER_S, FLOOD_S, LOOK_EVERY = (10_000, 500.0, 500) if os.environ.get("LOAD_FULL") else (2_000, 300.0, 100)
COOKIE = bytes.fromhex("2112a442")
HEARING = re.compile(r" (?:00000000|0700090A):([0-9A-F]{4}) 00000000:0000 07 ")
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


def junk(dice):
    """A packet that looks like one of the kinds that come to the port: STUN, DTLS, RTP, RTCP; or like none."""
    body = dice.randbytes(dice.randrange(0, 200))
    match dice.randrange(6):
        case 0:  # RFC 8489 §5
            return dice.choice((b"\x00\x01", b"\x01\x01", b"\x01\x11")) + len(body).to_bytes(2) + COOKIE + body
        case 1:  # RFC 9147 §4
            return bytes([dice.randrange(20, 64)]) + b"\xfe\xfd" + dice.randbytes(8) + len(body).to_bytes(2) + body
        case 2:
            return b"\x80" + bytes([dice.choice((111, 0, 8, 239))]) + dice.randbytes(10) + body
        case 3:
            return b"\x81" + bytes([dice.randrange(200, 208)]) + dice.randbytes(6) + body
        case 4:
            return b""
        case _:
            return body


def media_ports(door):
    """The UDP ports at which the SIP process hears its calls."""
    table = Path(f"/proc/{door.sip()}/net/udp").read_text()
    open_to_all = {int(port, 16) for port in HEARING.findall(table)}
    return open_to_all - {door.config["sip"]["port"]}


def test_junk_at_the_media_port_stops_no_call_from_beginning_or_going_on(mine, door, cable, record_property):
    dice, over, sent = random.Random(1), threading.Event(), 0
    packets = [junk(dice) for _ in range(1000)]

    def flood():
        nonlocal sent
        with cable.pbx.socket(PBX) as far:
            for number in paced(JUNK_PER_S, FLOOD_S):
                if over.is_set():
                    return
                if number % LOOK_EVERY == 0:
                    ports = media_ports(door)
                for port in ports:
                    far.sendto(packets[number % len(packets)], (DOOR, port))
                    sent += 1

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        child, calls = door.sip(), 0
        while sent < JUNK or not calls:
            call = mine.talk()
            mine.until_heard()
            until_received(door, call)
            mine.page.click("#talk-end")
            door.final(call, cause="hangup")
            calls += 1
            door.begin()
            assert flooding.is_alive()
    finally:
        over.set()
        flooding.join()
    record_property("junk packets, and calls", f"{sent}, {calls}")
    assert door.sip() == child
