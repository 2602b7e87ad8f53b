"""Runs the process that sends events out by MQTT and webhooks: starts it again when it ends, and reports its faults."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

import appliance
from appliance.app.paths import Places
from appliance.base import times
from appliance.base.errors import reason
from appliance.config import secrets
from appliance.config.schema import Config
from appliance.core import inputs
from appliance.core.model import CallState
from appliance.outlet import settings

log = logging.getLogger(__name__)

MQTT, WEBHOOK = "mqtt", "webhook"  # parts: one receiver is webhook.NAME
COMMAND = (sys.executable, "-m", "appliance.outlet")


class Outlet:
    """The process. Calls and door do not need it."""

    def __init__(
        self, config: Config, passwords: Mapping[str, str], places: Places, post: Callable[[inputs.Input], None]
    ) -> None:
        self._post = post
        socket = config.http.socket
        self._table, self._password = config.mqtt.model_dump(), passwords.get(secrets.BROKER, "")
        self._asks = any(table.ask for table in config.webhook.values())
        self._part = MQTT if config.mqtt.host else WEBHOOK
        self._more = {
            "socket": socket if isinstance(socket, str) else str(places.runtime / "http.sock"),
            "cursor": str(places.state / "mqtt.cursor"),
            "announced": str(places.state / "mqtt.announced"),
            "language": config.speech.language,
            "version": appliance.__version__,
            "call_states": [*CallState],
            "webhooks": [
                settings.webhook(
                    name,
                    table.model_dump(),
                    passwords.get(f"{secrets.WEBHOOK}{name}", ""),
                    source=config.mqtt.device,
                    cursor=str(places.state / f"webhook.{name}.cursor"),
                    version=appliance.__version__,
                )
                for name, table in config.webhook.items()
            ],
        }
        self._first = b""

    async def serve(self, ready: asyncio.Event) -> None:
        """Run it, from when the daemon listens until this is cancelled."""
        await ready.wait()
        orders = _orders() if self._table["token"] or self._asks else {}
        self._first = settings.line(self._table, self._password, orders=orders, **self._more)
        least, most = times.current.outlet_again_s
        pause_s = least
        while True:
            begun = time.monotonic()
            try:
                status = await self._once()
            except OSError as error:  # no memory, or no descriptors
                why = f"The process that sends events cannot be started: {reason(error)}."
                self._failed(self._part, why, "Free memory.")
            else:
                if status is not None:
                    why = f"The process that sends events ended with status {status}."
                    self._failed(self._part, why, "Look into the log.")
            if time.monotonic() - begun > most:
                pause_s = least
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, most)

    async def _once(self) -> int | None:
        """Run the process until its end. Returns its status, or None if its last line gave the cause."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=appliance.environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        failing = False
        try:
            process.stdin.write(self._first)
            async for line in process.stdout:
                failing = self._heard(line)
            return None if failing else await process.wait()
        finally:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), times.current.outlet_ends_s)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    def _heard(self, line: bytes) -> bool:
        """Report a line of the process. Returns whether the line is a fault."""
        try:
            said: dict[str, Any] = json.loads(line)
            if "order" in said:
                self._post(msgspec.convert({"at": time.monotonic(), **said}, inputs.OrderRefused))
                return False
            if "notice" in said:
                self._post(msgspec.convert({"at": time.monotonic(), **said["notice"]}, inputs.Notified))
                return False
            part, why, resolution = str(said.get("part", MQTT)), str(said["why"]), str(said["resolution"])
        except (ValueError, KeyError, TypeError):
            log.warning("the process that sends events said what is not understood")
            return False
        if why:
            self._failed(part, why, resolution)
        else:
            self._post(inputs.PartRecovered(at=time.monotonic(), part=part))
        return bool(why) and part == self._part

    def _failed(self, part: str, why: str, resolution: str) -> None:
        self._post(inputs.PartFailed(at=time.monotonic(), part=part, why=why, resolution=resolution))


def _orders() -> dict[str, tuple[str, str]]:
    """Method and path of each order that a broker may bring."""
    from appliance.orders.subjects import HTTP_ONLY  # noqa: PLC0415  late: HTTP has loaded them
    from appliance.orders.table import ORDERS  # noqa: PLC0415

    return {each.name: (each.method, each.path) for each in ORDERS if each.of not in HTTP_ONLY}
