"""Files that clients play: into a call as its far end hears them, on the speaker, and what cannot be played."""

import json
import os
import wave

import numpy as np
import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import hears
from tests.support.peers.web_server import WebServer, page, redirect
from tests.support.shown import shows

pytestmark = [pytest.mark.far_end, pytest.mark.realtime]
HERTZ = 700
GONG_HERTZ = 352  # of the built-in gong


def sound(path, seconds, rate=16000, channels=1, width=2):
    """A file with a tone."""
    samples = 8000 * np.sin(2 * np.pi * HERTZ * np.arange(round(seconds * rate)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())


@pytest.fixture
def sounds(tmp_path):
    """A directory of good and bad files."""
    made = tmp_path / "sounds"
    made.mkdir()
    sound(made / "long.wav", 3.0)
    sound(made / "stereo.wav", 2.0, 44100, 2)
    sound(made / "short.wav", 0.3, 22050)
    sound(made / "knock.wav", 0.1)
    (made / "broken.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEjunk")
    (made / "empty.wav").touch()
    os.mkfifo(made / "pipe.wav")
    (tmp_path / "secret.wav").write_bytes((made / "long.wav").read_bytes())
    return made


@pytest.fixture
def web(sounds):
    """A web server in the station's own network."""
    with WebServer() as server:
        server.answers["/long.wav?key=to-the-parcel-box"] = page((sounds / "long.wav").read_bytes())
        server.answers["/broken.wav"] = page((sounds / "broken.wav").read_bytes())
        server.answers["/router"] = redirect(f"http://localhost:{server.port}/reset")
        yield server


@pytest.fixture
def station(tmp_path, sounds):
    """A daemon with a speaker and sounds; its far end sends no sound."""
    audio = {"capture": "simulated", "playback": "simulated", "sounds": str(sounds), "url_hosts": ["127.0.0.1"]}
    return lambda: Daemon(tmp_path / "d", audio=audio, deadlines={"rtp_s": 600})


@shows(
    *("POST /v1/calls/{id}/playback", "DELETE /v1/calls/{id}/playback"),
    *("error:playback-not-found", "error:parameter-invalid"),
)
def test_a_far_end_hears_a_file_of_any_rate_until_its_end_or_in_a_loop_until_it_is_stopped(station):
    with station() as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        place = f"/v1/calls/{call}/playback"
        began = door.post(place, {"sound": "stereo"})["call"]["playback"]
        ready = door.next("playback.ready", call)["data"]
        assert ready == {"playback": began, "sound": "stereo", "speaker": False, "duration_s": 2.0}
        assert door.next("playback.started", call)["data"] == ready
        hears(far, [HERTZ], [1000])
        door.next("playback.finished", call, playback=began)
        hears(far, [], [HERTZ])
        door.post(place, {"sound": "long", "loop": True, "speaker": True})
        loop = door.get(f"/v1/calls/{call}")["playback"]
        assert door.get("/v1/audio")["playback"] == loop
        hears(far, [HERTZ], [1000])
        assert door.ask("DELETE", place)[0] == 200
        door.next("playback.stopped", call, playback=loop, sound="long", reason="stopped")
        hears(far, [], [HERTZ])
        assert door.ask("DELETE", place)[1]["code"] == "playback-not-found"
        door.post(place, {"sound": "short", "loop": True})
        for _ in range(5):
            hears(far, [HERTZ], [1000])
        assert door.ask("DELETE", place)[0] == 200, "it began again at each of its ends"
        door.next("playback.stopped", call, sound="short", reason="stopped")
        assert door.ask("POST", place, {"sound": "../secret"})[1]["code"] == "parameter-invalid"
        door.post(place, {"sound": "gong", "loop": True})
        hears(far, [GONG_HERTZ], [3000])
        door.post(place, {"sound": "long", "loop": True})
        door.post(f"/v1/calls/{call}/hangup")
        far.send(far.reply(far.receive("BYE", "BYE"), "200 OK"))
        door.next("playback.stopped", call, reason="call_ended")
        door.final(call, kind="call.ended", by="local")


@pytest.mark.parametrize(("volume", "db"), [(25, -12.0), (100, 0.0), (200, 6.0)])
def test_a_sound_has_the_volume_that_a_client_asks_for(station, volume, db):
    with station() as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        door.post(f"/v1/calls/{call}/playback", {"sound": "long", "loop": True, "volume": volume})
        door.next("playback.started", call)
        wanted = 20 * np.log10(8000 / 32768) + db
        hears(far, [HERTZ], [1000], near=wanted)


def test_a_sound_on_the_speaker_finishes_and_the_next_one_replaces_it(station):
    with station() as door:
        door.post("/v1/audio/playback", {"sound": "short"})
        assert door.next("playback.finished", sound="short")["call"] is None
        door.post("/v1/audio/playback", {"sound": "long", "loop": True})
        door.next("playback.started", sound="long")
        door.post("/v1/audio/playback", {"sound": "short", "loop": True})
        door.next("playback.stopped", sound="long", reason="replaced")
        door.next("playback.started", sound="short")
        assert door.ask("DELETE", "/v1/audio/playback")[0] == 200
        door.next("playback.stopped", sound="short", reason="stopped")
        built_in = {each["name"]: each["built_in"] for each in door.get("/v1/audio/sounds")["sounds"]}
        assert "secret" not in built_in
        assert (built_in["ok"], built_in["knock"], built_in["short"]) == (True, False, False)
        for name, seconds in (("ok", 0.5), ("knock", 0.1)):
            door.post("/v1/audio/playback", {"sound": name})
            assert door.next("playback.ready", sound=name)["data"]["duration_s"] == seconds
            door.next("playback.finished", sound=name)


def test_a_file_that_cannot_be_played_is_reported_with_the_remedy(station):
    with station() as door:
        for name in ("broken", "empty", "pipe", "none"):
            door.post("/v1/audio/playback", {"sound": name})
            why = door.next("playback.failed", sound=name)["data"]["why"]
            assert f"{name}.wav cannot be played" in why
            assert "16 bit" in why
        door.post("/v1/audio/playback", {"sound": "short"})
        door.next("playback.finished", sound="short")


@shows("error:file-unsupported")
def test_a_far_end_hears_the_sound_of_a_url_and_no_event_log_or_file_has_the_url(station, web):
    with station() as door, Packets(door.far_address, door.far_port) as far:
        call = far.rung_by(door)
        place = f"/v1/calls/{call}/playback"
        url = f"{web.url}/long.wav?key=to-the-parcel-box"
        began = door.post(place, {"url": url})["call"]["playback"]
        ready = door.next("playback.ready", call)["data"]
        assert ready == {"playback": began, "sound": "url", "speaker": False, "duration_s": 3.0}
        door.next("playback.started", call)
        hears(far, [HERTZ], [1000])
        door.next("playback.finished", call, playback=began)
        unsupported = door.ask("POST", place, {"url": f"{web.url}/broken.wav"})
        assert (unsupported[0], unsupported[1]["code"]) == (415, "file-unsupported")
        elsewhere = door.ask("POST", place, {"url": f"{web.url}/router"})
        assert (elsewhere[0], elsewhere[1]["code"]) == (403, "forbidden")
        assert "/reset" not in web.asked
        gone = door.ask("POST", "/v1/calls/c-0/playback", {"url": url})[1]
        assert gone["code"] == "call-not-found"
        door.post("/v1/audio/playback", {"url": url, "seconds": 0.5})
        assert door.next("playback.stopped", sound="url", speaker=True)["data"]["reason"] == "time_over"
        assert list((door.directory / "sounds").iterdir()) == []
        assert not any("parcel" in kept for kept in (json.dumps(door.events), door.log))
        assert not any(b"parcel" in path.read_bytes() for path in door.directory.rglob("*") if path.is_file())
