"""A whole Home Assistant in a root of its own (packaging/home-assistant), by bubblewrap, and a user of it."""

import contextlib
import json
import socket
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.support.daemon import loopback
from tests.support.peers.mosquitto import Mosquitto
from tests.support.peers.namespaces import PBX, Machine
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

TREE = Path(__file__).parents[3]
MAKES = TREE / "packaging/home-assistant"
CONFIGURATION = """\
homeassistant:
  name: Test
  time_zone: UTC
  unit_system: metric
http:
  server_host: {address}
  server_port: {port}
logger:
  default: warning
"""
PATIENCE_S = 120
INTEGRATION = Path("integrations/homeassistant/custom_components/intercomd")
COVERAGE = TREE / "build/home-assistant"  # which lines of the integration have run, a file for each run


def forward(address: str, port: int, machine: Machine) -> None:
    """Pass connections to this address on to the same port at PBX, until this process ends."""

    def pump(from_: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := from_.recv(65536):
                to.sendall(piece)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            near, _ = listening.accept()
            try:
                far = machine.socket(kind=socket.SOCK_STREAM)
                far.connect((PBX, port))
            except (OSError, subprocess.SubprocessError):
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    listening = socket.create_server((address, port))
    threading.Thread(target=serve, daemon=True).start()


class HomeAssistant:
    """`with HomeAssistant(directory, "sid") as house`: with its first user, who may do everything.

    integrated: with our integration and the client library of this tree; which of its lines run is kept in COVERAGE.
    hosts: names, and their addresses.
    machine: where it runs, at the address PBX; it then looks for devices in that network.
    """

    def __init__(
        self,
        directory: Path,
        suite: str,
        *,
        integrated: bool = False,
        hosts: Mapping[str, str] | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.directory, self.root = directory, subprocess.check_output([MAKES, suite], text=True).strip()
        self.address = loopback()
        self.port = free_port(self.address)
        self._page = f"http://{self.address}:{self.port}"
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        self.changes: list[dict[str, Any]] = []  # new states, oldest first
        (directory / "config").mkdir(parents=True)
        text = CONFIGURATION.format(address=self.address, port=self.port)
        self._within: Sequence[str] = ()
        if machine is not None:
            self._within = machine.within
            text = CONFIGURATION.format(address=PBX, port=self.port) + "zeroconf:\n"
            forward(self.address, self.port, machine)
        (directory / "config/configuration.yaml").write_text(text)
        (directory / "hosts").write_text(
            "".join(f"{where} {name}\n" for name, where in {"localhost": "127.0.0.1", **(hosts or {})}.items())
        )
        self._more = ["--ro-bind", str((directory / "hosts").resolve()), "/etc/hosts"]
        self._program = ["/opt/ha/bin/hass"]
        if integrated:
            COVERAGE.mkdir(parents=True, exist_ok=True)
            run = ["/opt/ha/bin/python", "-m", "coverage", "run", "--parallel-mode", "--data-file=/coverage/.coverage"]
            self._program = [*run, f"--include=/peer/config/{INTEGRATION.parent.name}/intercomd/*", *self._program]
            self._more += ["--bind", str(COVERAGE), "/coverage", "--setenv", "COVERAGE_CORE", "sysmon"]
            (directory / "config/custom_components").mkdir()
            self._more += ["--ro-bind", str(TREE / INTEGRATION), f"/peer/config/{INTEGRATION.parent.name}/intercomd"]
            self._more += ["--ro-bind", str(TREE / "client"), "/tmp/client", "--setenv", "PYTHONPATH", "/tmp/client"]
            self._more += ["--setenv", "PYTHONDONTWRITEBYTECODE", "1"]

    def start(self) -> None:
        """Start it, without installing anything, and wait until it answers."""
        box = ["--bind", self.root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]
        box += ["--bind", str(self.directory.resolve()), "/peer", "--unshare-pid", "--die-with-parent", "--clearenv"]
        box += ["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/root", "--setenv", "LC_ALL", "C.UTF-8"]
        box += self._more
        with (self.directory / "out").open("ab") as out:
            hass = [*self._program, "--config", "/peer/config", "--skip-pip"]
            self._process = subprocess.Popen(
                [*self._within, "bwrap", *box, *hass], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        where = "/api/config" if self._token else "/api/onboarding"
        until(lambda: self.get(where), "Home Assistant", patience=PATIENCE_S, log=lambda: self.log)
        if not self._token:
            self._onboard()
        threading.Thread(target=self._follow, args=[self._process], daemon=True).start()
        until(lambda: self._following, "its events", patience=PATIENCE_S)

    def stop(self) -> None:
        """End it in order. Not by a signal, which bubblewrap does not pass on."""
        assert self._process is not None
        self._following = False
        try:
            self.post("/api/services/homeassistant/stop", {})
            self._process.wait(PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it has said."""
        kept = self.directory / "config/home-assistant.log"
        return (self.directory / "out").read_text() + (kept.read_text() if kept.exists() else "")

    _following = False

    # -- its user ------------------------------------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        """What is there; None: nothing, or nobody yet."""
        try:
            return self._asked(path)
        except OSError:
            return None

    def post(self, path: str, body: Any, *, form: bool = False) -> Any:
        """Its answer. Raises OSError."""
        return self._asked(path, urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode(), form)

    def read(self, path: str) -> bytes:
        """A file of its. Raises OSError."""
        request = urllib.request.Request(self._page + path, headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: bytes = answer.read()
        return found

    def delete(self, path: str) -> Any:
        """Its answer. Raises OSError."""
        return self._asked(path, method="DELETE")

    def _asked(self, path: str, body: bytes | None = None, form: bool = False, method: str | None = None) -> Any:
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            request = urllib.request.Request(self._page + path, body, headers, method=method)
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise OSError(f"{path}: {error.code} {error.read()[:300]!r}") from error
        return json.loads(text) if text else None

    def _onboard(self) -> None:
        client = f"{self._page}/"
        user = {"name": "Test", "username": "test", "password": "test-test", "client_id": client, "language": "en"}
        code = self.post("/api/onboarding/users", user)["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client}
        self._token = self.post("/auth/token", form, form=True)["access_token"]
        self.post("/api/onboarding/core_config", {})
        self.post("/api/onboarding/analytics", {})
        self.post("/api/onboarding/integration", {"client_id": client, "redirect_uri": client})

    def add(self, broker: Mosquitto, **more: str) -> None:
        """Add the broker, as its page does: what the form asks for depends on the version. more: name and password."""
        flow = self.flow("mqtt")
        asked = {field["name"] for field in flow["data_schema"]}
        given: dict[str, Any] = {"broker": broker.address, "port": broker.port, **more}
        if "protocol" in asked:
            given["protocol"] = "5"
        if "other_settings" in asked:
            given["other_settings"] = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
        added = self.fill(flow, **given)
        assert added["type"] == "create_entry", added

    def ask(self, kind: str, **more: Any) -> Any:
        """The answer to a command over a WebSocket."""
        with self._connected() as socket:
            socket.send(json.dumps({"id": 1, "type": kind, **more}))
            return json.loads(socket.recv(60)).get("result")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        with connect(f"ws://{self.address}:{self.port}/api/websocket", max_size=None) as socket:
            socket.recv(60)
            socket.send(json.dumps({"type": "auth", "access_token": self._token}))
            assert json.loads(socket.recv(60))["type"] == "auth_ok"
            yield socket

    def _follow(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None:
            try:
                with self._connected() as socket:
                    socket.send(json.dumps({"id": 1, "type": "subscribe_events", "event_type": "state_changed"}))
                    for text in socket:
                        self._following = True
                        said = json.loads(text)
                        if said["type"] == "event" and said["event"]["data"]["new_state"]:
                            self.changes.append(said["event"]["data"]["new_state"])
            except (OSError, WebSocketException, TimeoutError, AssertionError):
                pass

    def entities(self, device: str, platform: str = "mqtt") -> dict[str, str]:
        """The ids of the entities of a station, by the end of their unique ids."""
        rows = [row["entity_id"] for row in self.ask("config/entity_registry/list") if row["platform"] == platform]
        whole = [self.ask("config/entity_registry/get", entity_id=row) for row in rows]
        begin = f"intercomd_{device}_"
        return {row["unique_id"].removeprefix(begin): row["entity_id"] for row in whole if row and "unique_id" in row}

    def state(self, entity: str) -> str:
        """The state of an entity, "" if there is none."""
        return str((self.get(f"/api/states/{entity}") or {}).get("state", ""))

    def act(self, service: str, entity: str) -> None:
        """Call a service, as lock.unlock."""
        self.post(f"/api/services/{service.replace('.', '/')}", {"entity_id": entity})

    def warnings(self, about: str = "mqtt") -> list[str]:
        """What its log has about MQTT, or something else, that is a warning or worse."""
        wrong = ("WARNING", "ERROR")
        return [line for line in self.log.splitlines() if about in line.lower() and any(each in line for each in wrong)]

    def flow(self, handler: str, **more: Any) -> Any:
        """Begin a config flow, as its page does: its first form."""
        return self.post(
            "/api/config/config_entries/flow", {"handler": handler, "show_advanced_options": False, **more}
        )

    def fill(self, flow: Any, **given: Any) -> Any:
        """Send a form of a config flow: what comes next."""
        return self.post(f"/api/config/config_entries/flow/{flow['flow_id']}", given)
