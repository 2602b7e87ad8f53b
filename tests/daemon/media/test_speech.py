"""Texts that clients have spoken: as the far end hears them, what ends them, and what is left of them."""

import json
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import G711_RATE, from_a_law
from tests.support.shown import shows
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
LOUD_DBFS, QUIET_DBFS = -35.0, -70.0  # a voice, and silence in A-law
MINUTE_S = 55
FINAL_NOTIFY = "Event: refer\r\nSubscription-State: terminated;reason=noresource"
SENTENCE = "The door will be opened in a moment. Please come in, and take the lift to the fourth floor. "


@pytest.fixture
def station(tmp_path):
    """A daemon without a directory of sounds, whose far end sends no sound."""
    audio = {"capture": "simulated", "playback": "simulated"}
    return lambda **settings: Daemon(tmp_path / "d", audio=audio, deadlines={"rtp_s": 600}, **settings)


def level(far, holds):
    """Wait until the newest quarter of a second that came by RTP has such a mean power, in dBFS."""
    newest = deque(maxlen=G711_RATE // 4)

    def look():
        packet = far.rtp.recv(2048)
        if packet[1] & 0x7F == 8:  # PCMA
            newest.extend(from_a_law(packet[12:]))
        power = np.mean(np.square(np.array(newest))) if newest else 0.0
        return len(newest) == newest.maxlen and holds(10 * np.log10(max(power, 1.0)) - 20 * np.log10(32768))

    until(look, "the level", every=0.0)


def hears_speech(far):
    level(far, lambda dbfs: dbfs > LOUD_DBFS)


def hears_silence(far):
    level(far, lambda dbfs: dbfs < QUIET_DBFS)


def files(door):
    """The speech that is on disc, without what is kept for the next time."""
    return [path.name for path in (door.directory / "sounds").glob("p-*")]


@shows("POST /v1/calls/{id}/say", "error:text-too-long")
def test_a_far_end_hears_a_text_and_nothing_of_it_is_in_events_logs_or_files(station):
    with station(speech={"rate": 300}) as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        place = f"/v1/calls/{call}/say"
        hears_silence(far)
        began = door.post(place, {"text": "Parcel box 4711, quickly!"})["call"]["playback"]
        ready = door.next("playback.ready", call)["data"]
        assert ready == {"playback": began, "sound": "speech", "speaker": False, "duration_s": ready["duration_s"]}
        assert ready["duration_s"] > 0.5
        door.next("playback.started", call, playback=began)
        hears_speech(far)
        door.next("playback.finished", call, playback=began)
        hears_silence(far)
        until(lambda: not files(door), "no file of the text")
        assert door.ask("POST", place, {"text": "a" * 1501})[1]["code"] == "text-too-long"
        assert door.ask("POST", place, {"text": "Hello", "language": "xx"})[1]["code"] == "parameter-invalid"
        assert door.ask("POST", "/v1/calls/c-0/say", {"text": "Hello"})[1]["code"] == "call-not-found"
        door.post("/v1/audio/say", {"text": "Hello"})
        assert door.next("playback.finished", sound="speech", speaker=True)["call"] is None
        until(lambda: not files(door), "no file of the text")
        for kept in (json.dumps(door.events), door.log):
            assert "Parcel" not in kept
            assert "quickly" not in kept
        assert not any(b"Parcel" in path.read_bytes() for path in door.directory.rglob("*") if path.is_file())


def test_a_text_ends_with_a_hold_an_order_or_its_call(station):
    with station() as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        place = f"/v1/calls/{call}"
        door.post(f"{place}/say", {"text": SENTENCE * 10, "speaker": True})
        door.next("playback.started", call)
        hears_speech(far)
        door.post(f"{place}/hold")
        door.next("playback.stopped", call, sound="speech", reason="held")
        far.answer(far.invited(), "200 OK", far.sdp.replace("sendrecv", "recvonly"))
        until(lambda: door.get(place)["hold"] == "local", "the hold")
        hears_silence(far)
        door.post(f"{place}/say", {"text": SENTENCE * 10})
        hears_speech(far)
        assert door.ask("DELETE", f"{place}/playback")[0] == 200
        door.next("playback.stopped", call, sound="speech", reason="stopped")
        hears_silence(far)
        door.post(f"{place}/say", {"text": SENTENCE * 10})
        door.next("playback.started", call)
        door.post(f"{place}/say", {"text": SENTENCE * 9})
        door.next("playback.stopped", call, sound="speech", reason="replaced")
        door.next("playback.started", call)
        door.post(f"{place}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.next("playback.stopped", call, sound="speech", reason="call_ended")
        assert door.ask("POST", f"{place}/say", {"text": "Hello"})[1]["code"] == "call-wrong-state"
        until(lambda: not files(door), "no file of a text")


def test_a_text_is_said_on_while_its_call_is_transferred_and_ends_with_the_call(station):
    with station() as door, Packets(door.far_address, door.far_port) as far:
        call, invite = door.ring(), far.invited()
        far.answer(invite, "200 OK", far.sdp)
        door.talk(call)
        began = door.post(f"/v1/calls/{call}/say", {"text": SENTENCE * 10})["call"]["playback"]
        assert door.next("playback.ready", call)["data"]["duration_s"] > MINUTE_S
        door.next("playback.started", call)
        door.post(f"/v1/calls/{call}/transfer", {"to": "sip:dear@127.0.0.9:5060"})
        far.send(far.reply(far.receive("REFER", "REFER"), "202 Accepted"))
        hears_speech(far)
        outcome = {"kind": "message/sipfrag", "body": "SIP/2.0 200 OK\r\n"}
        far.send(far.inside(invite, "NOTIFY", headers=f"{FINAL_NOTIFY}\r\n", **outcome))
        far.receive("SIP/2.0 200", "NOTIFY")
        door.next("call.transferred", call)
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.next("playback.stopped", call, playback=began, reason="call_ended")
        until(lambda: not files(door), "no file of the text")


def test_a_call_may_end_while_its_text_is_made_and_fifty_texts_harm_nothing(station, tmp_path, monkeypatch):
    """The fake espeak-ng waits until a file is there."""
    program = tmp_path / "bin" / "espeak-ng"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho >> {tmp_path}/runs\nuntil [ -e {tmp_path}/go ]; do sleep 0.05; done\n"
        'exec /usr/bin/espeak-ng "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with station() as door, Packets(door.far_address, door.far_port) as far, ThreadPoolExecutor(8) as clients:
        call = far.rung_by(door)
        said = clients.submit(door.ask, "POST", f"/v1/calls/{call}/say", {"text": "Hello 1"})
        until((tmp_path / "runs").exists, "espeak-ng")
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.final(call, kind="call.ended", by="local")
        (tmp_path / "go").touch()
        assert said.result()[1]["code"] in {"call-wrong-state", "unavailable"}  # the latter: not in time
        answers = [clients.submit(door.ask, "POST", "/v1/audio/say", {"text": "Hello 1"}) for _ in range(50)]
        found = [each.result() for each in answers]
        assert {status for status, _ in found} <= {202, 429, 503}
        until(lambda: not files(door), "no file of a text")
        assert door.get("/v1/calls")["calls"] == []


def test_a_caller_hears_a_sound_a_text_and_a_tone_before_the_answer(station):
    with station() as door, Packets(door.far_address, 0, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp))
        call = door.rung()
        place = f"/v1/calls/{call}"
        for order, body in (("playback", {"sound": "gong"}), ("say", {"text": "One moment, please."})):
            assert door.ask("POST", f"{place}/{order}", body)[1]["code"] == "call-wrong-state"
        door.post(f"{place}/early-media", {"source": "panel"})
        for order, body in (("playback", {"sound": "gong"}), ("say", {"text": "One moment, please."})):
            playing = door.post(f"{place}/{order}", body)["call"]["playback"]
            door.next("playback.started", call, playback=playing)
            hears_speech(far)  # or what is as loud
            door.next("playback.finished", call, playback=playing)
            hears_silence(far)
        door.post(f"{place}/tone", {"tone": "busy", "seconds": 300})
        hears_speech(far)
        assert door.get(place)["state"] == "early_media"
        door.post(f"{place}/reject")
        door.final(call, by="local")


def test_without_espeak_ng_a_text_is_refused_and_all_else_works(station, monkeypatch, tmp_path):
    """Its directory of commands has all others."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for program in ("setpriv", "env", "sh"):
        (commands / program).symlink_to(f"/usr/bin/{program}")
    monkeypatch.setenv("PATH", str(commands))
    with station() as door:
        status, error = door.ask("POST", "/v1/audio/say", {"text": "Hello"})
        assert (status, error["code"]) == (503, "unavailable")
        assert (error["cause"], error["resolution"]) == ("espeak-ng is missing.", "Install it: apt install espeak-ng")
        door.post("/v1/audio/tone", {"tone": "door"})


def test_a_visitor_hears_that_the_door_is_open_and_that_nobody_answers_in_each_language(station):
    speech = {"announce": ["en", "de"], "rate": 120, "opened_sound": "ok"}
    with (
        station(speech=speech, door={"front": {"line": "GPIO26"}}) as door,
        Packets(door.far_address, door.far_port) as far,
    ):
        door.post("/v1/doors/front/open")
        began = door.next("playback.started", sound="ok", speaker=True)["data"]["playback"]
        door.next("playback.finished", playback=began)
        for _ in ("en", "de"):
            began = door.next("playback.started", sound="speech", speaker=True)["data"]["playback"]
            door.next("playback.finished", playback=began)
        door.press("ring")
        far.answer(far.invited(), "603 Decline")
        door.next("ring.ended", result="unanswered")
        door.next("playback.started", sound="speech", speaker=True)
        door.post("/v1/doors/front/open")
        door.next("playback.stopped", reason="replaced")
        door.next("playback.started", sound="ok", speaker=True)
        door.next("playback.started", sound="speech", speaker=True)
        until(lambda: not files(door), "no file of a text")
