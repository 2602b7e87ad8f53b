"""A front door and a kitchen that know each other: their configurations, and daemons of them."""

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.base.times import Times
from appliance.base.types import Json
from appliance.demo.stations import free_sip_port
from tests.support.daemon import Daemon

BOTH: Json = {
    "sip": {"address": "127.0.0.1", "port": 0, "callers": "targets", "trace": True},
    "audio": {"capture": "null", "playback": "null"},
    "http": {"port": 0, "socket": True},
    "recording": {"enabled": True},
}
FRONT: Json = BOTH | {
    "station": {"name": "Front door", "user": "front"},
    "panel": {
        "lines": "simulated",
        "button": {
            "ring": {"pin": 17, "action": "ring", "target": "kitchen"},
            "hangup": {"pin": 18, "action": "hangup"},
        },
        "lamp": {"status": {"pin": 22}},
    },
    "door": {"front": {"pulse_s": 1.0, "max_s": 5.0, "digits": "1"}},
    "target": {"kitchen": {"doors": ["front"]}},
}
KITCHEN: Json = BOTH | {
    "station": {"name": "Kitchen", "user": "kitchen"},
    "panel": {
        "lines": "simulated",
        "button": {
            "answer": {"pin": 5, "action": "answer"},
            "hangup": {"pin": 6, "action": "hangup"},
            "hold": {"pin": 13, "action": "hold"},
            "door": {"pin": 19, "action": "door", "digits": "1"},
        },
        "lamp": {"status": {"pin": 22}},
    },
    "target": {"front": {}},
}


def merged(base: Json, changes: Json) -> Json:
    """Return a deep copy of `base` with `changes` in it, table by table."""
    made = copy.deepcopy(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = merged(made[key], value) if both else copy.deepcopy(value)
    return made


@contextmanager
def place() -> Iterator[Path]:
    """Make a directory with a short path (for sockets), removed unless the test failed."""
    directory = Path(tempfile.mkdtemp(prefix="pair-"))
    yield directory
    shutil.rmtree(directory)


@contextmanager
def appliances(*configs: Json, times: Times | None = None) -> Iterator[list[Daemon]]:
    """Run a daemon of each configuration, ready; print their logs if something goes wrong, and end them in any case."""
    with place() as directory:
        made = [Daemon(directory / config["station"]["user"], config=config, times=times) for config in configs]
        with together(*made):
            yield made


@contextmanager
def together(*made: Daemon) -> Iterator[None]:
    """The same with daemons that were made before."""
    begun = []
    try:
        for each in made:
            each.start()
            begun.append(each)
        for each in made:
            each.ready()
        yield
    except BaseException:
        print("".join(each.told() for each in begun))
        raise
    finally:
        for each in begun:
            each.process.terminate()
        for each in begun:
            each.stop()


def pair(front: Json | None = None, kitchen: Json | None = None) -> tuple[Json, Json]:
    """Both configurations with changes, and with ports by which they know each other."""
    ports = [free_sip_port(set())]
    ports.append(free_sip_port(set(ports)))
    door, inside = merged(FRONT, front or {}), merged(KITCHEN, kitchen or {})
    door["sip"]["port"], inside["sip"]["port"] = ports
    door["target"]["kitchen"].setdefault("uri", f"sip:kitchen@127.0.0.1:{ports[1]}")
    inside["target"]["front"].setdefault("uri", f"sip:front@127.0.0.1:{ports[0]}")
    return door, inside


def alone(uri: str, **changes: Json) -> Json:
    """A front door whose ring button calls `uri`."""
    return merged(merged(FRONT, {"sip": {"port": free_sip_port(set())}, "target": {"kitchen": {"uri": uri}}}), changes)


def ring(front: Daemon, kitchen: Daemon) -> tuple[str, str]:
    """The visitor's call, ringing: its id at both. Nobody waits for earlier events any more."""
    front.begin()
    kitchen.begin()
    front.press("ring")
    theirs = kitchen.next("call.ringing")["call"]
    ours = front.next("call.ringing")["call"]
    return ours, theirs


def connect(front: Daemon, kitchen: Daemon) -> tuple[str, str]:
    """The same, and answered."""
    ours, theirs = ring(front, kitchen)
    kitchen.press("answer")
    for station, call in ((front, ours), (kitchen, theirs)):
        station.next("call.connected", call)
        station.next("media.started", call)
    return ours, theirs
