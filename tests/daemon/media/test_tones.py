"""Tones by country, as they are heard: in a call, by a caller who is not answered yet, and on the speaker."""

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sound_server import SoundServer, serving
from tests.support.peers.sounds import HEARD_DB, hears, levels_of, tone
from tests.support.shown import shows
from tests.support.stations import RATE
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
SPEAKER = {"capture": "simulated", "playback": "simulated"}


@pytest.fixture
def station(tmp_path):
    """A daemon with a speaker; its far end sends no sound."""
    return lambda **audio: Daemon(tmp_path / "d", audio=SPEAKER | audio, deadlines={"rtp_s": 600})


def ended(door, far, call):
    door.post(f"/v1/calls/{call}/hangup")
    far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
    door.final(call, kind="call.ended", by="local")


@shows("POST /v1/calls/{id}/tone", "DELETE /v1/calls/{id}/tone", "error:parameter-invalid")
def test_a_far_end_hears_the_tones_of_the_country_that_a_client_orders(station):
    with station(country="de") as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        assert door.post(f"/v1/calls/{call}/tone", {"tone": "busy", "seconds": 300})["call"]["tone"] == "busy"
        assert door.next("tone.started", call)["data"] == {"tone": "busy", "country": "de"}
        hears(far, [425], [480, 620])
        door.post(f"/v1/calls/{call}/tone", {"tone": "busy", "country": "us", "seconds": 300})
        assert door.next("tone.stopped", call, reason="replaced")["data"]["country"] == "de"
        hears(far, [480, 620], [425])
        door.ask("DELETE", f"/v1/calls/{call}/tone")
        door.next("tone.stopped", call, country="us", reason="stopped")
        hears(far, [], [480, 620])
        status, problem = door.ask("POST", f"/v1/calls/{call}/tone", {"tone": "busy", "country": "xx"})
        assert (status, problem["code"]) == (400, "parameter-invalid")
        door.post(f"/v1/calls/{call}/tone", {"tone": "warning", "seconds": 0.2})
        door.next("tone.stopped", call, tone="warning", country="", reason="finished")
        ended(door, far, call)
        assert door.ask("POST", f"/v1/calls/{call}/tone", {"tone": "busy"})[1]["code"] == "call-wrong-state"


def test_a_caller_hears_ringback_of_his_country_before_the_answer(station):
    with station() as door:
        with Packets(door.far_address, 0, to=door.address) as far:
            far.send(far.request("INVITE", body=far.sdp))
            call = door.rung()
            problem = door.ask("POST", f"/v1/calls/{call}/tone", {"tone": "ringback"})[1]
            assert problem["code"] == "call-wrong-state"
            door.post(f"/v1/calls/{call}/early-media")
            hears(far, [660], [440])
            door.post(f"/v1/calls/{call}/tone", {"tone": "ringback", "country": "gb", "seconds": 300})
            hears(far, [400, 450], [660])
            door.post(f"/v1/calls/{call}/reject")
            door.next("tone.stopped", call, tone="ringback", reason="call_ended")
            door.final(call, by="local")


def test_a_client_plays_a_tone_on_the_speaker_and_stops_it(station):
    with station() as door:
        door.post("/v1/audio/tone", {"tone": "door"})
        started = door.next("tone.started")
        assert (started["call"], started["data"]) == (None, {"tone": "door", "country": ""})
        assert door.get("/v1/audio")["tone"] == "door"
        door.ask("DELETE", "/v1/audio/tone")
        door.next("tone.stopped", tone="door", reason="stopped")
        assert door.ask("DELETE", "/v1/audio/tone")[1]["warning"]


@shows("audio.ringer_changed", "POST /v1/audio/ringer/silence")
def test_a_call_rings_without_the_bell_while_a_client_silences_it(station):
    with station() as door, Packets(door.far_address, 0, to=door.address) as far:
        door.post("/v1/audio/ringer/silence", {"minutes": 10})
        assert door.next("audio.ringer_changed")["data"]["seconds"] == 600.0
        far.send(far.request("INVITE", body=far.sdp))
        call = door.rung()
        assert door.get("/v1/state")["audio"]["ringer_silent_until"]
        assert (door.get("/v1/panel")["tone"], door.get("/v1/panel")["picture"]) == (None, "ringing")
        door.post("/v1/audio/ringer/silence", {"minutes": 0})
        door.next("audio.ringer_changed", seconds=None)
        door.next("tone.started", tone="ringing")
        assert door.get("/v1/audio")["ringer_silent_until"] is None
        door.post(f"/v1/calls/{call}/reject")
        door.final(call, by="local")


OWN_HZ, OWN_RATE = 1300, 44100  # neither in any tone, nor the rate of the bridge


@shows("POST /v1/calls/{id}/tone")
def test_a_tone_is_the_operators_own_file_and_one_that_cannot_be_played_is_reported(station, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    tone(own / "ringing.wav", OWN_HZ, OWN_RATE)
    (own / "door.wav").write_text("no sound at all")
    with station(tones=str(own)) as door, Packets(door.far_address, 0, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp))
        call = door.rung()
        door.post(f"/v1/calls/{call}/early-media")
        hears(far, [OWN_HZ], [660])
        door.post(f"/v1/calls/{call}/tone", {"tone": "busy", "seconds": 300})
        hears(far, [425], [OWN_HZ])
        door.post(f"/v1/calls/{call}/tone", {"tone": "ringing", "seconds": 300})
        hears(far, [OWN_HZ], [425])
        door.post(f"/v1/calls/{call}/tone", {"tone": "door", "seconds": 300})
        failed = door.wait("appliance.degraded", part="tones")["data"]
        assert f"{own / 'door.wav'} cannot be played" in failed["why"]
        hears(far, [784], [OWN_HZ])
        tone(own / "door.wav", OWN_HZ, OWN_RATE)  # it has been mended meanwhile
        door.post(f"/v1/calls/{call}/tone", {"tone": "busy", "seconds": 300})
        hears(far, [425], [784])
        door.post(f"/v1/calls/{call}/tone", {"tone": "door", "seconds": 300})
        door.wait("appliance.recovered", part="tones")
        hears(far, [OWN_HZ], [784])
        door.post(f"/v1/calls/{call}/reject")
        door.final(call, by="local")


@pytest.fixture
def card(monkeypatch):
    """A card whose sound can be heard."""
    with serving(SoundServer, monkeypatch) as made:
        yield made


def test_the_visitor_hears_ringback_of_the_country_on_the_speaker(card, tmp_path):
    heard = tmp_path / "heard.raw"
    listener = card.listen(heard)
    audio = {"capture": "null", "playback": "pulse", "country": "us"}

    def ringback():
        samples = np.fromfile(heard, dtype="<i2").astype(float)[-RATE // 2 :]
        return len(samples) == RATE // 2 and min(levels_of(samples, RATE, 440, 480)) > HEARD_DB

    try:
        with Daemon(tmp_path / "d", audio=audio) as door, Packets(door.far_address, door.far_port) as far:
            call = door.ring()
            assert door.next("tone.started")["data"] == {"tone": "dialing", "country": "us"}
            far.send(far.reply(far.receive("INVITE", "INVITE"), "180 Ringing"))
            door.wait("call.ringing", call, code=180)
            until(ringback, "440 and 480 Hz on the speaker", log=lambda: door.log)
            door.press("hangup")
            door.next("tone.stopped", tone="dialing", reason="situation")
            door.wait("call.disconnecting", call)
    finally:
        listener.kill()
        listener.wait()
