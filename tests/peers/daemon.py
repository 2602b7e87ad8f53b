"""The whole daemon under test: a process with a simulated panel, its events as they come, and what it weighs."""

import asyncio
import contextlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import unix_connect

from appliance.base.toml import dump
from appliance.demo.stations import CODE
from appliance.simulator import panel
from tests.peers.sipp import free_port
from tests.shown import Witness, asked_by_http
from tests.support.waiting import LOOK_S, PATIENCE_S, until

FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}
DETAILS = {
    "ring.ended",
    "call.state_changed",
    "call.active_changed",
    "call.updating",
    "call.update_received",
    "media.started",
    "warning",
    "error",
}


def loopback():
    """An address of our own: whatever port we choose there is free."""
    return f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(2, 250)}"


class Daemon(Witness):
    """`with Daemon(directory) as door`: a station that rings `far`, host and port of the one peer it knows.

    Settings are merged into the tables of its configuration, as in `Daemon(d, deadlines={"rtp_s": 2})`. within: what
    begins its command, to run in a network namespace.
    """

    def __init__(self, directory, within=(), **settings):
        self.directory, self.within = Path(directory), within
        self.directory.mkdir(parents=True, exist_ok=True)
        self.far_address, self.user = loopback(), "door"
        self.far_port = free_port(self.far_address)
        self.events, self._new = [], threading.Condition()
        self._mark = 0
        self.asked, self._asked_mark = [], 0  # rows of what was asked
        buttons = {name: {"action": name} for name in ("answer", "hangup", "hold", "switch")}
        buttons["ring"] = {"action": "ring", "target": "far"}
        self.config = {
            "station": {"name": "Door", "user": self.user},
            "sip": {"address": loopback(), "port": 0},
            "audio": {"capture": "null", "playback": "null"},
            "http": {"port": 0},
            "panel": {"lines": "simulated", "button": buttons},
            "target": {"far": {"uri": f"sip:far@{self.far_address}:{self.far_port}"}},
        }
        for table, values in settings.items():
            self.config.setdefault(table, {}).update(values)

    # -- its process -------------------------------------------------------------------------------------------------

    def __enter__(self):
        self.started.append(self)
        (self.directory / "door.toml").write_text(dump(self.config))
        began = time.monotonic()
        environment = {**os.environ, "PYTHONPATH": str(CODE)}
        environment.pop("RUNTIME_DIRECTORY", None)
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *self.within,
                    *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "appliance", "--demo"),
                    *("--config", str(self.directory / "door.toml"), "--state", str(self.directory)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=CODE,
            )
        threading.Thread(target=self._follow, daemon=True).start()
        try:
            self.address = until(lambda: self._ready(began), "appliance.ready")["data"]["address"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def _ready(self, began):
        """Its own appliance.ready, and none that the journal has of a start before."""
        assert self.process.poll() is None, self.log
        return next((e for e in self.events if e["type"] == "appliance.ready" and e["uptime"] >= began), None)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def processes(self):
        """Ids by what they are: the daemon, and the SIP process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = {"daemon": self.process.pid}
        for child in children:
            with contextlib.suppress(OSError):
                if b"appliance.sip.stack" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    found["sip"] = int(child)
        return found

    def memory(self):
        """PSS of each process in MB."""
        return {name: pss_mb(pid) for name, pid in self.processes().items()}

    # -- its events --------------------------------------------------------------------------------------------------

    def _follow(self):
        while self.process.poll() is None:
            since = self.events[-1]["id"] if self.events else 0
            with contextlib.suppress(OSError, WebSocketException):
                where = f"ws://station/v1/events?since={since}"
                with unix_connect(str(self.directory / "http.sock"), where, max_size=None) as connection:
                    for message in connection:
                        with self._new:
                            self.events.append(json.loads(message))
                            self._new.notify_all()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_S)

    def begin(self):
        """From now on `wait` looks at what comes after this moment only."""
        self._mark, self._asked_mark = len(self.events), len(self.asked)

    def moment(self):
        """Where `begin` was: how many events had come, and how much had been asked."""
        return self._mark, self._asked_mark

    def witnessed(self, moment):
        """See Witness."""
        event, asked = moment or (0, 0)
        return self.events[event:], self.asked[asked:]

    @property
    def since(self):
        """Events since `begin`."""
        return self.events[self._mark :]

    def wait(self, kind, /, call=None, patience=PATIENCE_S, **data):
        """The first event since `begin` of this type, of this call, with these data."""

        def found():
            for event in self.since:
                same = event["type"] == kind and call in {None, event["call"]}
                if same and all(event["data"].get(name) == value for name, value in data.items()):
                    return event
            return None

        with self._new:
            event = self._new.wait_for(found, patience) or found()
        told = "\n".join(f"{e['type']} {e['call']} {e['data']}" for e in self.since)
        assert event, f"no {kind} {data} in:\n{told}\n{self.log[-2000:]}"
        return event

    def of(self, kind, call=None):
        return [e for e in self.since if e["type"] == kind and call in {None, e["call"]}]

    def final(self, call, **expected):
        """The last event of a call, with the data it should have; its type is `kind` where that is given."""
        with self._new:
            self._new.wait_for(lambda: any(e["call"] == call and e["type"] in FINAL for e in self.since), PATIENCE_S)
        finals = [e for e in self.since if e["call"] == call and e["type"] in FINAL]
        assert len(finals) == 1, f"{finals} of\n{self.story(call)}\n{self.log[-2000:]}"
        told = {"kind": finals[0]["type"], **finals[0]["data"]}
        assert {name: told[name] for name in expected} == expected, f"{told}\n{self.story(call)}\n{self.log[-3000:]}"
        return told

    def story(self, call):
        """The events of a call, in short: without the family's name, states and media."""
        told = [e for e in self.since if e["call"] == call and e["type"] not in DETAILS]
        return [e["type"].removeprefix("call.") for e in told if e["data"].get("result") != "accepted"]

    def settle(self):
        """Wait until no call is left; each since `begin` has had exactly one last event."""
        until(lambda: not self.get("/v1/calls")["calls"], "the end of all calls")
        for call in {e["call"] for e in self.since if e["type"] in {"call.dialing", "call.incoming"}}:
            self.final(call)

    # -- what it is asked --------------------------------------------------------------------------------------------

    def press(self, button):
        """Press a button of the panel and let it go."""
        asyncio.run(panel.ask(self.directory / "panel.sock", {"press": button, "seconds": 0.05}))

    def ring(self):
        """Press the call button: the call's id."""
        self.press("ring")
        return self.wait("call.dialing")["call"]

    def rung(self):
        """Somebody calls and is let through: the call's id."""
        call = self.wait("call.incoming")["call"]
        self.wait("call.ringing", call)
        return call

    def talk(self, call):
        """Wait until people can talk."""
        self.wait("call.connected", call)
        self.wait("media.started", call)
        return call

    def ask(self, method, path, body=None):
        """Status and JSON of an answer over the Unix socket."""
        connection = http.client.HTTPConnection("station", timeout=PATIENCE_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        with contextlib.closing(connection):
            connection.sock.settimeout(PATIENCE_S)
            connection.sock.connect(str(self.directory / "http.sock"))
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            told = json.loads(response.read())
            self.asked.append(asked_by_http(method, path, response.status, told))
            return response.status, told

    def get(self, path):
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path, body=None):
        status, answer = self.ask("POST", path, body)
        assert status in {200, 201, 202}, answer
        return answer

    def hang_up_all(self):
        """Whatever a test has left."""
        for call in self.get("/v1/calls")["calls"]:
            self.ask("DELETE", f"/v1/calls/{call['id']}")


def pss_mb(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return round(int(rollup.partition("\nPss:")[2].split()[0]) / 1024, 1)
