"""Runs a job, such as conversion or copying, on the finished recordings, one at a time."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from appliance.base import times
from appliance.base.errors import IntercomError, reason, sentences
from appliance.core.inputs import Input, PartFailed, PartRecovered
from appliance.core.model import RecordingId

log = logging.getLogger(__name__)


class Job(Protocol):
    """A job for each finished recording. part: its name in faults. longest_retry_s: longest pause between two tries."""

    part: str
    longest_retry_s: float

    def may_begin(self) -> bool:
        """Whether the station has time for it now."""

    def pending(self) -> Sequence[RecordingId]:
        """Return the recordings that the job must still process; reads the disc. Raises IntercomError and OSError."""

    async def perform(self, recording: RecordingId) -> None:
        """Process one recording. Raises IntercomError and OSError."""


class Work:
    """Begins at `look`, goes on until nothing is left to do, and waits. wanted: whether the job is to be done now.

    It looks every ten minutes too, as the disc may have been away. A failure is reported once for each reason. What
    failed comes last, and is tried again after ten minutes, then after twice as long each time, up to the job's longest
    time. For asyncio's thread.
    """

    def __init__(
        self, job: Job, wanted: Callable[[], bool], post: Callable[[Input], None], clock: Callable[[], float]
    ) -> None:
        self._job, self._wanted, self._post, self._clock = job, wanted, post, clock
        self._failures: dict[str, tuple[float, float]] = {}  # how long each waits since it failed, and until when
        self.failing = False
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"finished recordings: {job.part}")

    def look(self) -> None:
        """Something may be to do."""
        self._wake.set()

    async def stop(self) -> None:
        """End the work; an unfinished recording is processed again after the next start.

        The kernel cannot end a program yet whose disc does not answer: the end of the service does not wait for it.
        """
        self._task.cancel()
        await asyncio.wait([self._task], timeout=times.current.finished_ends_s)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            await self._pass()
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._wake.wait(),
                    times.current.finished_again_s if self._job.may_begin() else times.current.finished_busy_again_s,
                )

    async def _pass(self) -> None:
        """Process the pending recordings that are due, oldest first, until one fails."""
        name = ""
        try:
            names = await asyncio.to_thread(self._job.pending) if self._wanted() else ()
            self._failures = {each: self._failures[each] for each in names if each in self._failures}
            due = [each for each in names if self._failed(each)[1] <= self._clock()]
            for name in sorted(due, key=lambda each: (self._failed(each)[0], each)):
                if self._wanted() and self._job.may_begin():
                    await self._job.perform(name)
                    self._failures.pop(name, None)
        except (IntercomError, OSError) as error:
            self._postpone(name)
            self._report(name, error)
            return
        if self.failing and not self._failures:
            self.failing = False
            self._post(PartRecovered(at=self._clock(), part=self._job.part))

    def _failed(self, name: str) -> tuple[float, float]:
        return self._failures.get(name, (0.0, -math.inf))

    def _postpone(self, name: str) -> None:
        wait_s = min(2 * self._failed(name)[0] or times.current.finished_again_s, self._job.longest_retry_s)
        self._failures[name] = wait_s, self._clock() + wait_s

    def _report(self, name: str, error: IntercomError | OSError) -> None:
        """Without the recording's id, which the log has: one reason for several recordings is one event."""
        why, resolution = reason(error), "Check the disc or SD card."
        if isinstance(error, IntercomError):
            why, resolution = sentences(error.message, error.cause), error.resolution
        log.warning("%s: %s", name, why)
        self.failing = True
        self._post(PartFailed(at=self._clock(), part=self._job.part, why=why, resolution=resolution))
