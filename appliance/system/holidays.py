"""Has the public holidays of the configured country computed: late, and in a process of its own that ends."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import appliance
from appliance.base import times
from appliance.base.errors import reason
from appliance.core import inputs
from appliance.core.model import Holidays

PART = "holidays"
COMMAND = (sys.executable, "-m", "appliance.system.public_holidays")


class PublicHolidays:
    """Posts `HolidaysRead` for this year and its neighbours: at the start, after a reload, and in another year.

    That comes also when the clock is set: a board without a battery for its clock starts in the past. wanted: the
    country and its region, "" for none.
    """

    def __init__(
        self, wanted: Callable[[], tuple[str, str]], post: Callable[[inputs.Input], None], reloaded: asyncio.Event
    ) -> None:
        self._wanted, self._post, self._reloaded = wanted, post, reloaded

    async def serve(self) -> None:
        """Keep the holidays known, until this is cancelled."""
        failed, tried, again_at = False, None, 0.0
        while True:
            self._reloaded.clear()
            wanted = (*self._wanted(), datetime.now(UTC).year)
            if wanted != tried or (failed and time.monotonic() >= again_at):
                failed = await self._attempt(wanted, failed=failed)
                tried, again_at = wanted, time.monotonic() + times.current.holidays_again_s
            try:
                await asyncio.wait_for(self._reloaded.wait(), times.current.year_again_s)
            except TimeoutError:
                continue
            again_at = 0.0

    async def _attempt(self, wanted: tuple[str, str, int], *, failed: bool) -> bool:
        """Read them; whether that failed."""
        country, region, year = wanted
        years = (year - 1, year, year + 1)
        told = await _computed(country, region, years) if country else {"dates": []}
        dates = told.get("dates")
        now = time.monotonic()
        if dates is None:
            self._post(inputs.HolidaysRead(at=now, holidays=Holidays()))
            self._post(inputs.PartFailed(at=now, part=PART, why=str(told["why"]), resolution=str(told["resolution"])))
            return True
        self._post(inputs.HolidaysRead(at=now, holidays=Holidays(years if country else (), tuple(dates))))
        if failed:
            self._post(inputs.PartRecovered(at=now, part=PART))
        return False


async def _computed(country: str, region: str, years: tuple[int, ...]) -> dict[str, Any]:
    """What the program says; `why` and `resolution` if it says nothing in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *(country, region, *map(str, years)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=appliance.environment(),
        )
    except OSError as error:
        return {"why": f"The program for holidays cannot be started: {reason(error)}.", "resolution": "Free memory."}
    try:
        said, _ = await asyncio.wait_for(process.communicate(), times.current.holidays_known_s)
        told: dict[str, Any] = json.loads(said)
    except TimeoutError:
        return {"why": "The program for holidays took too long.", "resolution": "List the days as holidays.dates."}
    except ValueError:
        why = f"The program for holidays ended with status {process.returncode}."
        return {"why": why, "resolution": "Look into the log, or list the days as holidays.dates."}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told
