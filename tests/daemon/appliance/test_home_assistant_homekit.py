"""The bridge to HomeKit of a whole Home Assistant, and a controller. `make test-home-assistant` runs it."""

import contextlib
import json
import re
import socket
import subprocess

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.daemon.appliance.test_homekit import CONTROLLER, Program
from tests.support.daemon import Daemon
from tests.support.peers.home_assistant import MAKES, HomeAssistant
from tests.support.peers.mosquitto import DEVICE
from tests.support.peers.namespaces import DOOR, PBX, Cable
from tests.support.times import hasty
from tests.support.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.far_end, pytest.mark.home_assistant]
HOST = f"{socket.gethostname().partition('.')[0].lower()}.local"  # as the station's certificate has it
PORT = 8443  # of the station, which has its machine for itself
BRIDGE_S = 3 * PATIENCE_S  # its integrations first wait for the Internet, which is not there


def controller_on(machine, *words):
    """A controller on a machine, with the libraries of Home Assistant."""
    root = subprocess.check_output([MAKES, "sid"], text=True).strip()
    box = ["--ro-bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--die-with-parent"]
    box += ["--ro-bind", CONTROLLER, "/tmp/controller.py", "--clearenv", "--setenv", "HOME", "/tmp"]
    return Program(*machine.within, "bwrap", *box, "/opt/ha/bin/python", "-u", "/tmp/controller.py", *words)


def pairing_code(home):
    """The code that Home Assistant shows in a notification; None while there is none."""
    shown = " ".join(each["message"] for each in home.ask("persistent_notification/get"))
    code = re.search(r"\d{3}-\d\d-\d{3}", shown)
    return code and code[0]


def test_home_assistants_bridge_rings_at_a_phone_and_opens_the_door(tmp_path):
    lines = next(block for block in blocks("homekit.md") if block.startswith("homekit:"))
    with contextlib.ExitStack() as stack:
        cable = stack.enter_context(Cable(tmp_path))
        station = stack.enter_context(
            Daemon(
                tmp_path / "s",
                within=cable.door.within,
                times=hasty(),
                http={"address": "0.0.0.0", "port": PORT},
                mqtt={"device": DEVICE},
                door={"front": {"pulse_s": 1.0}},
            )
        )
        home = stack.enter_context(
            HomeAssistant(tmp_path / "ha", "sid", integrated=True, hosts={HOST: DOOR}, machine=cable.pbx)
        )
        token = station.post("/v1/tokens", {"name": "home", "scopes": ["view", "call", "door"]})["text"]
        flow = home.flow("intercomd")
        assert home.fill(flow, address=HOST, token=token)["step_id"] == "trust"
        assert home.fill(flow)["type"] == "create_entry"
        ids = until(lambda: home.entities(DEVICE, "intercomd"), "its entities", log=lambda: home.log)

        home.stop()
        named = lines.replace("lock.door_front", ids["door_front"]).replace("event.door_ring", ids["ring"])
        assert ids["door_front"] in named
        assert ids["ring"] in named
        with (home.directory / "config/configuration.yaml").open("a") as file:
            file.write(f"{named}    ip_address: {PBX}\n")
        home.start()
        until(lambda: home.state(ids["door_front"]) == "locked", log=lambda: home.log, patience=BRIDGE_S)
        code = until(lambda: pairing_code(home), "its code", log=lambda: home.log, patience=BRIDGE_S)
        (state,) = (home.directory / "config/.storage").glob("homekit.*.state")
        with controller_on(cable.door, DOOR, json.loads(state.read_text())["mac"], code) as controller:
            controller.says("paired")
            station.begin()
            station.ring()
            controller.says("ring")
            station.press("hangup")
            station.settle()
            station.begin()
            controller.orders("open")
            assert station.wait("door.unlocked")["data"]["by"] == "http:home"
            controller.says("current 0")
            controller.says("current 1")
        assert home.warnings("components.homekit]") == []
