"""The whole daemon under test: a process with a simulated panel, its events as they come, and what it weighs."""

import asyncio
import contextlib
import copy
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import unix_connect

from appliance.base.times import Times
from appliance.base.toml import dump
from appliance.base.types import Json
from appliance.demo.sip_trace import Trace
from appliance.demo.stations import CODE
from appliance.simulator import panel
from tests.support import schema
from tests.support.forks.daemon import Forked
from tests.support.peers.namespaces import Within
from tests.support.peers.sipp import free_port
from tests.support.processes import rss_mb
from tests.support.shown import Witness, asked_by_http
from tests.support.times import patient, program
from tests.support.waiting import LOOK_S, PATIENCE_S, noted, until

FINAL = {"call.ended", "call.failed", "call.canceled", "call.rejected"}
DETAILS = {
    "ring.ended",
    "call.state_changed",
    "call.active_changed",
    "call.updating",
    "call.update_received",
    "media.started",
    "media.ended",
    "media.stopped",
    "media.resumed",
    "media.disconnection_warning",
    "media.silent",
    "media.quality",
    "media.slow_link",
    "media.statistics",
    "audio.microphone_changed",
    "audio.failed",
    "warning",
    "error",
}


def loopback() -> str:
    """Return an address of our own: whatever port we choose there is free."""
    return f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(2, 250)}"


def start_command(config: Path | str, state: Path | str, *options: str) -> list[str]:
    """Return the command that starts a daemon."""
    return [sys.executable, "-m", "appliance", *options, "--config", str(config), "--state", str(state)]


def ringing(far: str) -> Json:
    """Return the configuration of a station whose call button rings that URI."""
    buttons = {name: {"action": name} for name in ("answer", "hangup", "hold", "switch")}
    return {
        "station": {"name": "Door", "user": "door"},
        "sip": {"address": loopback(), "port": 0},
        "audio": {"capture": "null", "playback": "null"},
        "http": {"port": 0},
        "panel": {"lines": "simulated", "button": {**buttons, "ring": {"action": "ring", "target": "far"}}},
        "target": {"far": {"uri": far}},
    }


