"""The measured programs: the daemon, bare pjsua2 and baresip, each with the same calls and devices.

The microphone is a file of noise; received sound is decoded, and dropped or played on an ALSA PCM. Nothing is
recorded, and there is no echo canceller.
"""

import http.client
import json
import os
import random
import signal
import socket
import sys
import time
import wave
from pathlib import Path
from typing import ClassVar

from appliance.base.types import Json
from appliance.base.unixhttp import UnixConnection
from benchmarks.peer import ADDRESS
from benchmarks.processes import PATIENCE_S, Program, command, tree

NULL = "null"
NOISE_S, NOISE_HZ = 60, 16_000
REST_S = 0.05
PORTS = range(10000, 20000)  # outside the range that the kernel gives to other programs


def noise(path: Path) -> Path:
    """A minute of noise, the same each time; it is harder to encode than silence."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(NOISE_HZ)
        file.writeframes(random.Random(1).randbytes(NOISE_S * NOISE_HZ * 2))  # noqa: S311 - only noise
    return path


class Subject:
    """A measured program in its own directory. `start` first, `stop` at the end. speaker: an ALSA PCM, or NULL."""

    NAME: ClassVar[str]
    program: Program

    def __init__(self, directory: Path, microphone: Path, speaker: str, far_end: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.microphone, self.speaker, self.far_end = directory, microphone, speaker, far_end
        self.uri = ""

    def start(self) -> float:
        """Start it; seconds until calls are possible."""
        raise NotImplementedError

    def settle(self) -> None:
        """Wait for anything that becomes ready later."""

    def rest(self) -> None:
        """Wait until the previous call has ended for it too."""
        time.sleep(REST_S)

    def call(self) -> int:
        """Have it call the far end; returns nanoseconds of CLOCK_REALTIME just before the order."""
        raise NotImplementedError

    def answer(self) -> None:
        """Have it answer the ringing call."""
        raise NotImplementedError

    def processes(self) -> dict[str, int]:
        """Its processes, by their purpose."""
        return {"": self.program.pid}

    def stop(self) -> None:
        """End it."""
        self.program.stop()


class Bare(Subject):
    """pjsua2 with the least Python that makes a phone."""

    NAME = "pjsua2"

    def start(self) -> float:
        """Start it; returns when its event loop begins."""
        words = [sys.executable, "-m", "benchmarks.bare", str(self.microphone), self.speaker]
        self.program = Program(words, self.directory)
        at, line = self.program.line("ready ")
        self.uri = f"sip:bare@{line.split()[1]}"
        return at - self.program.begun

    def call(self) -> int:
        """By its standard input."""
        now = time.time_ns()
        self.program.say(f"call {self.far_end}")
        return now

    def answer(self) -> None:
        """By its standard input."""
        self.program.say("answer")


class Baresip(Subject):
    """Debian's baresip, by its ctrl_tcp: JSON in netstrings."""

    NAME = "baresip"
    CONFIG = """poll_method epoll
sip_listen {address}:{port}
call_local_timeout 120
call_max_calls 8
{player}
audio_source aufile,{microphone}
audio_alert nothing,nil
ausrc_srate {rate}
ausrc_channels 1
net_interface {address}
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
rtp_stats no
module_path {modules}
module g711.so
module opus.so
module aufile.so
module_tmp uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control}
redial_attempts 0
ringback_disabled yes
"""

    def start(self) -> float:
        """Start it; returns when it reports that it is ready."""
        port, control = free_port(), free_port()
        modules = next(Path("/usr/lib").glob("**/baresip/modules"))
        config = self.CONFIG.format(
            address=ADDRESS,
            port=port,
            control=control,
            microphone=self.microphone,
            rate=NOISE_HZ,
            # If any player is listed, the configured one must be listed.
            player="" if self.speaker == NULL else f"module alsa.so\naudio_player alsa,{self.speaker}",
            modules=modules,
        )
        (self.directory / "config").write_text(config)
        account = f"<sip:baresip@{ADDRESS}:{port}>;regint=0;answermode=manual;audio_codecs=opus/48000/2,pcma\n"
        (self.directory / "accounts").write_text(account)
        (self.directory / "contacts").write_text("")
        self.program = Program(["stdbuf", "-oL", "baresip", "-4", "-f", str(self.directory)], self.directory)
        at, _ = self.program.line("baresip is ready")
        self.uri = f"sip:baresip@{ADDRESS}:{port}"
        self._control = socket.create_connection((ADDRESS, control))
        return at - self.program.begun

    def call(self) -> int:
        """By its control port."""
        now = time.time_ns()
        self._say("dial", self.far_end)
        return now

    def answer(self) -> None:
        """By its control port."""
        self._say("accept")

    def stop(self) -> None:
        """End it, and the connection to it."""
        super().stop()
        self._control.close()

    def _say(self, order: str, parameters: str = "") -> None:
        text = json.dumps({"command": order, "params": parameters, "token": "1"}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))


