"""The panel's claims on lines: each line is claimed as soon as it is available, and faults are reported once."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from appliance.base import times
from appliance.base.errors import IntercomError, reason
from appliance.core.inputs import Input, PartFailed, PartRecovered
from appliance.panel.gpio.factory import Factory, line_errors

TOGETHER_S = 0.1
PART = "panel"
USUAL_REMEDY = (
    "Check which program uses the line (gpioinfo) and which pin the settings name; the service tries again by itself"
)


class Claims:
    """All claims of a panel share one instance, so the panel has failed until its last line works. Asyncio thread."""

    def __init__(self, factory: Factory, post: Callable[[Input], None]) -> None:
        self.factory = factory
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._failed: dict[str, tuple[str, str]] = {}  # line: cause, remedy
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._reported: dict[str, tuple[str, str]] = {}  # as last posted
        self._reporting: asyncio.Handle | None = None

    def take(
        self, line: str, make: Callable[[], None], delay: float | None = None, *, longest: float | None = None
    ) -> None:
        """Call `make`; while it fails, repeat with a delay that grows up to `longest`.

        `line` describes the line for people, pin included.
        """
        try:
            make()
        except line_errors() as error:
            self.lost(line, make, error, delay, longest=longest)
        else:
            self._failed.pop(line, None)
            self._retries.pop(line, None)
            if self._reported:
                self._report_soon()

    def lost(
        self,
        line: str,
        make: Callable[[], None],
        why: Exception,
        delay: float | None = None,
        *,
        longest: float | None = None,
    ) -> None:
        """Report that a line failed, and call `make` after `delay` seconds."""
        first, last = times.current.line_again_s
        delay, longest = first if delay is None else delay, last if longest is None else longest
        if isinstance(why, IntercomError):
            self._failed[line] = why.cause, why.resolution
        else:
            self._failed[line] = " ".join(reason(why).split()) or type(why).__name__, USUAL_REMEDY
        again = partial(self.take, line, make, min(longest, 2 * delay), longest=longest)
        self._retries[line] = self._loop.call_later(delay, again)
        self._report_soon()

    def close(self) -> None:
        """Stop all retries."""
        for retry in self._retries.values():
            retry.cancel()
        if self._reporting:
            self._reporting.cancel()

    def _report_soon(self) -> None:
        # One report for everything that happens together: a removed chip takes its lines along one by one.
        self._reporting = self._reporting or self._loop.call_later(TOGETHER_S, self._report)

    def _report(self) -> None:
        self._reporting = None
        now = time.monotonic()
        if self._failed and self._failed != self._reported:
            why = "; ".join(f"{line}: {cause}" for line, (cause, _) in self._failed.items())
            resolution = "; ".join(dict.fromkeys(remedy for _, remedy in self._failed.values()))
            self._post(PartFailed(at=now, part=PART, why=why, resolution=resolution))
        elif self._reported and not self._failed:
            self._post(PartRecovered(at=now, part=PART))
        self._reported = dict(self._failed)
