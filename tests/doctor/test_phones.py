"""The page on phones: the doctor and --check say where none can open it, or where each would show a warning."""

import subprocess
import sys
from pathlib import Path

import pytest
import tomli

from appliance.config.core_settings import core_settings
from appliance.config.load import check
from appliance.doctor import phones
from tests.support.certificates import self_signed

ROOT = Path(__file__).parents[2]
BELL = '[panel]\nlines = "simulated"\n[panel.button.ring]\naction = "ring"\ntarget = "{}"\n'
KITCHEN = '[target.kitchen]\nuri = "sip:kitchen@192.0.2.8"\n'
PLAN = '[plan.house]\nsteps = [["kitchen", "browsers"]]\n'


def notes(bell, more):
    config = check(tomli.loads(BELL.format(bell) + KITCHEN + more), "x")
    return phones.notes(config, core_settings(config))


@pytest.mark.parametrize(
    ("bell", "more"), [("browsers", ""), ("house", PLAN), ("browsers", '[http]\naddress = "::1"\n')]
)
def test_a_page_that_rings_where_no_phone_can_open_it_is_warned_of(bell, more):
    (note,) = notes(bell, more)
    assert (note.check, note.level) == ("http.address", "warning")
    assert "http.names" in note.resolution


@pytest.mark.parametrize(
    ("bell", "more"),
    [
        ("kitchen", ""),
        ("browsers", '[http]\naddress = "0.0.0.0"\n'),
        ("browsers", '[http]\nnames = ["door.example.org"]\n'),
    ],
    ids=["no page rings", "others can open it", "a proxy is before it"],
)
def test_there_is_no_warning_where_it_can_be_opened_or_does_not_ring(bell, more):
    assert notes(bell, more) == []


def test_check_says_it(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text(BELL.format("browsers"))
    argv = [sys.executable, "-m", "appliance", "--check", "--config", file]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Note: http.address: A press rings browsers, but HTTP listens on 127.0.0.1 only." in done.stdout


def found(tmp_path, *present, http='address = "0.0.0.0"'):
    return phones.examine(check(tomli.loads(f"[http]\n{http}\n"), "x"), tmp_path, present)


def test_a_certificate_of_former_addresses_is_warned_of(tmp_path):
    self_signed(tmp_path, "DNS:door", "DNS:door.local", "IP:192.0.2.7")
    (note,) = found(tmp_path, "192.0.2.9", "fe80::1%eth0")
    assert (note.check, note.level) == ("http.certificate_file", "warning")
    assert "192.0.2.9." in note.message and "https://door.local" in note.resolution
    assert found(tmp_path, "192.0.2.7", "172.17.0.1") == []
    assert found(tmp_path, "fe80::1%eth0") == found(tmp_path) == []
    assert found(tmp_path, "192.0.2.9", http='address = "192.0.2.7"') == []


def test_without_a_certificate_of_its_own_nothing_is_said(tmp_path):
    assert found(tmp_path, "192.0.2.9") == []
