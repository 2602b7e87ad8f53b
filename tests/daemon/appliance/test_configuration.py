"""GET /v1/config and `intercomctl config` of a real daemon."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from appliance.config.effective import MASK
from appliance.config.schema import Config
from tests.config.test_effective import ALL_SECRETS, secrets
from tests.support.daemon import Daemon
from tests.support.shown import shows

PASSWORD = "a-password-that-only-this-test-knows"


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A station with all secrets, and a target with a password."""
    directory = tmp_path_factory.mktemp("door")
    file = directory / "kitchen.password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    config = {
        **ALL_SECRETS,
        "sip": {"address": "127.0.0.1", "port": 0},
        "audio": {"capture": "null", "playback": "null"},
        "http": {"port": 0},
        "station": {"name": "Side door"},
        "target": {"kitchen": {"uri": "sip:kitchen@127.0.0.1", "password_file": str(file)}},
    }
    with Daemon(directory, config=config) as door:
        yield door


def ctl(door, *words):
    place = ["--socket", str(door.directory / "http.sock")]
    argv = [sys.executable, "-m", "appliance.cli", *place, "config", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


@shows("GET /v1/config")
def test_a_real_station_shows_all_that_is_in_force_and_no_secret(door):
    assert door.ask("PATCH", "/v1/config/runtime", {"quiet_hours": {"begin": "21:45", "end": "06:15"}})[0] == 200
    shown = door.get("/v1/config")["configuration"]
    text = json.dumps(shown)
    hidden = [PASSWORD, *(value for _, value in secrets(ALL_SECRETS, Config) if value)]
    assert len(hidden) >= 4
    assert not [value for value in hidden if value in text]
    assert shown["station"]["name"] == "Side door"
    assert shown["quiet_hours"] == {"begin": "21:45", "end": "06:15", "profile": ""}
    assert shown["door"]["front"]["digits"] == MASK
    assert shown["sip"]["max_calls"] == 4


def test_the_command_shows_the_whole_in_toml_and_as_json(door):
    answer = door.get("/v1/config")
    for words in ((), ("show",)):
        shown = ctl(door, *words)
        assert shown.returncode == 0, shown.stderr
        assert tomli.loads(shown.stdout) == answer["configuration"]
    assert json.loads(ctl(door, "show", "--json").stdout) == answer


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["station.name"], "Side door\n"),
        (["http.port"], "0\n"),
        (["http.socket"], "true\n"),
        (["station.name", "--json"], '"Side door"\n'),
        (["door.front.digits"], "***\n"),
    ],
)
def test_the_command_gets_one_setting(door, words, expected):
    got = ctl(door, "get", *words)
    assert (got.returncode, got.stdout) == (0, expected), got.stderr


def test_the_command_gets_a_table(door):
    assert (
        tomli.loads(ctl(door, "get", "door.front").stdout) == door.get("/v1/config")["configuration"]["door"]["front"]
    )


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [(["http.prt"], 1, "Did you mean http.port?"), (["nothing"], 1, "lists all"), ([], 2, "No setting is given.")],
)
def test_an_unknown_setting_is_refused_with_the_nearest_one(door, words, status, why):
    wrong = ctl(door, "get", *words)
    assert (wrong.returncode, why in wrong.stderr) == (status, True), wrong.stderr


def test_the_command_checks_a_file_as_the_daemon_does(door, tmp_path: Path):
    good, bad = door.directory / "door.toml", tmp_path / "bad.toml"
    bad.write_text("[sip]\nprot = 5060\n")
    right, wrong = ctl(door, "check", str(good)), ctl(door, "check", str(bad))
    assert (right.returncode, f"{good}: OK" in right.stdout) == (0, True), right
    assert (wrong.returncode, "did you mean port?" in wrong.stdout) == (1, True), wrong
    assert json.loads(ctl(door, "check", str(bad), "--json").stdout)["valid"] is False


def test_the_shell_completes_settings(door):
    place = ["--socket", str(door.directory / "http.sock")]
    argv = [sys.executable, "-m", "appliance.cli", *place, "ids", "setting"]
    assert "sip.port" in subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout.split()
