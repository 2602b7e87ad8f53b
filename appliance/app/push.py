"""Notifies browsers of a visitor's ring: a process for each ring sends, and what it says of each device is noted."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

import appliance
from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.base.rate import Rate
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core import inputs
from appliance.core.model import RingResult
from appliance.push import settings
from appliance.push.settings import Device, Fault, News, Outcome
from appliance.store.lists.subscriptions import Subscriptions

log = logging.getLogger(__name__)

PART = "push"
COMMAND = (sys.executable, "-m", "appliance.push")
CONTACT = "mailto:nobody@example.org"  # push services want one; a reserved name (RFC 2606)
AT_ONCE, PER_S = 20, 0.2  # rings: who presses again and again sends no more


class Pushes:
    """The processes, one for each ring that goes on. Calls and door do not need them."""

    def __init__(
        self, config: Callable[[], Config], known: Subscriptions, post: Callable[[inputs.Input], None]
    ) -> None:
        self._config, self._known, self._post = config, known, post
        self._rate = Rate(AT_ONCE, 1 / PER_S)
        self._rings: dict[str, asyncio.Future[News]] = {}  # each waits for its end
        self._tasks: set[asyncio.Task[None]] = set()
        self._failing = False
        known.emptied = self._recovered

    def take(self, envelope: Json) -> None:
        """Follow a ring by its events; never waits."""
        data = envelope["data"]
        ring: str = data["ring"]
        if envelope["type"] == "ring.started":
            self._begin(News(settings.RING, ring, time.time(), data.get("button_name", "")))
        elif (ends := self._rings.pop(ring, None)) is not None and not ends.done():
            result = RingResult(data["result"])
            who = data["by"].rpartition(":")[2] or data.get("target_name") or data["target"]
            ends.set_result(News(result.value, ring, time.time(), data.get("button_name", ""), who))

    async def stop(self) -> None:
        """End the processes."""
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, news: News) -> None:
        devices = tuple(
            Device(each.id, each.endpoint, each.p256dh, each.auth, each.language) for each in self._known.known()
        )
        if not devices:
            self._recovered()
            return
        if not self._rate.allows(time.monotonic()):
            log.warning("nobody is notified of ring %s: there are too many", news.ring)
            return
        ends = self._rings[news.ring] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._send(devices, news, ends), name=f"push {news.ring}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, devices: tuple[Device, ...], news: News, ends: asyncio.Future[News]) -> None:
        try:
            key = await asyncio.to_thread(self._known.private_key)
            status = await self._run(settings.first(key, self._contact(), self._station(), devices, news), ends)
        except OSError as error:  # no memory, no descriptors, or no key
            self._failed(f"No notification can be sent: {reason(error)}.", "Free memory, and check the disc.")
        else:
            if status is not None:
                self._failed(f"The process for notifications ended with status {status}.", "Look into the log.")
        finally:
            self._rings.pop(news.ring, None)

    async def _run(self, first: bytes, ends: asyncio.Future[News]) -> int | None:
        """Run the process until the ring has ended and all is sent; its status if that is a fault nobody has named."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=appliance.environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        reading = asyncio.create_task(self._read(process.stdout))
        try:
            process.stdin.write(first)
            waited: list[asyncio.Future[Any]] = [ends, reading]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if ends.done():
                process.stdin.write(settings.line(ends.result()))
            with suppress(OSError):
                process.stdin.write_eof()
            async with asyncio.timeout(2 * times.current.push_ends_s):
                named = await reading
                status = await process.wait()
        except TimeoutError:
            return None  # each device's problem is its own, and the next ring has a process of its own
        else:
            return status if status and not named else None
        finally:
            reading.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self, lines: asyncio.StreamReader) -> bool:
        """Note what the process says, until its end; whether it has named a fault."""
        named = False
        async for text in lines:
            try:
                heard = settings.heard(text)
            except (msgspec.DecodeError, ValueError):
                log.warning("the process for notifications said what is not understood")
                continue
            if isinstance(heard, Fault):
                named = True
                self._failed(heard.why, heard.resolution)
            else:
                await self._note(heard)
        return named

    async def _note(self, outcome: Outcome) -> None:
        if outcome.gone:
            log.info("device %s is removed: %s", outcome.device, outcome.problem)
            try:
                await asyncio.to_thread(self._known.drop, outcome.device)
            except IntercomError as error:
                log.warning("%s", error)
            return
        if outcome.problem:
            log.warning("device %s was not notified: %s", outcome.device, outcome.problem)
        self._known.note(outcome.device, outcome.problem)
        if not outcome.problem:
            self._recovered()

    def _contact(self) -> str:
        return self._config().http.push_contact or CONTACT

    def _station(self) -> str:
        return self._config().station.name

    def _failed(self, why: str, resolution: str) -> None:
        self._failing = True
        self._post(inputs.PartFailed(at=time.monotonic(), part=PART, why=why, resolution=resolution))

    def _recovered(self) -> None:
        """A message was sent, or nobody is left who misses any."""
        if self._failing:
            self._failing = False
            self._post(inputs.PartRecovered(at=time.monotonic(), part=PART))
