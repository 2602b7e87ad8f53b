"""Real daemons in a directory of their own: configured, followed, waited for, and ended by their own ids."""

import asyncio
import copy
import os
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.demo.stations import DemoStation, free_sip_port
from tests.support.waiting import until_async

PATIENCE_S = 120.0

FRONT = {
    "station": {"name": "Front door", "user": "front"},
    "sip": {"address": "127.0.0.1", "port": 0, "callers": "targets", "trace": True},
    "audio": {"capture": "null", "playback": "null"},
    "http": {"port": 0, "socket": True},
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
    "recording": {"enabled": True},
}
KITCHEN = {
    "station": {"name": "Kitchen", "user": "kitchen"},
    "sip": {"address": "127.0.0.1", "port": 0, "callers": "targets", "trace": True},
    "audio": {"capture": "null", "playback": "null"},
    "http": {"port": 0, "socket": True},
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
    "recording": {"enabled": True},
}


def merged(base, changes):
    """A deep copy of `base` with `changes` in it, table by table."""
    made = copy.deepcopy(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(made.get(key), dict)
        made[key] = merged(made[key], value) if both else copy.deepcopy(value)
    return made


class Appliance(DemoStation):
    """A daemon under test. `wait` takes an event out of what has not been waited for yet."""

    def __init__(self, directory, config):
        super().__init__(directory, config)
        self._taken = set()

    @property
    def uri(self):
        return f"sip:{self.config['station']['user']}@127.0.0.1:{self.config['sip']['port']}"

    async def ready(self):
        await self.wait("appliance.ready")
        return self

    async def wait(self, kind, patience=PATIENCE_S, **data):
        """The next event of that type with these among its data (`call` stands for the envelope's)."""

        def find():
            for event in self.events:
                facts = {**event["data"], "call": event["call"]}
                if event["id"] not in self._taken and event["type"] == kind and data.items() <= facts.items():
                    return event
            return None

        event = await until_async(find, f"{self.name}: {kind} {data}", patience, self.told)
        self._taken.add(event["id"])
        return event

    def forget(self):
        """Earlier events do not count any more."""
        self._taken |= {event["id"] for event in self.events}

    def of(self, kind, **data):
        """All events of that type with these among their data."""
        return [
            e for e in self.events if e["type"] == kind and data.items() <= {**e["data"], "call": e["call"]}.items()
        ]

    def told(self):
        """What a failed test should show."""
        log = self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""
        return f"\n--- log of {self.name} ({self.directory}), status {self.ended}\n{log}"

    async def order(self, path, body=None):
        """A POST that must succeed."""
        status, answer = await self.request("POST", path, body)
        assert status < 300, (path, status, answer)
        return answer

    async def call(self):
        """The one living call."""
        calls = (await self.get("/v1/calls"))["calls"]
        assert len(calls) == 1, calls
        return calls[0]

    def relay(self, door="front"):
        """What the door's line shows: 0 at rest, 1 energised."""
        return (self.directory / f"relay-{door}").read_text()[:1]

    def child(self, word):
        """The id of the daemon's own process with that in its command line."""
        found = [pid for pid in children(self.pid) if word in command(pid)]
        assert len(found) == 1, (word, found, self.told())
        return found[0]

    async def sip(self):
        """The id of the SIP process that lives now."""
        return await until_async(
            lambda: next((p for p in children(self.pid) if "appliance.sip" in command(p)), None), "SIP"
        )


@asynccontextmanager
async def place():
    """A directory with a short path (for sockets), removed unless the test failed."""
    directory = Path(tempfile.mkdtemp(prefix="e2e-"))
    yield directory
    shutil.rmtree(directory)


@asynccontextmanager
async def appliances(*configs):
    """Each daemon with its configuration, ready; ended afterwards whatever happens, with its log if it failed."""
    async with place() as directory:
        made = [Appliance(directory / config["station"]["user"], config) for config in configs]
        async with together(*made):
            yield made


@asynccontextmanager
async def together(*made):
    """The same with what was made before."""
    try:
        for each in made:
            await each.start()
        for each in made:
            await each.ready()
        yield
    except BaseException:
        print("".join(each.told() for each in made))
        raise
    finally:
        await asyncio.gather(*(each.stop() for each in made))


def pair(front=None, kitchen=None):
    """Both configurations with changes, and with ports by which they know each other."""
    ports = [free_sip_port(set())]
    ports.append(free_sip_port(set(ports)))
    door, inside = merged(FRONT, front or {}), merged(KITCHEN, kitchen or {})
    door["sip"]["port"], inside["sip"]["port"] = ports
    door["target"]["kitchen"].setdefault("uri", f"sip:kitchen@127.0.0.1:{ports[1]}")
    inside["target"]["front"].setdefault("uri", f"sip:front@127.0.0.1:{ports[0]}")
    return door, inside


def alone(uri, **changes):
    """A front door whose ring button calls `uri`."""
    return merged(merged(FRONT, {"sip": {"port": free_sip_port(set())}, "target": {"kitchen": {"uri": uri}}}), changes)


async def ring(front, kitchen):
    """The visitor's call, ringing: its id at both. Earlier events do not count any more."""
    front.forget()
    kitchen.forget()
    await front.press("ring")
    theirs = (await kitchen.wait("call.ringing"))["call"]
    ours = (await front.wait("call.ringing"))["call"]
    return ours, theirs


async def connect(front, kitchen):
    """The same, and answered."""
    ours, theirs = await ring(front, kitchen)
    await kitchen.press("answer")
    for station, call in ((front, ours), (kitchen, theirs)):
        await station.wait("call.connected", call=call)
        await station.wait("media.started", call=call)
    return ours, theirs


# -- processes ---------------------------------------------------------------------------------------------------------


def status(pid):
    """The fields of /proc/PID/stat after the name: state, parent, …; None when it is gone or only not yet reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    every = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [each for each in every if (fields := status(each)) and fields[1] == str(pid)]


def tree(pid):
    """A process and all below it, each with its start time: ids are used again."""
    below = [each for child in children(pid) for each in tree(child)]
    fields = status(pid)
    return [(pid, fields[19]), *below] if fields else below


def living(processes):
    return [pid for pid, born in processes if (fields := status(pid)) and fields[19] == born]


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)
