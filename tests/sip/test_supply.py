"""A pjsua2 that cannot hear digits or tones in the sound, where they are wanted: reported with the remedy."""

import os
import subprocess
import sys

import pjsua2
import pytest

from appliance.core.model import CallId, DetectionKind
from appliance.sip.stack.media import inband_dtmf, tone_listeners
from tests.support.daemon import start_command

ACCOUNT = """
[account.office]
registrar = "pbx.example"
user = "201"
password_file = "{password}"
inband_digits = {wanted}
[panel]
lines = "simulated"
"""


@pytest.fixture
def start(tmp_path):
    """What intercomd says with an older pjsua2: its status and words."""
    (tmp_path / "pjsua2.py").write_text("class ToneGenerator: ...\n")
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)

    def run(*options, wanted="true"):
        file = tmp_path / "door.toml"
        file.write_text(ACCOUNT.format(wanted=wanted, password=password))
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        words = start_command(file, tmp_path, *options)
        environment = {**os.environ, "PYTHONPATH": path}
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.far_end
@pytest.mark.parametrize("options", [["--check"], []], ids=["check", "start"])
def test_an_older_pjsua2_is_reported_with_cause_and_remedy(start, options):
    status, said = start(*options)
    assert status == 1
    for words in ("account.office: inband_digits", "cannot detect digits in the sound", "Install the python3-pjsua2"):
        assert words in said


def test_the_sip_process_loads_with_an_older_pjsua2():
    """No name of the detectors' is looked up but where it is wanted."""
    words = "import pjsua2; del pjsua2.DtmfDetector, pjsua2.ToneListener; import appliance.sip.stack.engine"
    subprocess.run([sys.executable, "-c", words], check=True, timeout=120)


def test_an_account_that_takes_them_only_later_is_reported_as_a_part_that_fails(monkeypatch):
    monkeypatch.delattr(pjsua2, "DtmfDetector")
    told = []
    listening = inband_dtmf.Inband(None, told.append)
    for _ in range(2):
        listening.desire({CallId("c-1")})
    assert [each.part for each in told] == ["digits in the sound"]
    assert not listening.ears


def test_a_search_for_tones_fails_with_the_remedy_and_leaves_nothing(monkeypatch):
    monkeypatch.delattr(pjsua2, "ToneListener")
    told = []
    listeners = tone_listeners.ToneListeners(told.append)
    listeners.desire({CallId("c-1"): (DetectionKind.BEEP,), CallId("c-2"): ()}, "de")
    (failed,) = told
    assert (failed.call, failed.why) == ("c-1", "The pjsua2 that is installed cannot hear tones")
    assert "python3-pjsua2" in failed.resolution
    assert not listeners.busy


@pytest.mark.far_end
def test_it_serves_where_no_account_takes_such_digits(start):
    assert start("--check", wanted="false")[0] == 0
