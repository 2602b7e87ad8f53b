"""Reports packages that an upgrade left half installed, until they are whole, and then newer ones that apt offers."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from appliance.base import idle_programs, times
from appliance.base.errors import sentences
from appliance.core import inputs
from appliance.system import packages
from appliance.upkeep import offered

# What changes with an answer of apt: its lists, its sources and preferences, and what is installed.
MARKS = (
    *map(Path, ("/var/lib/apt/lists", "/var/lib/dpkg/status")),
    *map(Path("/etc/apt").joinpath, ("sources.list", "sources.list.d", "preferences", "preferences.d")),
)
_FILE_BYTES = 64 * 1024**2  # of the file without a name into which apt puts the signed part of an InRelease
_CPU_LIMIT = 60  # seconds of apt, which reads all its lists; far more than a slow board needs
log = logging.getLogger(__name__)


async def watch(post: Callable[[inputs.Input], None]) -> None:
    """Look once nothing installs packages any more: the daemon starts before the upgrade that started it has ended."""
    failed = False
    while True:
        if not await asyncio.to_thread(packages.installing):
            error = await asyncio.to_thread(packages.half_installed)
            if error is None:
                break
            why = sentences(error.message, error.cause)
            if not failed:
                log.warning("%s. %s", why, error.resolution)
            post(inputs.PartFailed(at=time.monotonic(), part="packages", why=why, resolution=error.resolution))
            failed = True
        await asyncio.sleep(times.current.packages_again_s)
    if failed:
        post(inputs.PartRecovered(at=time.monotonic(), part="packages"))


async def offers(
    post: Callable[[inputs.Input], None], marks: Sequence[Path] = MARKS, apt: Mapping[str, str] = offered.ENGLISH
) -> None:
    """Report each newer version that apt offers, until this is cancelled. Asks apt alone, when its files are others.

    apt: the environment of its program.
    """
    told, read = "", None
    while True:
        found = await asyncio.to_thread(_changes, marks)
        if found != read and (version := await _offered(apt)) is not None:
            read = found
            if version != told:
                post(inputs.UpdateOffered(at=time.monotonic(), version=version))
                told = version
        await asyncio.sleep(times.current.offers_again_s)


def _changes(marks: Sequence[Path]) -> dict[Path, int]:
    """When each of these, and each file in those that are directories, was changed, in nanoseconds. Blocks.

    A directory itself stays as it is when a file in it is written in place.
    """
    changed = {}
    for mark in marks:
        for file in (mark, *mark.glob("*")):
            with suppress(OSError):  # it is not there, or goes meanwhile, or is a link that leads nowhere
                changed[file] = file.stat().st_mtime_ns
    return changed


async def _offered(apt: Mapping[str, str]) -> str | None:
    """The newer version of the program's package, "" for none; None if apt does not say."""
    try:
        status, said, errors = await asyncio.wait_for(
            idle_programs.run(*offered.QUESTION, cpu_s=_CPU_LIMIT, file_bytes=_FILE_BYTES, environment=dict(apt)),
            times.current.offers_read_s,
        )
    except (OSError, TimeoutError):
        return None
    if status:
        log.info("apt does not say what it offers: %s", errors.strip() or f"status {status}")
        return None
    found = offered.read(said.decode(errors="replace")).get(packages.PROGRAM)
    return found.offered if found is not None else ""
