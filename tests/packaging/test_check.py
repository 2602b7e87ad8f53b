"""What `make check` leaves out, and how that is distinguished from the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.test_skips import run
from tests.support.far_ends import is_far_end

ROOT = Path(__file__).resolve().parents[2]
STARTS = f"""
import subprocess

@pytest.fixture(scope="module")
def far_end():
    subprocess.run([{sys.executable!r}, "-c", "", "-m", "appliance"], check=True)

def test_one(far_end): pass
"""


@pytest.mark.parametrize(
    "command",
    [
        "setpriv --pdeathsig TERM python3 -m appliance --demo --config x.toml",
        "python3 -m appliance.sip.stack",
        "ip netns exec far /usr/bin/baresip -f directory",
        "/usr/bin/chromium --headless",
        "google-chrome --headless",
        "/usr/bin/firefox-esr --headless --profile directory",
        "python3 -m tests.support.pictures --root directory",
        "sipp 127.0.0.1:5060",
    ],
)
def test_daemons_sip_peers_and_browsers_are_far_ends(command: str) -> None:
    assert is_far_end(command.split())


@pytest.mark.parametrize(
    "command",
    ["python3 -m appliance --check --config x.toml", "python3 -m appliance --print-events", "dbus-daemon --session"],
)
def test_a_program_that_prints_and_ends_and_a_bus_are_none(command: str) -> None:
    assert not is_far_end(command.split())


def test_a_test_whose_fixture_starts_a_far_end_needs_the_mark(tmp_path: Path) -> None:
    tests = {"without it": STARTS, "with it": f"{STARTS}\npytestmark = pytest.mark.far_end"}
    _, reported = run(tmp_path, tests)
    assert "Mark this test far_end" in reported["without it"]
    assert reported["with it"].split() == ["passed"]


def test_a_room_that_is_not_there_is_an_error_that_lists_the_rooms() -> None:
    done = subprocess.run([ROOT / "tests/check", "attic"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "there is no room named attic" in done.stderr
    assert {"api", "core", "panel"} <= set(done.stderr.rpartition("name one of: ")[2].split())