class Daemon(Witness):
    """`with Daemon(directory) as door`: a station that rings `far`, host and port of the one peer it knows.

    Settings are merged into the tables of its configuration, as in `Daemon(d, deadlines={"rtp_s": 2})`. config: another
    one than that. within: what begins its command, to run in a network namespace. times: `usual` by default.
    """

    usual: ClassVar[Times] = patient()

    def __init__(
        self,
        directory: Path | str,
        within: Sequence[str] = (),
        *,
        config: Json | None = None,
        times: Times | None = None,
        **settings: Json,
    ) -> None:
        self.directory, self.within = Path(directory), within
        self.times = self.usual if times is None else times
        self.directory.mkdir(parents=True, exist_ok=True)
        self.far_address = loopback()
        self.far_port = free_port(self.far_address)
        self.config = copy.deepcopy(config) if config else ringing(f"sip:far@{self.far_address}:{self.far_port}")
        for table, values in settings.items():
            self.config.setdefault(table, {}).update(values)
        self.user: str = self.config["station"].get("user", "")
        self.trace = Trace(self.directory / "sip.trace")
        self.address = ""
        self.process: Forked | subprocess.Popen[bytes]
        self.events: list[Json] = []
        self._follower: threading.Thread | None = None
        self._new = threading.Condition()
        self._mark, self._taken = 0, set[int]()
        self.asked: list[str] = []  # rows of what was asked
        self._asked_mark = 0
        self._began = 0.0
        self._log = self.directory / "log"

    # -- its process -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, and follow its events."""
        self.started.append(self)
        (self.directory / "door.toml").write_text(dump(self.config))
        self._log.touch()
        self._began = time.monotonic()
        environment = {**os.environ, "PYTHONPATH": str(CODE)}
        environment.pop("RUNTIME_DIRECTORY", None)
        argv = start_command(self.directory / "door.toml", self.directory, "--demo")
        machine = self.within.pid if isinstance(self.within, Within) else 0
        if "LD_PRELOAD" in environment or (self.within and not machine):
            self.process = self._program([*program(self.times), *argv[3:]], environment)
        else:
            self.process = Forked(argv[3:], environment, self._log, self.times, machine)
        self._follower = threading.Thread(target=self._follow, args=[self.process, self._follower], daemon=True)
        self._follower.start()

    def _program(self, argv: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self.within, "setpriv", "--pdeathsig", "TERM", *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=CODE,
            )

    def ready(self) -> Self:
        """Wait until it is: its own appliance.ready, and none that the journal has of a start before.

        Its doors can be opened then, or their guard has failed.
        """
        self.address = until(self._ready, "appliance.ready", log=lambda: self.log)["data"]["address"]
        if self.config.get("door"):
            until(self._guarded, "the guard", log=lambda: self.log)
        return self

    def _ready(self) -> Json | None:
        assert self.process.poll() is None, self.log
        return next((e for e in self.events if e["type"] == "appliance.ready" and e["uptime"] >= self._began), None)

    def _guarded(self) -> bool:
        asked = len(self.asked)
        try:
            doors = self.get("/v1/doors")["doors"]
        except OSError:  # a station without HTTP
            return True
        finally:
            del self.asked[asked:]
        failed = any(e["type"] == "appliance.degraded" and e["data"]["part"] == "relay" for e in self.events)
        return failed or all(door["available"] for door in doors)

    def stop(self) -> None:
        """Have it end in order, by force if it does not."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        try:
            return self.ready()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The daemon's process."""
        return self.process.pid

    @property
    def ended(self) -> int | None:
        """The daemon's exit status, negative for a signal; None while it runs."""
        return self.process.poll()

    @property
    def log(self) -> str:
        """What it has printed, over all its starts."""
        return self._log.read_text(errors="replace")

    def told(self) -> str:
        """What a failed test should show."""
        return f"\n--- log of {self.user} ({self.directory}), status {self.ended}\n{self.log[-6000:]}"

    def processes(self) -> dict[str, int]:
        """Ids by what they are: the daemon, and the SIP process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = {"daemon": self.process.pid}
        for child in children:
            with contextlib.suppress(OSError):
                if b"appliance.sip.stack" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    found["sip"] = int(child)
        return found

    def sip(self) -> int:
        """The id of the SIP process that lives now."""
        found: int = until(lambda: self.processes().get("sip"), "a SIP process", log=self.told)
        return found

    def memory(self) -> dict[str, float]:
        """What each process holds, in MB."""
        return {name: rss_mb(pid) for name, pid in self.processes().items()}

    # -- its events --------------------------------------------------------------------------------------------------

    def _follow(self, process: Forked | subprocess.Popen[bytes], before: threading.Thread | None) -> None:
        if before:
            before.join()  # it may still read the last events of the process before
        while process.poll() is None:
            since = self.events[-1]["id"] if self.events else 0
            with contextlib.suppress(OSError, WebSocketException):
                where = f"ws://station/v1/events?since={since}"
                with unix_connect(str(self.directory / "http.sock"), where, max_size=None) as connection:
                    for message in connection:
                        with self._new:
                            self.events.append(json.loads(message))
                            self._new.notify_all()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)

    def begin(self) -> None:
        """From now on `wait` and `next` look at what comes after this moment only."""
        self._mark, self._asked_mark = len(self.events), len(self.asked)

    def moment(self) -> tuple[int, int]:
        """Where `begin` was: how many events had come, and how much had been asked."""
        return self._mark, self._asked_mark

    def witnessed(self, moment: tuple[int, int] | None) -> tuple[list[Json], list[str]]:
        """See Witness."""
        event, asked = moment or (0, 0)
        return self.events[event:], self.asked[asked:]

    @property
    def since(self) -> list[Json]:
        """Events since `begin`."""
        return self.events[self._mark :]

    def wait(self, kind: str, /, call: str | None = None, patience: float = PATIENCE_S, **data: object) -> Json:
        """The first event since `begin` of this type, of this call, with these data."""
        return self._wait(kind, call, patience, data, set())

    def next(self, kind: str, /, call: str | None = None, patience: float = PATIENCE_S, **data: object) -> Json:
        """The same, of those that `next` has not returned yet."""
        event = self._wait(kind, call, patience, data, self._taken)
        self._taken.add(event["id"])
        return event

    def _wait(self, kind: str, call: str | None, patience: float, data: Mapping[str, object], taken: set[int]) -> Json:
        def found() -> Json | None:
            for event in self.since:
                same = event["type"] == kind and call in {None, event["call"]} and event["id"] not in taken
                if same and fits(event, data):
                    return event
            return None

        with noted(kind), self._new:
            event = self._new.wait_for(found, patience) or found()
        told = "\n".join(f"{e['type']} {e['call']} {e['data']}" for e in self.since)
        assert event, f"no {kind} {dict(data)} in:\n{told}\n{self.log[-2000:]}"
        return schema.held(event)

    def of(self, kind: str, call: str | None = None) -> list[Json]:
        """All since `begin` of this type, of this call."""
        return [e for e in self.since if e["type"] == kind and call in {None, e["call"]}]

    def ever(self, kind: str, call: str | None = None, **data: object) -> list[Json]:
        """All there ever were, over restarts too, of this type, of this call, with these data."""
        return [e for e in self.events if e["type"] == kind and call in {None, e["call"]} and fits(e, data)]

    def final(self, call: str, **expected: object) -> Json:
        """The last event of a call, with the data it should have; its type is `kind` where that is given."""
        with noted("the end of a call"), self._new:
            self._new.wait_for(lambda: any(e["call"] == call and e["type"] in FINAL for e in self.since), PATIENCE_S)
        finals = [e for e in self.since if e["call"] == call and e["type"] in FINAL]
        assert len(finals) == 1, f"{finals} of\n{self.story(call)}\n{self.log[-2000:]}"
        told = {"kind": finals[0]["type"], **finals[0]["data"]}
        assert {name: told[name] for name in expected} == expected, f"{told}\n{self.story(call)}\n{self.log[-3000:]}"
        return told

    def story(self, call: str) -> list[str]:
        """The events of a call, in short: without the family's name, states and media."""
        told = [e for e in self.since if e["call"] == call and e["type"] not in DETAILS]
        return [e["type"].removeprefix("call.") for e in told if e["data"].get("result") != "accepted"]

    def caught_up(self) -> None:
        """Wait until each event that the station has reported by now has come here."""
        last = self.get("/v1/state")["last_event"]
        with noted("all events"), self._new:
            assert self._new.wait_for(lambda: self.events[-1]["id"] >= last, PATIENCE_S), f"no event {last}"

    def settle(self) -> None:
        """Wait until no call is left; each since `begin` has had exactly one last event, and all events have come."""
        until(lambda: not self.get("/v1/calls")["calls"], "the end of all calls")
        self.caught_up()
        for call in {e["call"] for e in self.since if e["type"] in {"call.dialing", "call.incoming"}}:
            self.final(call)

    # -- what it is asked --------------------------------------------------------------------------------------------

    def press(self, button: str, seconds: float = 0.05) -> float:
        """Press a button of the panel and let it go: when its line moved. A finger needs 0.1 s to press again."""
        told = asyncio.run(panel.ask(self.directory / "panel.sock", {"press": button, "seconds": seconds}))
        return float(told["at"])

    @contextlib.contextmanager
    def held_down(self, button: str) -> Iterator[None]:
        """A finger keeps a button of the panel down for as long as the block takes."""

        def move(active: bool) -> None:
            asyncio.run(panel.ask(self.directory / "panel.sock", {"edge": button, "active": active}))

        move(active=True)
        try:
            yield
        finally:
            move(active=False)

    def ring(self) -> str:
        """Press the call button: the call's id."""
        self.press("ring")
        call: str = self.wait("call.dialing")["call"]
        return call

    def rung(self, patience: float = PATIENCE_S) -> str:
        """Somebody calls and is let through: the call's id. A call that is refused at once is passed over."""

        def through() -> str | None:
            ringing = {event["call"] for event in self.since if event["type"] == "call.ringing"}
            come = (event["call"] for event in self.since if event["type"] == "call.incoming")
            return next((call for call in come if call in ringing), None)

        with noted("a call that rings"), self._new:
            call = self._new.wait_for(through, patience) or through()
        assert call, f"no call rings in:\n{self.since}\n{self.log[-2000:]}"
        return call

    def talk(self, call: str) -> str:
        """Wait until people can talk."""
        self.wait("call.connected", call)
        self.wait("media.started", call)
        return call

    def call(self) -> Json:
        """The one living call."""
        calls: list[Json] = self.get("/v1/calls")["calls"]
        assert len(calls) == 1, calls
        return calls[0]

    def relay(self, door: str = "front") -> str:
        """What the door's line shows: 0 at rest, 1 energised."""
        return (self.directory / f"relay-{door}").read_text()[:1]

    def ask(self, method: str, path: str, body: object = None, prefer: str = "") -> tuple[int, Any]:
        """Status and JSON of an answer over the Unix socket, or bytes where it is none."""
        connection = http.client.HTTPConnection("station", timeout=PATIENCE_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        with contextlib.closing(connection):
            connection.sock.settimeout(PATIENCE_S)
            connection.sock.connect(str(self.directory / "http.sock"))
            headers = ({"Content-Type": "application/json"} if body is not None else {}) | (
                {"Prefer": prefer} if prefer else {}
            )
            try:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
            except BrokenPipeError:  # this process was held up for 10 s: the station waits no longer for a request
                return self.ask(method, path, body, prefer)
            response = connection.getresponse()
            told = response.read()
            if "json" in (response.getheader("Content-Type") or ""):
                told = json.loads(told)
            self.asked.append(asked_by_http(method, path, response.status, told))
            return response.status, told

    def get(self, path: str) -> Any:
        """What is there."""
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path: str, body: object = None) -> Any:
        """An order that succeeds, at the latest once the station has loaded what it needs."""

        def given() -> tuple[int, Any] | None:
            told = self.ask("POST", path, body)
            return None if told[0] == http.HTTPStatus.SERVICE_UNAVAILABLE else told

        status, answer = until(given, f"POST {path}", log=lambda: self.log[-2000:])
        assert status in {200, 201, 202}, answer
        return answer

    def hang_up_all(self) -> None:
        """Whatever a test has left."""
        for call in self.get("/v1/calls")["calls"]:
            self.ask("DELETE", f"/v1/calls/{call['id']}")


def fits(event: Json, data: Mapping[str, object]) -> bool:
    """Whether the event has these data."""
    return all(event["data"].get(name) == value for name, value in data.items())


@contextlib.contextmanager
def settled(*daemons: Daemon) -> Iterator[None]:
    """No call before the block; after it each call of the block has come to its one end."""
    for daemon in daemons:
        daemon.begin()
    yield
    for daemon in daemons:
        daemon.hang_up_all()
        daemon.settle()


def talking(caller: Daemon, callee: Daemon) -> tuple[str, str]:
    """One rings the other, which answers: the call's id at both."""
    call, came = caller.ring(), callee.rung()
    callee.press("answer")
    return caller.talk(call), callee.talk(came)
