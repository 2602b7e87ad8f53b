"""The persistent state, in a small separate file: written durably, and read before the first input.

Not in the database: a damaged database is set aside and a new one begun, and that must not end a lockdown.
"""

import asyncio
import json
import logging
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import MsgspecError, convert, to_builtins

from appliance.base import durable, times
from appliance.base.errors import reason
from appliance.base.types import Json
from appliance.core.inputs import Input, KeptFailed, KeptWritten
from appliance.core.model import PersistentState
from appliance.store import database

log = logging.getLogger(__name__)

FILE = "kept.json"
FORMAT = 1
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Keeper:
    """Writes the desired persistent state to disc, and confirms it; retries while the disc fails. Lives on the loop."""

    def __init__(self, directory: Path, post: Callable[[Input], None]) -> None:
        self._directory, self._post = directory, post
        self._wanted = self._there = PersistentState()
        self._news = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def read(self) -> tuple[PersistentState, str]:
        """The stored state, and why it cannot be read; call it in a thread, before anything else."""
        try:
            found = parsed((self._directory / FILE).read_bytes(), boot_id(), time.monotonic())
        except FileNotFoundError:  # the first start
            return PersistentState(), ""
        except (OSError, MsgspecError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s cannot be read: %r", FILE, error)
            return PersistentState(), f"{self._directory / FILE}: {reason(error)}."
        self._wanted = self._there = found
        return found, ""

    def desire(self, wanted: PersistentState) -> None:
        """Write this state to disc; KeptWritten or KeptFailed follows."""
        self._wanted = wanted
        self._news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep(), name="kept")

    async def stop(self) -> None:
        """Return when the desired state is written, or was tried once more."""
        self._closing = True
        self._news.set()
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._task, times.current.state_written_s)

    async def _keep(self) -> None:
        first, longest = times.current.state_again_s
        delay = first
        while self._there != self._wanted:
            self._news.clear()
            last, wanted = self._closing, self._wanted
            try:
                await asyncio.to_thread(write, self._directory, wanted)
            except OSError as error:
                why, resolution = database.explain(error, self._directory)
                self._post(KeptFailed(at=time.monotonic(), why=why, resolution=resolution))
                if last:
                    log.warning("the state could not be saved before the end: %s", why)
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), delay)
                delay = min(2 * delay, longest)
                continue
            self._there, delay = wanted, first
            self._post(KeptWritten(at=time.monotonic(), kept=wanted))


def boot_id() -> str:
    """The id of this boot of the machine; times of CLOCK_MONOTONIC mean nothing in another (proc(5))."""
    return BOOT_ID.read_text().strip()


def write(directory: Path, kept: PersistentState) -> None:
    """Replace the file so that a power cut leaves the old one or the new one, and return when it is on disc.

    Raises OSError.
    """
    body = json.dumps({"boot": boot_id(), "at": time.monotonic(), "kept": to_builtins(kept)})
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, "crc32": zlib.crc32(body.encode()), "body": body})
    durable.replace(directory / FILE, text, mode=0o666)


def parsed(content: bytes, boot: str, now: float) -> PersistentState:
    """Parse a file, and convert its times to CLOCK_MONOTONIC of this boot.

    Raises MsgspecError, ValueError, KeyError or TypeError. After the machine was switched off, the remaining part of
    each time starts again: no clock can be trusted to know how long it was off.
    """
    outer = json.loads(content)
    body = convert(outer["body"], str)
    if outer["format"] != FORMAT or outer["crc32"] != zlib.crc32(body.encode()):
        raise ValueError("it is damaged or was written by another version")
    found = json.loads(body)
    kept = convert(_with_levels_by_side(found["kept"]), PersistentState)
    return kept if found["boot"] == boot else kept.later(now - convert(found["at"], float))


def _with_levels_by_side(kept: Json) -> Json:
    """The state with the levels of the speaker and the microphone apart; earlier versions wrote them side by side."""
    for settings in filter(None, (kept.get("changed"), kept.get("configured"))):
        old = settings.get("levels", {})
        if "change" in old:
            settings["levels"] = {
                side: {"percent": old.get(percent), "muted": old.get(f"{side}_muted"), "change": old["change"]}
                for side, percent in (("speaker", "volume"), ("microphone", "gain"))
            }
    return kept
