"""A sound card of software: a PulseAudio of the tests' own, which ALSA's plug-in plays to."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.stations import RATE
from tests.support.waiting import until, until_async

FOUND_BY = "PULSE_SERVER", "PULSE_RUNTIME_PATH"
ASKED_S = 0.2  # each question to a server is a program that starts


class SoundServer:
    """PulseAudio with one null sink, which ALSA's pulse plugin plays to: a real PCM, paced in real time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes]
        self.socket = directory / "native"
        self.environment = {
            **os.environ,
            "HOME": str(directory),
            "PULSE_RUNTIME_PATH": str(directory),
            "PULSE_SERVER": f"unix:{self.socket}",
        }

    def start(self) -> None:
        modules = f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}", "module-null-sink rate=48000"
        argv = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        argv += [argument for module in modules for argument in ("-L", module)]
        log = (self.directory / "log").open("ab")
        self.process = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log)
        log.close()
        until(self._answers, "the sound server", log=(self.directory / "log").read_text, slowest=ASKED_S)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.directory / "log").read_text()
        return "null" in self.ask("list", "short", "sinks")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def ask(self, *argv: str) -> str:
        done = subprocess.run(["pactl", *argv], env=self.environment, capture_output=True, text=True, timeout=120)
        return done.stdout.strip()

    def hear(self, hertz: int) -> None:
        """Give the microphone a steady tone, from the source street.monitor. It does not hear the speaker."""
        self.ask("load-module", "module-null-sink", "sink_name=street", "rate=48000")
        self.ask("load-module", "module-sine", "sink=street", f"frequency={hertz}")
        self.ask("set-default-source", "street.monitor")
        self.ask("set-default-sink", "null")

    def open_streams(self) -> tuple[int, ...]:
        """How many play and how many record."""
        return tuple(len(self.ask("list", "short", kind).splitlines()) for kind in ("sink-inputs", "source-outputs"))

    async def until_open(self, *streams: int) -> None:
        async def as_many() -> bool:
            return await asyncio.to_thread(self.open_streams) == streams

        await until_async(as_many, f"{streams} streams", log=self.open_streams, slowest=ASKED_S)

    def listen(self, path: Path) -> subprocess.Popen[bytes]:
        """Write what the speaker plays into a file, as samples without a header."""
        argv = ["parec", "-d", "null.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=50"]
        with path.open("wb") as file:
            return subprocess.Popen(argv, env=self.environment, stdout=file)


Kind = TypeVar("Kind", bound=SoundServer)


@contextmanager
def running(kind: type[Kind]) -> Iterator[Kind]:
    """A sound server for those that are given its environment."""
    with tempfile.TemporaryDirectory(prefix="pulse-") as directory:  # a socket's path is short
        made = kind(Path(directory))
        try:
            made.start()
            yield made
        finally:
            made.kill()


@contextmanager
def serving(kind: type[Kind], monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    """A sound server that ALSA's plug-in finds, in this process and in those that it starts."""
    with running(kind) as made:
        for name in FOUND_BY:
            monkeypatch.setenv(name, made.environment[name])
        yield made
