"""From apt install to the first call on a bare Debian: press, answer, lamp and relay, and a recording on the disc."""

import json
import time
import wave

import numpy as np
import pytest

from tests.lab.conftest import install
from tests.lab.far import FarEnd

CONFIG = """
[station]
name = "Front door"

[audio]
capture = "plughw:CARD=Loopback,DEV=0"
playback = "plughw:CARD=Loopback,DEV=0"

[panel.button.ring]
chip = "board"
line = "BUTTON"
action = "ring"
target = "kitchen"

[panel.lamp.speak]
chip = "board"
line = "LAMP"

[panel.lamp.speak.pictures]
in_call = "on"

[guard]
socket = "/run/intercomd/guard.sock"

[door.front]
chip = "board"
line = "RELAY"
pulse_s = 8.0
digits = "1"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
doors = ["front"]

[recording]
enabled = true
"""
BOARD = ("board", "BUTTON", "LAMP", "RELAY")
BUTTON, LAMP, RELAY = range(3)
TONE_HZ = 440  # what the far end sends


@pytest.fixture(scope="module")
def bare(make_guest, bare_disc):
    guest = make_guest(bare_disc).boot()
    guest.chip(*BOARD)
    return guest


def test_apt_installs_it_and_the_first_press_is_a_call(bare, debs, measured):
    begun = time.monotonic()

    def step(what):
        measured(f"apt install to first call: {what} after", time.monotonic() - begun)

    install(bare, debs)
    step("installed")
    bare.write("/etc/intercomd/intercomd.toml", CONFIG)
    bare.check("intercomd", "--check")
    bare.check("systemctl", "restart", "intercomd-guard", "intercomd")
    bare.wait_for(lambda: (told := bare.state()) and told["appliance"]["ready"], "the station is ready")
    assert bare.state()["appliance"]["failed"] == []
    step("configured and ready")

    kitchen = FarEnd(bare, answers=False)
    bare.pull("board", BUTTON, "down")
    bare.wait_for(lambda: "ncoming call" in kitchen.said(), "the kitchen rings")
    bare.pull("board", BUTTON, "up")
    step("the kitchen rings")
    assert bare.level("board", LAMP) == 0
    kitchen.tell("accept")
    bare.wait_for(lambda: bare.level("board", LAMP) == 1, "the lamp shines")
    step("answered")

    kitchen.tell("sndcode", "1")
    bare.wait_for(lambda: bare.level("board", RELAY) == 1, "the relay is energised")
    bare.wait_for(lambda: bare.level("board", RELAY) == 0, "the relay is at rest again")
    step("door opened and locked")
    kitchen.tell("hangup")
    bare.wait_for(lambda: bare.level("board", LAMP) == 0, "the lamp is dark")
    bare.wait_for(lambda: not bare.state()["calls"], "the call has ended")
    step("ended")

    bare.wait_for(lambda: [each for each in bare.asked("/v1/recordings")["recordings"] if each["complete"]], "its file")
    (recording,) = json.loads(bare.check("intercomctl", "--json", "recordings"))["recordings"]
    bare.shell("cp /var/lib/intercomd/recordings/*.wav /lab/call.wav")
    with wave.open(str(bare.directory / "share/call.wav")) as file:
        rate, frames = file.getframerate(), file.getnframes()
        samples = np.frombuffer(file.readframes(frames), dtype="<i2").reshape(-1, file.getnchannels()).sum(axis=1)
    assert frames / rate == pytest.approx(recording["duration_s"], abs=0.5)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * rate / len(samples) == pytest.approx(TONE_HZ, abs=5)
