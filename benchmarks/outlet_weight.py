"""What a broker costs a station at rest: `python -m benchmarks.outlet_weight`.

Starts a station without a broker, then one that sends events and states and takes orders by MQTT, at a real mosquitto.
Shows the memory of each of their processes, and how much processor time they take while nothing happens. The pages of a
file count by share (PSS), as of a library that several processes use; `own` is the part that is no file's.
"""

import argparse
import tempfile
import time
from pathlib import Path

from appliance.base.record import Record
from benchmarks.processes import command, cpu_s, kept, own_mb, pss_mb, say, tree
from tests.support.daemon import Daemon
from tests.support.peers.mosquitto import DEVICE, ROOT, Listener, Mosquitto
from tests.support.times import REAL
from tests.support.waiting import pause, until

SETTLE_S = 15.0
MODULES = {"appliance.outlet": "outlet", "appliance.sip.stack": "sip"}  # and the guard of the relay


class Weight(Record):
    """A process at rest. idle: the part of one core."""

    pss_mb: float
    own_mb: float
    idle: float


def weights(station: Daemon, seconds: float) -> dict[str, Weight]:
    """The processes of a station by their names, measured for so long, after HTTP has loaded what it needs."""
    station.post("/v1/tokens", {"name": "other", "scopes": ["door"]})
    station.post("/v1/doors/front/open")
    station.wait("door.locked")
    pause(SETTLE_S)
    before = {pid: cpu_s(pid) for pid in tree(station.pid)}
    begun = time.monotonic()
    pause(seconds)
    took = time.monotonic() - begun
    names = {pid: "daemon" if pid == station.pid else name_of(pid) for pid in before}
    return {names[pid]: Weight(pss_mb(pid), own_mb(pid), (cpu_s(pid) - at) / took) for pid, at in before.items()}


def name_of(pid: int) -> str:
    """What the process is."""
    text = command(pid)
    return next((name for module, name in MODULES.items() if module in text), "guard")


def run(directory: Path, seconds: float) -> tuple[dict[str, Weight], dict[str, Weight]]:
    """The weights without a broker and with one."""
    door = {"front": {"pulse_s": 0.2}}
    with Daemon(directory / "without", within=["env"], times=REAL, door=door) as station:
        without = weights(station, seconds)
    with Mosquitto(directory / "broker") as broker, Listener(broker, f"{ROOT}/availability") as heard:
        table = {"host": broker.address, "port": broker.port, "device": DEVICE, "tls": False, "token": "home"}
        mqtt = {**table, "journal": True, "home_assistant": "homeassistant"}
        with Daemon(directory / "with", within=["env"], times=REAL, door=door, mqtt=mqtt) as station:
            station.post("/v1/tokens", {"name": "home", "scopes": ["door", "call"]})
            until(lambda: heard.of("availability") == ["online"], "the broker's station", log=station.told)
            heard.publish("command/open_door", '{"door": "front"}', MessageExpiryInterval=10)
            station.wait("door.locked")
            station.begin()
            return without, weights(station, seconds)


def report(without: dict[str, Weight], beside: dict[str, Weight]) -> None:
    """Print it."""
    for title, found in (("without a broker", without), ("with MQTT and orders", beside)):
        for name, each in sorted(found.items()):
            say(f"{title:21}{name:8}{each.pss_mb:6.1f} MB, own {each.own_mb:5.1f} MB, idle {each.idle * 100:.3f} %")
    for name, each in without.items():
        say(f"{name} grows by {beside[name].own_mb - each.own_mb:.1f} MB of its own")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outlet_weight", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of rest that are measured")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        report(*run(Path(directory), given.seconds))
    return 0


if __name__ == "__main__":
    kept(main)
