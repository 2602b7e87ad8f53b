"""Far ends that repeat themselves, say the same in two ways, send what is no SIP at all, or go without a word."""

import contextlib
import json
import random
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, loopback, settled
from tests.support.peers.packets import Packets, good_call
from tests.support.peers.sipp import listening
from tests.support.peers.voices import Voice
from tests.support.shown import shows
from tests.support.waiting import paced, until

TALKED = ["incoming", "ringing", "answering", "connecting", "connected"]
AT_ONCE = 1e5  # packets a second: reports of one press come within a second, however slow this machine is


def info(digit):
    return {"body": f"Signal={digit}\r\nDuration=160\r\n", "kind": "application/dtmf-relay"}


def test_an_invite_that_comes_again_and_an_ack_that_comes_late(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.invite(), far.invite())
        call = door.rung()
        far.receive("SIP/2.0 180", "INVITE")
        far.send(far.invite())
        door.press("answer")
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.invite())  # crossed our 200
        far.receive("SIP/2.0 200", "INVITE")
        far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK"), far.request("ACK"))
        door.talk(call)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    assert door.story(call) == [*TALKED, "ended"]
    assert len(door.of("call.incoming")) == 1


def test_a_200_that_comes_again_is_acknowledged_again(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        accepted = far.reply(invite, "200 OK", far.sdp)
        far.send(far.reply(invite, "180 Ringing"), accepted)
        far.receive("ACK", "ACK")
        for _ in range(2):
            far.send(accepted)
            far.receive("ACK", "ACK")
        door.talk(call)
        door.press("hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="hangup", by="local")
    assert door.story(call) == ["dialing", "ringing", "connecting", "connected", "disconnecting", "ended"]


def test_a_digit_reported_by_rtp_and_by_info_is_one_digit(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        accepted = far.called(lambda: door.press("answer"))
        door.talk(call)
        for number, digit in enumerate("5512", 1):
            if number % 2:  # INFO comes first, or last
                far.send(far.request("INFO", 1 + number, **info(digit)))
                far.press(accepted, digit, number, AT_ONCE)
            else:
                far.press(accepted, digit, number, AT_ONCE)
                far.send(far.request("INFO", 1 + number, **info(digit)))
            far.receive("SIP/2.0 200", "INFO")
        far.send(far.request("INFO", 7, **info("9")))  # this one by INFO alone: when it is reported, all are
        door.wait("dtmf.received", call, digit="9")
        far.hang_up()
        door.final(call, kind="call.ended")
    assert "".join(e["data"]["digit"] for e in door.of("dtmf.received", call)) == "55129"


def test_one_press_reported_in_two_ways_does_not_make_a_code_of_two_digits(tmp_path):
    daemon = Daemon(tmp_path / "d", door={"front": {"digits": "55", "pulse_s": 2.0}})
    daemon.config["target"]["far"]["doors"] = ["front"]
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        accepted = far.called(lambda: door.press("answer"))
        door.talk(call)  # a digit before that is no part of a code
        far.press(accepted, "5", 1, AT_ONCE)
        far.send(far.request("INFO", 2, **info("5")))
        far.receive("SIP/2.0 200", "INFO")
        far.send(far.request("INFO", 3, **info("1")))  # when this one is reported, the one before would be
        until(lambda: len(door.of("dtmf.received", call)) == 2, "two digits")
        assert not door.of("door.unlocked")
        far.send(far.request("INFO", 4, **info("5")), far.request("INFO", 5, **info("5")))
        door.wait("door.unlocked", door="front")
        door.wait("door.locked", door="front")
        far.hang_up()
        door.final(call, kind="call.ended")
        assert {(e["data"]["digit"], e["data"]["masked"]) for e in door.of("dtmf.received", call)} == {(None, True)}
        assert len(door.of("door.unlocked")) == 1


def test_an_offer_without_our_own_codec_is_refused_and_reported_and_rings_no_one(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp.replace("AVP 8 101", "AVP 3"), headers="X-Floor: 2\r\n"))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK"))
        told = door.wait("call.incoming", source=f"{far.address}:{far.port}")
        assert told["data"]["target"] == "far"
        refused = {"kind": "call.rejected", "cause": "media_failed", "code": 488, "by": "local", "missed": True}
        door.final(told["call"], reason="Not Acceptable Here", **refused)
    good_call(door)
    assert door.story(told["call"]) == ["incoming", "rejected"]


def test_a_caller_whose_session_is_too_short_is_refused_once_and_rings_with_a_longer_one(door):
    with Packets(door.far_address, to=door.address) as far:
        short = far.request("INVITE", body=far.sdp, headers="Supported: timer\r\nSession-Expires: 20\r\n")
        assert "\r\nMin-SE: 90\r\n" in far.ask(short, "SIP/2.0 422", "INVITE")
        far.send(far.request("ACK"))
        told = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        door.final(told, kind="call.rejected", cause="error", code=422, by="local")
        longer = far.request("INVITE", 2, body=far.sdp, headers="Supported: timer\r\nSession-Expires: 90\r\n")
        far.send(longer)
        far.receive("SIP/2.0 180", "INVITE")
        call = door.call()["id"]
        far.send(far.request("CANCEL", 2))
        far.receive("SIP/2.0 487", "INVITE")
        far.send(far.request("ACK", 2).replace(b"ACK2\r\n", b"INVITE2\r\n"))
        door.final(call, kind="call.canceled")
    assert {e["call"] for e in door.since if e["type"] == "call.incoming"} == {told, call}


@shows("call.updated")
def test_an_offer_in_a_call_without_our_own_codec_is_refused_and_reported_and_the_call_goes_on(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        far.send(far.request("INVITE", 2, body=far.sdp.replace("AVP 8 101", "AVP 3")))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK", 2).replace(b"ACK2\r\n", b"INVITE2\r\n"))  # in the refused transaction
        told = door.wait("call.updated", call)["data"]
        assert (told["result"], told["changes"]) == ("rejected", ["codec"])
        assert (told["code"], told["reason"]) == (488, "Not Acceptable Here")
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    assert door.story(call) == [*TALKED, "updated", "ended"]


NAMES = {
    b'"Caf\xe9 \xff\xfe" ': "Caf� ��",
    '"Küche 厨房" '.encode(): "Küche 厨房",
    b'"\\"quoted\\" \xc3" ': '"quoted" �',
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_bytes_is_reported_as_valid_text(name, door):
    with Packets(door.far_address, to=door.address, name=name) as far:
        call = far.rings(door)
        assert door.wait("call.incoming", call)["data"]["display_name"] == NAMES[name]
        far.send(far.request("CANCEL"))
        door.final(call, kind="call.canceled", by="remote")
    for event in door.since:
        json.dumps(event, ensure_ascii=False).encode()  # lone surrogates would fail


def garbage(door, address):
    """Packets that are no SIP, hardly SIP, and SIP too long for pjsip's 4,000 bytes."""
    dice = random.Random(1)
    yield from (dice.randbytes(dice.randrange(1, 1400)) for _ in range(300))
    with Packets(address, to=door.address) as far:
        whole = far.invite()
        yield from (whole[: dice.randrange(1, len(whole))] for _ in range(50))
        for _ in range(100):
            spoiled = bytearray(whole)
            for _ in range(20):
                spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
            yield bytes(spoiled)
        for length in (3_900, 4_100, 20_000, 65_000):
            yield far.request("INVITE", body=far.sdp, headers=f"X-Long: {'x' * (length - len(whole))}\r\n")
        yield far.request("INVITE", body=far.sdp, headers="X-Many: 1\r\n" * 2_000)
        yield b"INVITE sip:door SIP/2.0\r\n\r\n"
        yield b"SIP/2.0 200 OK\r\n" + whole.partition(b"\r\n")[2]
        yield b"\0" * 65_000


def test_no_one_learns_our_presence(door):
    with Packets(loopback(), to=door.address) as far:
        far.send(far.request("SUBSCRIBE", headers="Event: presence\r\nExpires: 3600\r\n"))
        far.receive("SIP/2.0 403", "SUBSCRIBE")


def test_garbage_changes_nothing(door):
    child = door.sip()
    stranger = loopback()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind((stranger, 0))
        host, _, port = door.address.partition(":")
        for _, packet in zip(paced(2000), garbage(door, stranger), strict=False):  # the socket's buffer takes all
            far.sendto(packet, (host, int(port)))
    good_call(door)
    assert door.sip() == child


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A daemon that waits for nobody for long, but long enough for a busy machine to do what does not wait."""
    states = ("dialing_s", "ringing_s", "early_media_s", "incoming_s", "connecting_s")
    waits = {**dict.fromkeys(states, 4), "rtp_s": 2, "disconnecting_s": 2}
    with Daemon(tmp_path_factory.mktemp("d"), deadlines=waits) as daemon:
        yield daemon


@pytest.fixture
def hasty(short):
    with settled(short):
        yield short


def dialled(door, far):
    """Call a far end at a port of its own: to one that went, requests are repeated for half a minute."""
    return door.post("/v1/calls", {"to": f"sip:far@{far.address}:{far.port}"})["id"]


def test_no_one_is_there(hasty):
    with Packets(hasty.far_address) as far:
        pass
    call = dialled(hasty, far)
    hasty.final(call, kind="call.failed", cause="unavailable", by="local")
    assert hasty.story(call) == ["dialing", "disconnecting", "failed"]


def test_it_takes_the_invite_and_says_nothing(hasty):
    with Packets(hasty.far_address) as far:
        call = dialled(hasty, far)
        far.receive("INVITE", "INVITE")
        hasty.final(call, kind="call.failed", cause="unavailable", by="local")
    assert hasty.story(call) == ["dialing", "disconnecting", "failed"]


def test_it_knows_the_call_no_longer_and_we_end_it(door):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        door.post(f"/v1/calls/{call}/hold")
        far.send(far.reply(far.invited(), "481 Call/Transaction Does Not Exist"))
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", cause="error", code=481, by="local")


def test_it_rings_for_ever(hasty):
    with Packets(hasty.far_address) as far:
        call = dialled(hasty, far)
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "180 Ringing"))
        far.send(far.reply(far.receive("CANCEL", "CANCEL"), "200 OK"), far.reply(invite, "487 Request Terminated"))
        far.receive("ACK", "ACK")
        hasty.final(call, kind="call.failed", cause="no_answer", code=408, reason="No answer", by="local")
    assert hasty.story(call) == ["dialing", "ringing", "disconnecting", "failed"]


def test_it_rings_and_vanishes(hasty):
    with Packets(hasty.far_address) as far:
        call = dialled(hasty, far)
        far.send(far.reply(far.receive("INVITE", "INVITE"), "180 Ringing"))
        hasty.wait("call.ringing", call)
    hasty.final(call, kind="call.failed", cause="no_answer", by="local")


def test_it_plays_an_announcement_for_ever(hasty):
    with Packets(hasty.far_address) as far:
        call = dialled(hasty, far)
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "183 Session Progress", far.sdp))
        far.send(far.reply(far.receive("CANCEL", "CANCEL"), "200 OK"), far.reply(invite, "487 Request Terminated"))
        far.receive("ACK", "ACK")
        hasty.final(call, kind="call.failed", cause="no_answer", by="local")
    assert hasty.story(call) == ["dialing", "early_media", "disconnecting", "failed"]


def test_it_never_acknowledges_our_200(hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        call = far.rings(hasty)
        far.accepted(lambda: hasty.press("answer"))
        hasty.final(call, cause="unavailable", by="local", duration_s=0)
    assert hasty.story(call)[:5] == ["incoming", "ringing", "answering", "connecting", "disconnecting"]


@shows("cause:no_answer")
def test_it_calls_and_waits_in_vain(hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        call = far.rings(hasty)
        far.receive("SIP/2.0 480", "INVITE")
        far.send(far.request("ACK"))
        hasty.final(call, kind="call.rejected", cause="no_answer", code=480, by="local", missed=True)
    assert hasty.story(call) == ["incoming", "ringing", "disconnecting", "rejected"]


def test_it_calls_and_vanishes(hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        call = far.rings(hasty)
    hasty.final(call, kind="call.rejected", cause="no_answer", code=480, by="local", missed=True)


@shows("cause:rtp_timeout")
def test_it_vanishes_in_mid_call(hasty):
    with Packets(hasty.far_address) as far:
        call = dialled(hasty, far)
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        hasty.talk(call)
    hasty.wait("media.stopped", call)
    hasty.final(call, kind="call.ended", cause="rtp_timeout", by="local")
    assert hasty.story(call) == ["dialing", "connecting", "connected", "disconnecting", "ended"]


@shows("cause:media_failed")
def test_its_ack_has_no_answer_to_our_offer(hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        far.send(far.request("INVITE"))
        call = hasty.rung()
        accepted = far.called(lambda: hasty.press("answer"))
        assert "m=audio" in accepted
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        hasty.final(call, kind="call.ended", cause="media_failed", by="local")


def test_it_takes_the_sound_away_in_mid_call(hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        call, accepted = far.talk_to(hasty)
        with Voice(far.rtp, accepted):
            until(lambda: hasty.get(f"/v1/calls/{call}")["quality"], "sound")
            none = re.sub("m=audio [0-9]+", "m=audio 0", far.sdp.replace("far 1 1", "far 1 2"))
            far.send(far.request("INVITE", 2, body=none))
            far.receive("SIP/2.0 ", "INVITE")
            far.send(far.request("ACK", 2))
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        hasty.final(call, kind="call.ended", cause="rtp_timeout", by="local")


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_a_hold_without_sound_lasts(direction, hasty):
    with Packets(hasty.far_address, to=hasty.address) as far:
        call, accepted = far.talk_to(hasty)
        with Voice(far.rtp, accepted):
            until(lambda: hasty.get(f"/v1/calls/{call}")["quality"], "sound")
            held = far.sdp.replace("far 1 1", "far 1 2").replace("sendrecv", direction)
            far.send(far.request("INVITE", 2, body=held))
            far.receive("SIP/2.0 200", "INVITE")
            far.send(far.request("ACK", 2))
            hasty.wait("call.held", call)
        # Longer than the 2 s until silence is noticed, and the 2 s of rtp_s after that.
        with contextlib.suppress(AssertionError):
            far.receive("BYE", "BYE", patience=5)
            pytest.fail("the call was ended")
        (held,) = hasty.of("call.held", call)
        assert not [event for event in hasty.of("media.stopped", call) if event["id"] > held["id"]]
        far.hang_up()
        hasty.final(call, kind="call.ended", cause="hangup", by="remote")


def test_after_all_of_them_a_good_call_works(hasty):
    good_call(hasty)


@pytest.fixture
def by_tcp(tmp_path):
    """A daemon that listens for TCP, as it does for an account by TCP; where, and its registrar, which is not there."""
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    registrar = loopback()
    account = {"user": "201", "registrar": f"{registrar}:5060", "transport": "tcp", "password_file": str(password)}
    with Daemon(tmp_path / "d", account={"office": account}) as daemon:
        address = daemon.config["sip"]["address"]
        yield daemon, (address, until(lambda: listening(address), "a TCP port")), registrar


def test_a_stranger_cannot_connect_by_tcp(by_tcp):
    _, where, registrar = by_tcp
    with pytest.raises(TimeoutError):
        socket.create_connection(where, timeout=0.3, source_address=(loopback(), 0))
    socket.create_connection(where, timeout=120, source_address=(registrar, 0)).close()


def test_garbage_by_tcp_changes_nothing(by_tcp, record_property):
    door, where, registrar = by_tcp
    before, child = door.memory(), door.sip()
    with Packets(registrar, to=door.address) as far:
        whole = far.invite().replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
    endless = b"INVITE sip:door SIP/2.0\r\n" + b"X-Long: " + b"x" * 2_000_000
    lying = whole.replace(b"Content-Length: ", b"Content-Length: 9999999")
    waiting = []
    usual = list(garbage(door, registrar))
    some = usual[:450:15] + usual[450:]
    for packet in [*some, whole[:-20], endless, lying, b"\r\n" * 50_000, whole * 20]:
        sender = socket.create_connection(where, timeout=120, source_address=(registrar, 0))
        sender.settimeout(1)
        with contextlib.suppress(OSError):  # closed on us as it deserves, or read no further
            sender.sendall(packet)
        if len(waiting) < 20:
            waiting.append(sender)  # says nothing more, and stays
        else:
            sender.close()
    good_call(door)
    for sender in waiting:
        sender.close()
    after = door.memory()
    record_property("memory before, MB", before)
    record_property("memory after, MB", after)
    assert door.sip() == child
    for process, megabytes in after.items():
        assert megabytes < before[process] + 30, process


def test_sound_that_is_there_before_its_call_starts_does_not_deafen_us(tmp_path, monkeypatch):
    """A thread of its own reads RTP, and finds some while the one that starts the call is held up."""
    library = tmp_path / "slow_start.so"
    source = Path(__file__).with_name("slow_start.c")
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    with Daemon(tmp_path / "d") as door, Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.press(invite, "1", 0)
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        door.wait("media.started", call)
        far.press(invite, "2", 1)
        door.wait("dtmf.received", call, digit="2")
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local")


@pytest.mark.parametrize(
    "headers",
    ["Supported: " + ", ".join(f"x{number}" for number in range(40)) + "\r\n", "Supported: x\r\n" * 40],
    ids=["in one header", "in many"],
)
def test_who_supports_more_extensions_than_are_kept_is_answered_as_any_other(headers, door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp, headers=headers))
        call = door.rung()
        far.called(lambda: door.press("answer"))
        door.talk(call)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_who_requires_more_extensions_than_are_read_is_refused(door):
    with Packets(door.far_address, to=door.address) as far:
        required = "Require: " + ", ".join(["100rel"] * 32 + ["x"]) + "\r\n"
        far.send(far.request("INVITE", body=far.sdp, headers=required))
        far.receive("SIP/2.0 400", "INVITE")
    assert not door.of("call.incoming")
