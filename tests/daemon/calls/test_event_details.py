"""What each event of a call says, to its values: a program acts on them alone."""

import struct

import pytest

from tests.daemon.calls.test_updates import answered, calling
from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Scripted
from tests.support.peers.sipp import Sipp
from tests.support.shown import shows
from tests.support.waiting import until

REPORT_S = 0.2  # between two reports of RTCP


def outgoing(door, directory, scenario, **options):
    return Sipp(directory, scenario, address=door.far_address, port=door.far_port, **options)


def facts(event, *names):
    return tuple(event["data"][name] for name in names)


def test_a_playback_that_begins_says_how_long_it_is(door, tmp_path):
    with calling(door, tmp_path, "uac-answered-ends"):
        call = answered(door)
        door.post(f"/v1/calls/{call}/playback", {"sound": "gong"})
        ready = door.wait("playback.ready", call)["data"]["duration_s"]
        started = door.wait("playback.started", call)["data"]
        assert started["duration_s"] == ready > 0.3
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended")


@shows("call.update_received", "call.updated")
def test_a_change_of_the_far_end_says_who_what_and_with_which_words(door, tmp_path):
    with calling(door, tmp_path, "uac-hold") as peer:
        call = answered(door)
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    held, resumed = door.of("call.updated", call)
    assert facts(held, "by", "changes", "old", "new", "result") == ("remote", ["hold"], "none", "remote", "accepted")
    assert facts(resumed, "by", "changes", "old", "new") == ("remote", ["resume"], "remote", "none")
    asked = door.of("call.update_received", call)
    assert [event["data"]["content_type"] for event in asked] == ["application/sdp"] * 2
    assert ["a=sendonly" in event["data"]["body"] for event in asked] == [True, False]
    assert all("m=audio" in event["data"]["body"] for event in asked)


@shows("call.updated")
def test_our_hold_says_that_we_began_it(door, tmp_path):
    with outgoing(door, tmp_path, "uas-held") as peer:
        call = door.talk(door.ring())
        for what in ("hold", "resume"):
            door.post(f"/v1/calls/{call}/{what}")
            door.wait("call.updated", call, changes=[what])
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()
    held, resumed = door.of("call.updated", call)
    assert facts(held, "by", "old", "new", "code") == ("local", "none", "local", 200)
    assert facts(resumed, "by", "old", "new", "code") == ("local", "local", "none", 200)
    assert "a=recvonly" in held["data"]["body"]


@shows("error", "error:media-update-failed")
def test_each_change_of_ours_that_is_refused_is_an_error(door, tmp_path):
    with outgoing(door, tmp_path, "uas-hold-refused") as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/update", {"codecs": ["G722"]})
        error = door.wait("error", call, code="media-update-failed")["data"]
        assert (error["operation"], error["sip_code"]) == ("update-call", 488)
        assert error["cause"] == "It answered 488 Not Acceptable Here."
        assert error["resolution"] == "The call goes on as before; try again later."
        updated = door.wait("call.updated", call)
        assert facts(updated, "by", "result", "old", "new") == ("local", "rejected", "none", "none")
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        peer.done()


@shows("error", "error:media-update-failed")
def test_a_hold_of_a_call_that_the_far_end_has_lost_says_what_helps(door, tmp_path):
    with outgoing(door, tmp_path, "uas-hold-of-none") as peer:
        call = door.talk(door.ring())
        door.post(f"/v1/calls/{call}/hold")
        error = door.wait("error", call, code="media-update-failed")["data"]
        assert (error["operation"], error["sip_code"]) == ("update-call", 481)
        assert error["resolution"] == "The far end has lost the call, so it ends. Place it again."
        door.final(call, kind="call.ended", by="local", cause="error", code=481)
        peer.done()


@shows("call.ringing")
def test_each_kind_of_progress_has_its_code(door, tmp_path):
    with outgoing(door, tmp_path, "uas-tells-all") as peer:
        call = door.talk(door.ring())
        door.press("hangup")
        door.final(call, kind="call.ended")
        peer.done()
    assert [event["data"]["code"] for event in door.of("call.ringing", call)] == [181, 182, 183, 180]
    states = [event["data"]["new"] for event in door.of("call.state_changed", call)]
    assert states.count("ringing") == 1


@shows("call.early_media", "call.active_changed")
def test_speaker_and_microphone_stay_with_a_call_that_is_answered_after_early_media(door, tmp_path):
    with outgoing(door, tmp_path, "uas-early") as peer:
        call = door.talk(door.ring())
        assert door.of("call.early_media", call)[0]["data"]["code"] == 183
        door.press("hangup")
        door.final(call, kind="call.ended")
        peer.done()
    assert [event["data"]["new"] for event in door.of("call.active_changed", call)] == [True, False]


