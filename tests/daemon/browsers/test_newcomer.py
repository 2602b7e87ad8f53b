"""The guide's steps from the packages to the talk, followed to the letter by somebody who knows nothing else.

The packages are those of this tree, so that apt has nothing to do; tests/lab/test_tutorial.py has it install them. The
sound card is a simulated one, and the phone a browser on another machine of the network, which finds names in .local.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tomli

from appliance.demo.stations import CODE
from tests.api.browser import START_S, log_in
from tests.daemon.appliance.how_tos import HOW_TO
from tests.daemon.browsers.phones import BROWSERS, EARS, STATION_HZ, Phone, until_received
from tests.support.daemon import Daemon
from tests.support.peers import sounds
from tests.support.peers.namespaces import DOOR
from tests.support.waiting import until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

GUIDE = HOW_TO / "talk-from-your-phone.md"
MOST = 8
STEP = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |^\S|\Z)", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^ *```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
NAMES = (f"--host-resolver-rules=MAP *.local {DOOR}",)
FINGERPRINT = re.compile(r"\b(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\b")


class Newcomer:
    """Has a terminal at the station and a phone, and does what the guide says."""

    def __init__(self, directory: Path, cable) -> None:
        self.directory, self.cable = directory, cable
        self.config, self.store = directory / "intercomd.toml", f"sql:{directory / '.pki/nssdb'}"
        tone = sounds.tone(directory / "door.wav", STATION_HZ)
        self.card = {"capture": "simulated", "playback": "simulated", "microphone_file": str(tone)}
        self.door: Daemon
        self.started = 0  # browsers
        subprocess.run(["certutil", "-N", "--empty-password", "-d", self.store], check=True, timeout=60)
        (directory / "bin").mkdir()
        self._program("sudo", 'exec "$@"')
        self._program("apt", '[ "$1" = install ]')
        self._program("systemctl", '[ "$1" = restart ]')
        self._program("intercomd-setup", f'{sys.executable} -m appliance.setup --config {self.config} "$@"')
        self._program("intercomctl", f'{sys.executable} -m appliance.cli --socket {directory}/door/http.sock "$@"')

    def _program(self, name: str, command: str) -> None:
        script = self.directory / "bin" / name
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)

    def type(self, commands: str) -> str:
        """What the commands print, none of which fails."""
        path = f"{self.directory}/bin:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(CODE)}
        argv = [*self.cable.door.within, "bash", "-euc", commands]
        done = subprocess.run(
            argv, env=environment, cwd=self.directory, check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def restarts(self) -> None:
        """What systemd does: the station runs, with a card in place of the one that this machine has not."""
        config = tomli.loads(self.config.read_text())
        config["audio"] |= self.card
        self.door = Daemon(self.directory / "door", self.cable.door.within, config=config)
        self.door.__enter__()

    def installs(self, page: str, told: str) -> None:
        """Take the certificate of the page to which the code leads; its fingerprint is the shown one."""
        with self.browser() as tab, tab.any_certificate():
            tab.open(page)
            shown = until(lambda: tab.value("document.getElementById('fingerprint')?.textContent"), "it", START_S)
            assert shown in FINGERPRINT.findall(told)
            tab.value("fetch('trust.crt').then((got) => got.text()).then((text) => { window.got = text; })")
            text = until(lambda: tab.value("window.got"), "the certificate", START_S)
        (self.directory / "trust.crt").write_text(text)
        trusted = ["certutil", "-A", "-n", "door", "-t", "C,,", "-i", self.directory / "trust.crt", "-d", self.store]
        subprocess.run(trusted, check=True, timeout=60)

    def browser(self):
        """The phone's, whose system keeps the certificates that it has got."""
        self.started += 1
        (directory := self.directory / f"phone-{self.started}").mkdir()
        return BROWSERS["chromium"](directory, self.cable.pbx, NAMES, {})


@pytest.fixture
def newcomer(cable, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".pki/nssdb").mkdir(parents=True)
    found = Newcomer(tmp_path, cable)
    yield found
    if hasattr(found, "door"):
        found.door.__exit__(None, None, None)


def test_who_follows_the_guide_alone_talks_from_a_phone_after_at_most_eight_steps(newcomer, record_property):
    steps = {int(number): text for number, text in STEP.findall(GUIDE.read_text().split("\n## ")[0])}
    assert list(steps) == list(range(1, len(steps) + 1)) and len(steps) <= MOST
    began, took = time.monotonic(), {}

    def done(number: int) -> None:
        took[number] = round(time.monotonic() - began - sum(took.values()), 2)

    def typed(number: int) -> str:
        (commands,) = COMMANDS.findall(steps[number])
        return newcomer.type(commands)

    for number in (1, 2):
        typed(number)
        done(number)
    typed(3)
    newcomer.restarts()
    done(3)
    token = re.search(r"\bic_\S+|[\w-]{30,}", typed(4))[0]
    done(4)
    told = typed(5)
    trust = re.search(r"https://\S+/trust\b", told)[0]
    page = told.split("#token=")[0].strip()
    done(5)
    assert "fingerprint" in steps[6]
    newcomer.installs(trust, told)
    done(6)
    assert "`#token=`" in steps[7]
    with newcomer.browser() as tab, tab.first(EARS):
        log_in(tab, f"{page}#token={token}")
        tab.shows("#link-text", "live")
        assert tab.value("isSecureContext") is True
        done(7)
        assert "**Talk at the door**" in steps[8]
        phone = Phone(tab, newcomer.door, "anna-phone", page)
        call = phone.talk()
        phone.until_heard()
        until_received(newcomer.door, call)
        done(8)
        tab.click("#talk-end")
        newcomer.door.final(call, cause="hangup")
    record_property("seconds of each step", str(took))
    print("seconds of each step:", took, "in all:", round(sum(took.values()), 2))
