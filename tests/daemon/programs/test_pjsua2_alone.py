"""The program of the guide to python3-pjsua2: in a Python that has nothing else, it calls a station, and hears it."""

import os
import re
import subprocess
import sys
import venv
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.sip.dtmf import digit, file, silence
from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs/how-to/use-pjsua2-in-other-programs.md"
SAID_S = 60.0
RATE, MS = 16000, 100
SIDES, LOUD = 2, 1000


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an environment that has the wheel of pjsua2 and nothing else."""
    build = ROOT / "packaging/pjsua2/build"
    environment = os.environ | {"PYTHON": sys.executable}
    built = subprocess.run(
        [build], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout.strip()
    venv.create(tmp_path / "alone")
    made = tmp_path / "alone/bin/python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={made}")
    subprocess.run([*pip, "install", "--quiet", "--no-index", built], check=True, stdin=subprocess.DEVNULL)
    listed = subprocess.run([*pip, "list", "--format=freeze"], check=True, capture_output=True, text=True).stdout
    assert re.fullmatch(r"pjsua2==\S+", listed.strip()), listed
    return made


@pytest.mark.realtime
def test_it_hears_digits_and_keeps_what_the_far_end_says(tmp_path, python):
    (program := tmp_path / "listen.py").write_text(re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0])
    sound = np.concatenate([silence(500, RATE), digit("5", MS, rate=RATE), silence(500, RATE)])
    typed_in = file(tmp_path / "digits.wav", sound, RATE)
    audio = {"capture": "simulated", "playback": "simulated", "microphone_file": typed_in}
    with Daemon(tmp_path / "door", sip={"callers": "anyone"}, audio=audio) as door:
        argv = ["setpriv", "--pdeathsig", "KILL", python, "-Iu", program, f"sip:door@{door.address}", "call.wav"]
        process = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = []
        try:
            call = door.rung()
            door.press("answer")
            door.talk(call)
            while "digit 5 ends" not in said:
                said.append(process.stdout.readline().strip())
                assert process.poll() is None, f"it has ended: {said}\n{process.stderr.read()}"
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
