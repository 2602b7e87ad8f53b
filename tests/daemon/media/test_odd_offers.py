"""SDP that a far end may write, and names and addresses of callers, that are unusual: used, or refused and reported."""

import re

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets, fresh_key


def talks(door, far, sdp):
    """A call with that offer has sound, by which codec; the answer's SDP."""
    far.send(far.request("INVITE", body=sdp))
    call = door.rung()
    accepted = far.called(lambda: door.press("answer"))
    door.talk(call)
    codec = door.get(f"/v1/calls/{call}")["codec"]["name"]
    far.hang_up()
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    return codec, accepted


@pytest.mark.parametrize("formats", ["8 99", "99 8", "99 98 8 101"])
def test_a_format_without_rtpmap_is_passed_over(door, formats):
    with Packets(door.far_address, to=door.address) as far:
        codec, answer = talks(door, far, far.sdp.replace("AVP 8 101", f"AVP {formats}"))
    assert codec == "PCMA"
    assert " 99" not in answer.partition("m=audio")[2].partition("\r\n")[0]


def test_formats_behind_the_first_32_are_read(door):
    others = [n for n in range(34, 128) if n != 101]
    maps = "".join(f"a=rtpmap:{n} x-{n}/8000\r\n" for n in others)
    with Packets(door.far_address, to=door.address) as far:
        offer = far.sdp.replace("AVP 8 101", f"AVP {' '.join(map(str, others))} 101 8").replace("a=sendrecv\r\n", maps)
        codec, answer = talks(door, far, offer + "a=sendrecv\r\n")
    assert codec == "PCMA"
    assert "telephone-event" in answer


@pytest.fixture
def sdp_6():
    def made(far):
        return far.sdp.replace(f"c=IN IP4 {far.address}", "c=IN IP6 2001:db8::7")

    return made


def test_sound_by_ipv6_at_a_station_without_is_refused_and_reported(door, sdp_6):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=sdp_6(far)))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK"))
        call = door.wait("call.incoming", source=f"{far.address}:{far.port}")["call"]
        told = door.final(call, kind="call.rejected", cause="media_failed", code=488, by="local", missed=True)
    assert "called with sound at an address of an IP version that this station has not" in told["explanation"]
    assert door.story(call) == ["incoming", "rejected"]


def test_sound_by_ipv6_in_a_call_is_refused_and_the_call_goes_on(door, sdp_6):
    with Packets(door.far_address, to=door.address) as far:
        call, _ = far.talk_to(door)
        far.send(far.request("INVITE", 2, body=sdp_6(far)))
        far.receive("SIP/2.0 488", "INVITE")
        far.send(far.request("ACK", 2).replace(b"ACK2\r\n", b"INVITE2\r\n"))
        door.wait("call.updated", call, result="rejected", code=488)
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


@pytest.mark.parametrize("answer", ["another codec", "ipv6"])
def test_an_answer_that_cannot_be_used_ends_our_call_as_media_failed_by_us(door, answer, sdp_6):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        wrong = {
            "another codec": far.sdp.replace("AVP 8 101", "AVP 3"),
            "ipv6": sdp_6(far),
        }
        far.send(far.reply(invite, "200 OK", wrong[answer]))
        far.receive("ACK", "ACK")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        told = door.final(call, cause="media_failed", by="local")
    assert told["kind"] in {"call.failed", "call.ended"}
    words = {"ipv6": "sound at an address of an IP version", "another codec": "a codec that was not offered"}
    assert f"accepted the call with {words[answer]}" in told["explanation"]


@pytest.mark.parametrize("length", [60, 240, 300, 1000])
def test_a_target_with_a_long_name_is_known(door, length):
    name = "Hausmeisterei " * (length // 14) + "x" * (length % 14)
    with Packets(door.far_address, to=door.address, name=f'"{name}" '.encode()) as far:
        far.send(far.invite())
        told = door.wait("call.incoming", source=f"{far.address}:{far.port}")
        assert (told["data"]["target"], told["data"]["display_name"]) == ("far", name.strip())
        door.wait("call.ringing", told["call"])
        far.send(far.request("CANCEL"))
        door.final(told["call"], kind="call.canceled", by="remote")


def test_joiners_stay_in_a_name(door):
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f527"
    with Packets(door.far_address, to=door.address, name=f'"{name}" '.encode()) as far:
        call = far.rings(door)
        assert door.get(f"/v1/calls/{call}")["remote"]["display_name"] == name
        far.send(far.request("CANCEL"))
        door.final(call, kind="call.canceled", by="remote")


def test_a_password_in_a_callers_address_is_never_shown(door):
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.invite().replace(b"From: <sip:far@", b"From: <sip:far:geheim@"))
        told = door.wait("call.incoming", source=f"{far.address}:{far.port}")
        assert (told["data"]["target"], told["data"]["by"]) == ("far", f"sip:far@{far.address}:{far.port}")
        assert door.get(f"/v1/calls/{told['call']}")["remote"]["user"] == "far"
        far.receive("SIP/2.0 180", "INVITE")
        far.send(far.request("CANCEL").replace(b"From: <sip:far@", b"From: <sip:far:geheim@"))
        door.final(told["call"], kind="call.canceled", by="remote")
        message = far.request("MESSAGE", 5, body="There", kind="text/plain")
        far.send(message.replace(b"From: <sip:far@", b"From: <sip:far:geheim@"))
        door.wait("message.received", body="There")
    assert "geheim" not in str(door.since)
    assert "geheim" not in door.log


@pytest.mark.parametrize(
    "change",
    [lambda packet: packet.replace(b"From:", b"f:"), lambda packet: packet.replace(b"\r\n", b"\n")],
    ids=["compact", "bare line feeds"],
)
def test_a_target_with_a_password_is_challenged_however_it_writes(tmp_path, change):
    password = tmp_path / "password"
    password.write_text("kitchen-secret\n")
    password.chmod(0o600)
    daemon = Daemon(tmp_path / "d")
    daemon.config["target"]["far"]["password_file"] = str(password)
    with daemon as door, Packets(door.far_address, to=door.address) as far:
        far.send(change(far.invite()))
        far.receive("SIP/2.0 401", "INVITE")
        assert door.of("call.incoming") == []


@pytest.mark.parametrize("used", [0, 1])
def test_of_two_lines_of_audio_the_one_in_use_counts(door, used):
    """As Linphone and some PBXs offer encryption: by a line of its own, at another port (RFC 4568 §6.1)."""
    with Packets(door.far_address, to=door.address) as far:
        begin = far.sdp.index("m=audio")
        encrypted = f"m=audio 40002 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{fresh_key()}\r\n"
        head, lines = far.sdp[:begin], [encrypted]
        lines.insert(used, far.sdp[begin:])
        offer = head + "".join(lines)
        far.send(far.request("INVITE", body=offer))
        call = door.rung()
        accepted = far.called(lambda: door.press("answer"))
        assert [port != "0" for port in re.findall(r"m=audio (\d+)", accepted)] == [used == 0, used == 1]
        door.talk(call)
        far.ask(far.request("INVITE", 2, body=offer), "SIP/2.0 200", "INVITE")  # a refresh, which changes nothing
        far.send(far.request("ACK", 2))
        door.press("hold")
        far.answer(far.invited(), "200 OK", offer.replace("40002", "0").replace("sendrecv", "recvonly"))
        door.wait("call.held", call)
        assert not [event for event in door.of("call.updated", call) if event["data"]["changes"] != ["hold"]]
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
