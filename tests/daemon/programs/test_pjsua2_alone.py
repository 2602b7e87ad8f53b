"""The program of the guide to python3-pjsua2: it calls a station by that package alone, and hears it."""

import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.sip.dtmf import digit, file, silence
from tests.support.daemon import Daemon

GUIDE = Path(__file__).parents[3] / "docs/how-to/use-pjsua2-in-other-programs.md"
SAID_S = 60.0
RATE, MS = 16000, 100
SIDES, LOUD = 2, 1000


@pytest.mark.realtime
def test_it_hears_digits_and_keeps_what_the_far_end_says(tmp_path):
    (program := tmp_path / "listen.py").write_text(re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0])
    sound = np.concatenate([silence(500, RATE), digit("5", MS, rate=RATE), silence(500, RATE)])
    typed_in = file(tmp_path / "digits.wav", sound, RATE)
    audio = {"capture": "simulated", "playback": "simulated", "microphone_file": typed_in}
    with Daemon(tmp_path / "door", sip={"callers": "anyone"}, audio=audio) as door:
        argv = ["setpriv", "--pdeathsig", "KILL", sys.executable, program, f"sip:door@{door.address}", "call.wav"]
        process = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = []
        try:
            call = door.rung()
            door.press("answer")
            door.talk(call)
            while "digit 5 ends" not in said:
                said.append(process.stdout.readline().strip())
            door.press("hangup")
            rest, faults = process.communicate(timeout=SAID_S)
        finally:
            process.kill()
            process.wait()
    said += rest.splitlines()
    assert process.returncode == 0, faults
    assert {"CALLING", "CONFIRMED", "digit 5 begins", "DISCONNECTED"} <= {*said}
    assert said[-1].startswith("answered by")
    with wave.open(str(tmp_path / "call.wav"), "rb") as kept:
        assert kept.getnchannels() == SIDES
        left = np.frombuffer(kept.readframes(kept.getnframes()), "<i2").astype(float)[::SIDES]
    assert np.abs(left).max() > LOUD