@shows("media.silent", "media.resumed", "call.updated")
def test_a_far_end_that_only_listens_is_shown(door, tmp_path):
    with calling(door, tmp_path, "uac-hold", hold="recvonly") as peer:
        call = answered(door)
        door.final(call, kind="call.ended", by="remote")
        peer.done()
    assert [event["data"]["changes"] for event in door.of("call.update_received", call)] == [["direction"]] * 2
    assert [facts(event, "by", "old", "new") for event in door.of("call.updated", call)] == [
        ("remote", "none", "none")
    ] * 2
    silent = [event for event in door.of("media.silent", call) if event["data"]["why"] == "not_sent"]
    assert [event["data"]["direction"] for event in silent] == ["receive"]
    back = [event for event in door.of("media.resumed", call) if event["data"]["why"] == "not_sent"]
    assert [event["data"]["direction"] for event in back] == ["receive"]
    assert not door.of("call.held", call)


@shows("media.stopped")
def test_reports_alone_are_no_sound(door):
    with Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        invite = next(message for message in far.seen if message.startswith("INVITE"))
        port = int(invite.partition("m=audio ")[2].split()[0])
        to = door.address.rpartition(":")[0]
        for number in range(20):
            sound = struct.pack("!BBHII", 0x80, 8, number, 160 * number, 0x1234) + b"\xd5" * 160
            far.rtp.sendto(sound, (to, port))
        report = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0x1234, 0, 0, 0, 20, 3200)

        def stopped():
            far.rtp.sendto(report, (to, port + 1))
            return door.of("media.stopped", call)

        until(stopped, "the end of the sound")
        far.hung_up_by(door, call)
        door.final(call, kind="call.ended")


@shows("POST /v1/calls/{id}/early-media")
def test_early_media_brings_headers(door, tmp_path):
    with calling(door, tmp_path, "uac-early") as peer:
        call = door.rung()
        door.post(f"/v1/calls/{call}/early-media", {"headers": {"X-Stage": "menu"}})
        door.post(f"/v1/calls/{call}/ring")
        door.post(f"/v1/calls/{call}/answer", {"headers": {"X-Flat": "3"}})
        door.talk(call)
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended")
        peer.done()
    progress = peer.messages().partition("SIP/2.0 183 ")[2].partition("\r\n\r\n")[0]
    assert "X-Stage: menu" in progress
    refused = door.ask("POST", f"/v1/calls/{call}/early-media", {"headers": {"From": "x"}})
    assert refused[1]["code"] == "parameter-invalid"


@shows("POST /v1/calls/{id}/transfer")
def test_a_transfer_brings_headers(door, tmp_path):
    with outgoing(door, tmp_path, "uas-referred", code=200) as peer:
        call = door.talk(door.ring())
        to = {"to": "sip:dear@127.0.0.9:5099", "headers": {"X-Reason": "night"}}
        door.post(f"/v1/calls/{call}/transfer", to)
        door.final(call, kind="call.ended", cause="transferred")
        peer.done()
    refer = peer.messages().partition("REFER sip:")[2].partition("\r\n\r\n")[0]
    assert "X-Reason: night" in refer


@pytest.mark.parametrize("code", [405, 420, 493])
def test_an_answer_without_a_cause_of_its_own_is_no_refusal(code, door, tmp_path):
    with outgoing(door, tmp_path, "uas-refuse", code=code) as peer:
        call = door.ring()
        door.final(call, kind="call.failed", cause="error", code=code, by="remote")
        peer.done()


@shows("server.unreachable", "server.reachable", "account.registering", "account.failed")
@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_registrar_that_cannot_serve_is_unreachable(code, tmp_path):
    with Scripted((code, {}), (200, {})) as registrar:
        place = f"{registrar.address}:{registrar.port}"
        (tmp_path / "password").write_text("pw")
        (tmp_path / "password").chmod(0o600)
        account = {"user": "7", "domain": "pbx.test", "registrar": place, "password_file": str(tmp_path / "password")}
        with Daemon(tmp_path / "d", account={"office": account}) as door:
            gone = door.wait("server.unreachable", account="office")["data"]
            assert (gone["server"], gone["why"].startswith(f"It answers {code} ")) == (place, True)
            failed = door.wait("account.failed", account="office", code=code)["data"]
            again = door.wait("account.registering", account="office", attempt=2)["data"]
            assert again["in_s"] == failed["retry_in_s"] > 0
            assert door.wait("account.registering", account="office", attempt=1)["data"]["in_s"] == 0
            assert door.wait("server.reachable", account="office")["data"]["server"] == place
            door.wait("account.registered", account="office")


@shows("PATCH /v1/calls/{id}")
def test_the_microphone_is_reported_with_its_call(door, tmp_path):
    with outgoing(door, tmp_path, "uas-answer") as peer:
        call = door.talk(door.ring())
        assert door.wait("audio.microphone_changed", call)["data"]["active"] is True
        door.begin()
        status, changed = door.ask("PATCH", f"/v1/calls/{call}", {"report": ["microphone"]})
        assert (status, changed["call"]["report"]) == (200, ["microphone"])
        assert door.wait("audio.microphone_changed", call)["data"]["active"] is True
        door.press("hangup")
        door.wait("audio.microphone_changed", call, active=False)
        door.final(call, kind="call.ended")
        peer.done()
