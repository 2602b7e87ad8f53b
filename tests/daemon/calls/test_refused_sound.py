"""Answers that accept a call and refuse its sound: the call ends at once, and its explanation says why."""

import re

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.messages import found
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.shown import shows

ENCRYPTED = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\na=sendrecv"
ANSWERS = {
    "port 0": (lambda sdp: re.sub(r"m=audio \d+", "m=audio 0", sdp), "refuses its sound"),
    "no line": (lambda sdp: sdp.partition("m=audio")[0], "without a line for sound"),
    "another codec": (lambda sdp: sdp.replace("AVP 8 101", "AVP 3 101"), "a codec that was not offered"),
    "nothing": (lambda _: "", "without an answer to its offer"),
    "SRTP": (lambda sdp: sdp.replace("RTP/AVP", "RTP/SAVP").replace("a=sendrecv", ENCRYPTED), "encryption"),
    "DTLS": (lambda sdp: sdp.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF"), "encryption"),
}


def ended(door, far, call, words):
    """We end the call at once, and say why."""
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    told = door.final(call, kind="call.failed", cause="media_failed", by="local")
    assert words in told["explanation"]
    assert not door.of("call.connected", call) + door.of("media.stopped", call)


@shows("call.failed")
@pytest.mark.parametrize(("change", "words"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_refuses_the_sound_ends_the_call_at_once(door, change, words):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        far.answer(invite, "200 OK", change(far.sdp))
        ended(door, far, call, words)


@pytest.mark.parametrize("name", ["port 0", "no line", "another codec"])
def test_so_does_an_answer_after_early_media(door, name):
    change, words = ANSWERS[name]
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        far.send(far.reply(invite, "183 Session Progress", far.sdp))
        door.wait("call.early_media", call)
        far.answer(invite, "200 OK", change(far.sdp))
        ended(door, far, call, words)


def test_an_answer_without_encryption_to_a_call_that_demands_it_ends_it_at_once(tmp_path):
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["srtp"] = "mandatory"
    with daemon as door, Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        far.answer(far.invited(), "200 OK", far.sdp)
        ended(door, far, call, "encryption")


def test_a_200_without_sdp_after_early_media_is_answered_by_that(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.invited()
        far.send(far.reply(invite, "183 Session Progress", far.sdp))
        door.wait("call.early_media", call)
        far.answer(invite, "200 OK")
        door.talk(call)
        far.send(far.inside(invite, "BYE", 2))
        door.final(call, kind="call.ended", by="remote")


def test_a_call_to_a_webrtc_endpoint_of_asterisk_ends_at_once_with_its_cause(tmp_path):
    with Asterisk(tmp_path / "pbx", webrtc=("103",)) as pbx:
        accounts = {"pbx": account(tmp_path, pbx, "103")}
        with Daemon(tmp_path / "d", account=accounts) as door:
            door.wait("account.registered")
            call = door.post("/v1/calls", {"to": "602"})["id"]
            told = door.final(call, kind="call.failed", cause="media_failed")
            assert "encryption" in told["explanation"]
            assert not door.of("media.stopped", call)


CHANGES = {  # how a change of a call may be accepted without its sound
    "port 0": "port 0",
    "no line": "without a line for sound",
    "another codec": "a codec that was not offered",
    "nothing": "without an answer to its offer",
    "SRTP": "other encryption",
    "DTLS": "other encryption",
}


def changed(far, invite):
    """Our re-INVITE, which has another CSeq than the first one."""
    while True:
        again = far.receive("INVITE", "INVITE")
        if header(again, "CSeq") != header(invite, "CSeq"):
            return again


def header(message, name):
    return found(rf"^{name}: *(.*?)\r?$", message)[1]


def over(door, far, call, words):
    """We end a call in which people talked, and say why."""
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    told = door.final(call, kind="call.ended", cause="media_failed", by="local")
    assert words in told["explanation"]
    assert "a change of the call" in told["explanation"]
    assert not door.of("media.stopped", call)


def held(door, far):
    """We ring, people talk, and we hold the call: the call, and our re-INVITE."""
    call = door.ring()
    invite = far.invited()
    far.answer(invite, "200 OK", far.sdp)
    door.talk(call)
    door.post(f"/v1/calls/{call}/hold")
    return call, changed(far, invite)


@shows("call.ended")
@pytest.mark.parametrize(("name", "words"), CHANGES.items())
def test_an_answer_to_our_hold_that_refuses_the_sound_ends_the_call_at_once(door, name, words):
    with Packets(door.far_address, door.far_port) as far:
        call, hold = held(door, far)
        far.answer(hold, "200 OK", ANSWERS[name][0](far.sdp))
        over(door, far, call, words)


@pytest.mark.parametrize("name", ["port 0", "no line", "another codec"])
def test_so_does_the_answer_to_our_resume(door, name):
    change, words = ANSWERS[name][0], CHANGES[name]
    with Packets(door.far_address, door.far_port) as far:
        call, hold = held(door, far)
        far.answer(hold, "200 OK", far.sdp.replace("sendrecv", "recvonly"))
        door.wait("call.held", call)
        door.begin()
        door.post(f"/v1/calls/{call}/resume")
        far.answer(changed(far, hold), "200 OK", change(far.sdp))
        over(door, far, call, words)


@pytest.mark.parametrize("name", ["port 0", "another codec"])
def test_so_does_the_answer_to_a_change_of_a_call_that_came_to_us(door, name):
    change, words = ANSWERS[name][0], CHANGES[name]
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.post(f"/v1/calls/{call}/hold")
        far.answer(far.invited(), "200 OK", change(far.sdp))
        over(door, far, call, words)
