"""Stations as processes: real daemons with a simulated panel, which end with the process that started them."""

import asyncio
import contextlib
import http.client
import json
import random
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import unix_connect
from websockets.exceptions import WebSocketException

import appliance
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.toml import dump
from appliance.base.types import Json
from appliance.base.unixhttp import UnixConnection
from appliance.demo.sip_trace import Trace
from appliance.simulator import panel

CODE = Path(__file__).resolve().parents[2]
SIP_PORTS = range(10000, 20000)  # outside the range that the kernel gives to other programs (32768 to 60999)
HTTP, PANEL = "http.sock", "panel.sock"
LOOK_S = 0.01  # how often `until` looks: files and processes do not report their changes
STOP_WITHIN_S = 60.0
ANSWER_WITHIN_S = 60.0
Found = TypeVar("Found")


class DemoStation:
    """One station: its directory holds configuration, state, log and SIP trace.

    started_by: the command that becomes the daemon.
    events: all envelopes of `/v1/events` so far, also over restarts. lamps: each level of a lamp's line that was seen.
    """

    def __init__(self, directory: Path, config: Json) -> None:
        self.directory, self.config = directory, config
        self.name: str = config["station"]["name"]
        self.log = directory / "daemon.log"
        self.started_by: tuple[str, ...] = ("setpriv", "--pdeathsig", "TERM")
        self.trace = Trace(directory / "sip.trace")
        self.events: list[Json] = []
        self.lamps: list[Json] = []
        self._process: Process | None = None
        self._following: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._process
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """The daemon's exit status, negative for a signal; None while it runs."""
        return self._process.returncode if self._process else None

    @property
    def page(self) -> str:
        """The page's address with its token, which authorises orders; "" or OSError before HTTP listens."""
        token = (self.directory / "http.token").read_text().strip()
        address = (self.directory / "http.address").read_text().strip()
        return f"{address}#token={token}" if address else ""

    async def lasts(self) -> int:
        """Wait for the daemon's end; its exit status, negative for a signal."""
        assert self._process
        return await self._process.wait()

    async def start(self) -> None:
        """Start the daemon and follow its events and lamps. On the main thread: the daemon ends with it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = self.directory / "station.toml"
        config.write_text(dump(self.config))
        environment = appliance.environment()
        environment.pop("RUNTIME_DIRECTORY", None)  # it would move the sockets
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.started_by,
                *(sys.executable, "-m", "appliance", "--demo"),
                *("--config", str(config), "--state", str(self.directory)),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is only for us, who end it properly
            )
        self._following = [asyncio.create_task(self._follow_events()), asyncio.create_task(self._follow_lamps())]

    async def stop(self) -> None:
        """End the daemon, by force if necessary, and leave no socket behind."""
        await self._end(Process.terminate)
        for name in (HTTP, PANEL):
            (self.directory / name).unlink(missing_ok=True)

    async def kill(self) -> None:
        """End the daemon as a power cut would."""
        await self._end(Process.kill)

    async def _end(self, how: Callable[[Process], None]) -> None:
        process = self._process
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                how(process)
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        self._following = []

    async def press(self, button: str, seconds: float = 0.1) -> float:
        """Press a button of the simulated panel and release it; the moment of the press. Raises IntercomError."""
        answer = await panel.ask(self.directory / PANEL, {"press": button, "seconds": seconds})
        return float(answer["at"])

    async def request(self, method: str, path: str, body: Json | None = None) -> tuple[int, Any]:
        """Send a request over the Unix socket: status and JSON, or bytes for other content. Raises OSError."""
        return await asyncio.to_thread(self._request, method, path, body)

    async def get(self, path: str) -> Any:
        """The resource at `path`. Raises IntercomError `unavailable` if it cannot be read."""
        try:
            status, answer = await self.request("GET", path)
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE, f"{self.name} does not answer at {path}.", reason(error)
            ) from error
        if status != http.client.OK:
            raise IntercomError(ErrorCode.UNAVAILABLE, f"{self.name} answers {status} at {path}.", str(answer))
        return answer

    def _request(self, method: str, path: str, body: Json | None) -> tuple[int, Any]:
        connection = UnixConnection(self.directory / HTTP, ANSWER_WITHIN_S)
        with contextlib.closing(connection):
            try:
                content = None if body is None else json.dumps(body)
                connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
                response = connection.getresponse()
                answer = response.read()
            except http.client.HTTPException as error:
                raise ConnectionError(str(error)) from error
        is_json = "json" in (response.getheader("Content-Type") or "")
        return response.status, json.loads(answer) if is_json else answer

    async def _follow_events(self) -> None:
        while True:
            since = self.events[-1]["id"] if self.events else 0
            with contextlib.suppress(OSError, WebSocketException):
                address = f"ws://station/v1/events?since={since}"
                async with unix_connect(str(self.directory / HTTP), address) as connection:
                    async for message in connection:
                        self.events.append(json.loads(message))
            await asyncio.sleep(LOOK_S)  # it is starting or ending

    async def _follow_lamps(self) -> None:
        while True:
            with contextlib.suppress(OSError, IntercomError):
                async for change in panel.watch_lamps(self.directory / PANEL):
                    self.lamps.append(change)
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def running(*stations: DemoStation) -> AsyncIterator[None]:
    """Run the stations, and end them afterwards whatever happens."""
    try:
        for station in stations:
            await station.start()
        yield
    finally:
        await asyncio.gather(*(station.stop() for station in stations))


async def until(condition: Callable[[], Found | None], patience_s: float) -> Found | None:
    """Wait for a result of `condition` that is neither None nor false; None after `patience_s`."""
    end = time.monotonic() + patience_s
    while not (found := condition()):
        if time.monotonic() > end:
            return None
        await asyncio.sleep(LOOK_S)
    return found


def free_sip_port(taken: set[int]) -> int:
    """A free UDP port on loopback that is not in `taken`. Raises IntercomError."""
    for port in random.sample(SIP_PORTS, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in taken:
                return port
    raise IntercomError(ErrorCode.UNAVAILABLE, "No free UDP port was found for SIP.", f"Tried 200 of {SIP_PORTS}.")
