"""The guide's program for HomeKit at a station, paired with a controller. `make test-homekit` runs it."""

import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.support.daemon import Daemon
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

pytestmark = [pytest.mark.far_end, pytest.mark.homekit]
ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "build/homekit/bin/python"  # with HAP-python and aiohomekit
CONTROLLER = Path(__file__).with_name("homekit_controller.py")
ADDRESS = "127.0.0.1"  # where multicast of DNS-SD is heard


class Program:
    """A program that says lines, and takes some."""

    def __init__(self, *command, **environment):
        self.lines = []
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            env={**os.environ, "PYTHONPATH": str(ROOT / "client"), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.strip())

    def says(self, text, times=1):
        """Wait for a line with the text, so many times; the last of these."""
        until(lambda: len([line for line in self.lines if text in line]) >= times, text, log=lambda: self.lines)
        return [line for line in self.lines if text in line][times - 1]

    def orders(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


def test_a_controller_hears_a_ring_and_opens_the_door(tmp_path):
    (source,) = [block for block in blocks("homekit.md") if block.startswith("import ")]
    state, program = tmp_path / "homekit.state", tmp_path / "program.py"
    with Daemon(tmp_path / "d", door={"front": {"pulse_s": 3.0}}) as station:
        program.write_text(
            source.replace("https://door.example:8443", (station.directory / "http.address").read_text().strip())
        )
        token = station.post("/v1/tokens", {"name": "homekit", "scopes": ["view", "door"]})["text"]
        places = {"HOMEKIT_ADDRESS": ADDRESS, "HOMEKIT_PORT": str(free_port(ADDRESS)), "HOMEKIT_STATE": str(state)}
        with Program(PYTHON, "-u", program, INTERCOM_TOKEN=token, **places) as accessory:
            code = re.search(r"\d{3}-\d\d-\d{3}", accessory.says("Enter this code"))[0]
            until(state.exists, "its state", log=lambda: accessory.lines)
            name = json.loads(state.read_text())["mac"]
            with Program(PYTHON, "-u", CONTROLLER, ADDRESS, name, code) as controller:
                controller.says("paired")
                until(lambda: station.press("ring") and "ring" in controller.lines, "a ring", every=0.5)
                station.press("hangup")
                station.begin()
                controller.orders("open")
                assert station.wait("door.unlocked")["data"]["by"] == "http:homekit"
                controller.says("current 0")
                controller.says("current 1")
                station.post("/v1/doors/front/lock")
                station.begin()
                controller.orders("open")
                station.wait("door.denied", by="http:homekit")
                accessory.says("It is locked down.")