class Daemon(Subject):
    """The daemon, by HTTP on its Unix socket and by its simulated panel."""

    NAME = "intercomd"
    patience_s = PATIENCE_S
    command: tuple[str, ...] = (sys.executable, "-m", "appliance")
    AUDIO = """[audio]
capture = "null"
playback = "{speaker}"
microphone_file = "{microphone}"
"""
    CONFIG = """
[station]
name = "Bench"
user = "bench"
[sip]
address = "{address}"
port = 0
callers = "anyone"
codecs = ["opus", "PCMA"]
{audio}
[http]
port = 0
socket = true
[panel]
lines = "simulated"
[panel.button.ring]
action = "ring"
target = "peer"
[panel.lamp.status]
[door.front]
[target.peer]
uri = "{far_end}"
"""

    def start(self, more: dict[str, str] | None = None) -> float:
        """Start it, with more environment; returns at appliance.ready."""
        path = self.directory / "bench.toml"
        audio = self.AUDIO.format(microphone=self.microphone, speaker=self.speaker)
        path.write_text(self.CONFIG.format(address=ADDRESS, audio=audio, far_end=self.far_end))
        words = [*self.command, "--demo", "--config", str(path), "--state", str(self.directory)]
        self.program = Program(words, self.directory, more, self.patience_s)
        at, line = self.program.line("appliance.ready ")
        self.uri = f"sip:bench@{line.rpartition('address=')[2]}"
        self._http = Local(self.directory / "http.sock", self.patience_s)
        self._panel: socket.socket | None = None
        return at - self.program.begun

    def settle(self) -> None:
        """HTTP is ready last, its Unix socket after its port."""
        self.program.line(f"http {self.directory / 'http.sock'}")

    def rest(self) -> None:
        """It handles one call at a time."""
        until = time.monotonic() + self.patience_s
        super().rest()
        self._http.close()  # it reopens automatically; the daemon may have closed an idle one
        while self._http.ask("GET", "/v1/calls")["calls"]:
            if time.monotonic() > until:
                raise TimeoutError("the daemon keeps a call that is over")
            time.sleep(REST_S)

    def call(self) -> int:
        """By HTTP."""
        now = time.time_ns()
        self._http.ask("POST", "/v1/calls", {"to": self.far_end})
        return now

    def answer(self) -> None:
        """By HTTP."""
        (call,) = self._http.ask("GET", "/v1/calls")["calls"]
        self._http.ask("POST", f"/v1/calls/{call['id']}/answer")

    def ask(self, path: str) -> Json:
        """GET, by its Unix socket."""
        return self._http.ask("GET", path)

    def press(self) -> None:
        """Press the ring button briefly."""
        if self._panel is None:
            self._panel = socket.socket(socket.AF_UNIX)
            self._panel.connect(str(self.directory / "panel.sock"))
        self._panel.sendall(b'{"press": "ring", "seconds": 0.05}\n')

    def pressed(self) -> int:
        """The time of the press's edge, in nanoseconds of CLOCK_MONOTONIC; waits for the release."""
        assert self._panel is not None
        return int(json.loads(self._panel.recv(4096))["at"] * 1e9)

    def events(self) -> list[tuple[socket.socket, str, str]]:
        """A connection of each kind for events, with its Host and token."""
        place, token = self.tcp()
        host, _, port = place.rpartition(":")
        unix = socket.socket(socket.AF_UNIX)
        unix.connect(str(self.directory / "http.sock"))
        return [(unix, "bench", ""), (socket.create_connection((host, int(port))), place, token)]

    def tcp(self) -> tuple[str, str]:
        """HOST:PORT of its TCP listener, and the token."""
        url = (self.directory / "http.address").read_text().strip()
        return url.removeprefix("http://").rstrip("/"), (self.directory / "http.token").read_text().strip()

    def kill_sip(self) -> float:
        """Kill the SIP process; seconds until calls are possible again."""
        killed = time.monotonic()
        os.kill(self.processes()["SIP process"], signal.SIGKILL)
        at, _ = self.program.line("appliance.recovered part=sip", killed)
        return at - killed

    def processes(self) -> dict[str, int]:
        """The daemon, its SIP process and its relay guard."""
        found = {}
        for pid in tree(self.program.pid):
            try:
                line = command(pid)
            except OSError:  # it has ended meanwhile
                continue
            kind = "SIP process" if "appliance.sip" in line else "guard" if "guard" in line else "daemon"
            found[kind] = pid
        return found

    def stop(self) -> None:
        """End it, and the connections to it."""
        self._http.close()
        if self._panel is not None:
            self._panel.close()
        super().stop()


class WholeDaemon(Daemon):
    """The daemon with what a real station has on: recordings, and a card with microphone, so the echo canceller too."""

    AUDIO = """[audio]
capture = "{speaker}"
playback = "{speaker}"
[recording]
enabled = true
"""


class Local(UnixConnection):
    """One connection for all requests."""

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        super().__init__(path, patience_s)

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request and its answer, which must be a success."""
        content = None if body is None else json.dumps(body)
        self.request(method, path, content, {"Content-Type": "application/json"} if content else {})
        response = self.getresponse()
        answer = response.read()
        if response.status >= http.client.BAD_REQUEST:
            raise ConnectionError(f"{method} {path}: {response.status} {answer.decode()}")
        return dict(json.loads(answer))


def free_port() -> int:
    """A port free for UDP and TCP."""
    for port in random.sample(PORTS, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind((ADDRESS, port))
                tcp.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    raise ConnectionError("no free port")


SUBJECTS: tuple[type[Subject], ...] = (Daemon, Bare, Baresip)
