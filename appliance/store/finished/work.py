"""Goes through the finished recordings, one at a time, and does what the configuration wants done with them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from appliance.base.errors import IntercomError, reason, sentences
from appliance.core.inputs import Input, PartFailed, PartRecovered
from appliance.store.finished.opus import Opus
from appliance.store.recordings import Recordings

log = logging.getLogger(__name__)

PART = "recordings"
_RETRY_S = 600.0


class Work:
    """Begins at `look`, goes on until nothing is left to do, and waits. wanted: whether recordings become Opus files.

    A failure is reported once for each reason, and tried again after ten minutes, or when something else is to do; what
    has failed before comes last. For asyncio's thread.
    """

    def __init__(
        self,
        recordings: Recordings,
        opus: Opus,
        wanted: Callable[[], bool],
        post: Callable[[Input], None],
        clock: Callable[[], float],
    ) -> None:
        self._recordings, self._opus, self._wanted, self._post, self._clock = recordings, opus, wanted, post, clock
        self._failures: Counter[str] = Counter()
        self._failing = False
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="finished recordings")

    def look(self) -> None:
        """Something may be to do."""
        self._wake.set()

    async def stop(self) -> None:
        """End; what is unfinished begins again at the next start."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            done = await self._pass()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), None if done else _RETRY_S)

    async def _pass(self) -> bool:
        """Convert what is left, oldest first; False if something failed."""
        name = ""
        try:
            names = await asyncio.to_thread(self._recordings.in_wav) if self._wanted() else ()
            for name in sorted(names, key=lambda each: (self._failures[each], each)):
                if self._wanted():
                    await self._opus.convert(name)
                    del self._failures[name]
                    self._recordings.tidy()
        except (IntercomError, OSError) as error:
            self._failures[name] += 1
            self._report(name, error)
            return False
        if self._failing:
            self._failing = False
            self._post(PartRecovered(at=self._clock(), part=PART))
        return True

    def _report(self, name: str, error: IntercomError | OSError) -> None:
        """Without the recording's id, which the log has: one reason for several recordings is one event."""
        why, resolution = reason(error), "Check the disc or SD card."
        if isinstance(error, IntercomError):
            why, resolution = sentences(error.message, error.cause), error.resolution
        log.warning("%s: %s", name, why)
        self._failing = True
        self._post(PartFailed(at=self._clock(), part=PART, why=why, resolution=resolution))
