"""Node-RED with the flow of the guide: it opens the door at a ring, within its hours. `make test-node-red` runs it."""

import contextlib
import subprocess
from pathlib import Path

import pytest

from tests.daemon.appliance.how_tos import blocks
from tests.daemon.appliance.test_mqtt import at
from tests.support.daemon import Daemon
from tests.support.peers.mosquitto import Mosquitto
from tests.support.peers.sipp import free_port
from tests.support.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.far_end, pytest.mark.node_red]
PROGRAM = Path(__file__).resolve().parents[3] / "build/node-red/node_modules/.bin/node-red"


@contextlib.contextmanager
def node_red(directory, broker, hours):
    """Node-RED with the guide's flow, for this broker and between these hours."""
    (flow,) = blocks("node-red.md")
    for there, here in (
        ('"broker.example", "port": "1883"', f'"{broker.address}", "port": "{broker.port}"'),
        ("hour < 8 || hour >= 18", f"hour < {hours[0]} || hour >= {hours[1]}"),
    ):
        assert there in flow
        flow = flow.replace(there, here)
    directory.mkdir()
    (directory / "flows.json").write_text(flow)
    (directory / "settings.js").write_text("module.exports = {flowFile: 'flows.json', uiHost: '127.0.0.1'}\n")
    log = directory / "log"
    words = [PROGRAM, "--userDir", directory, "--settings", directory / "settings.js", "--port", free_port("127.0.0.1")]
    with log.open("wb") as out:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, words)], stdout=out, stderr=out)
    try:
        until(lambda: "Connected to broker" in log.read_text(), "Node-RED", PATIENCE_S, log=log.read_text)
        yield
    finally:
        process.kill()
        process.wait()


def test_the_guides_flow_opens_the_door_at_a_ring_within_its_hours_only(tmp_path):
    with Mosquitto(tmp_path / "broker") as broker:
        settings = at(broker, token="home")
        with Daemon(tmp_path / "s", mqtt=settings, door={"front": {"pulse_s": 2.0}}) as station:
            station.post("/v1/tokens", {"name": "home", "scopes": ["door"]})
            with node_red(tmp_path / "never", broker, (24, 25)):
                station.ring()
                station.press("hangup")
                station.settle()
            station.begin()
            with node_red(tmp_path / "always", broker, (0, 24)):
                assert station.of("door.unlocked") == []
                station.ring()
                assert station.wait("door.unlocked")["data"]["by"] == "http:home"
            assert station.ever("access.order_refused") == []
            assert len(station.ever("door.unlocked")) == 1
