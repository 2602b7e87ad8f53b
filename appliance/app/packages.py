"""Reports packages that an upgrade left half installed, until they are whole."""

import asyncio
import logging
import time
from collections.abc import Callable

from appliance.base import times
from appliance.base.errors import sentences
from appliance.core import inputs
from appliance.system import packages

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
