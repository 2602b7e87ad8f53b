"""Answers that accept a call and refuse its sound: the call ends at once, and its explanation says why."""

import re

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.asterisk import Asterisk
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
