"""The wall clock, for events at a time of day; everything else waits by CLOCK_MONOTONIC.

A board without a battery clock starts years in the past, until the network sets the time. The kernel reports that the
clock was set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). It does not report when the clock becomes synchronised, or
when local time's offset from UTC changes: the station checks both now and then, and at once when somebody names another
time zone.
"""

import asyncio
import ctypes
import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from msgspec.structs import replace

from appliance.base import times
from appliance.base.wall_time import offset_s, synchronised
from appliance.core import model
from appliance.core.inputs import ClockReported, ClockSet, Input
from appliance.system import zone
from appliance.system.folders import FolderWatch

log = logging.getLogger(__name__)

ABSTIME, CANCEL_ON_SET = 1, 2
FAR_S = 365 * 86_400  # the timer's expiry has no meaning; when it has expired, it begins again
FAR_AHEAD_S = 86_400
LEAST_CHANGE_S = 1.0  # smaller ones are corrections
QUARTER_S = 900  # local time changes only at quarters of an hour
SETTLED_S = 0.3  # a package that is installed changes many files


class _Timer(ctypes.Structure):
    """struct itimerspec: an interval, and the moment, each in seconds and nanoseconds."""

    _fields_ = (("interval", ctypes.c_long * 2), ("moment", ctypes.c_long * 2))


class ClockMonitor:
    """Posts ClockReported, and ClockSet, until `stop`; lives on the loop's thread.

    trusted: the clock is right whatever the kernel knows of it, such as one with a battery and no network. zones: other
    time zones whose offsets are reported, too. right_s: a time before this start, since 1970, by which a first time
    that is far ahead shows.
    """

    def __init__(
        self,
        post: Callable[[Input], None],
        *,
        trusted: bool = False,
        synchronised: Callable[[], bool] = synchronised,
        zones: Callable[[], Iterable[str]] = tuple,
        right_s: float = math.inf,
    ) -> None:
        self._post, self._trusted, self._synchronised, self._zones = post, trusted, synchronised, zones
        self._reported: model.Clock | None = None
        self._right = right_s - time.monotonic()  # the offset from CLOCK_MONOTONIC by which it was right last
        self.leapt = -math.inf  # when it was ahead of that by more than a day, by CLOCK_MONOTONIC
        self._look_again: asyncio.TimerHandle | None = None
        self._files = FolderWatch((zone.LINK.parent,), self._soon)
        self.look()
        self._ahead = 0.0  # offset from CLOCK_MONOTONIC
        self._timer = int(_libc().timerfd_create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC))
        if self._timer < 0:
            log.info("changes of the clock cannot be detected: %s", os.strerror(ctypes.get_errno()))
            return
        self._wait()
        asyncio.get_running_loop().add_reader(self._timer, self._fired)

    def stop(self) -> None:
        """Stop posting."""
        self._files.stop()
        if self._look_again is not None:
            self._look_again.cancel()
        if self._timer >= 0:
            asyncio.get_running_loop().remove_reader(self._timer)
            os.close(self._timer)
            self._timer = -1

    def look(self) -> None:
        """Report changes since the last report, and schedule the next check."""
        if self._look_again is not None:
            self._look_again.cancel()
        now, epoch = time.time(), time.time() - time.monotonic()
        trusted = self._trusted or self._synchronised()
        others = tuple(self._offsets(epoch + time.monotonic()))
        seen, known = model.Clock(epoch, zone.offset_s(), trusted, zone.name(), others), self._reported
        if trusted:
            if epoch - self._right > FAR_AHEAD_S:
                self.leapt = time.monotonic()
            self._right = epoch
        if known is None or abs(known.epoch - epoch) >= LEAST_CHANGE_S or replace(known, epoch=epoch) != seen:
            self._reported = seen
            self._post(ClockReported(at=time.monotonic(), clock=seen))
        wait_s = QUARTER_S - now % QUARTER_S if trusted else times.current.clock_again_s
        self._look_again = asyncio.get_running_loop().call_later(wait_s + 0.01, self.look)

    def _soon(self) -> None:
        """Look when a burst of changes has begun to settle: the first of them sets the time."""
        loop, due = asyncio.get_running_loop(), self._look_again
        if due is not None and due.when() > loop.time() + SETTLED_S:
            due.cancel()
            self._look_again = loop.call_later(SETTLED_S, self.look)

    def _offsets(self, now: float) -> Iterator[tuple[str, float]]:
        """The offsets of the other zones, of those that the machine knows."""
        for name in self._zones():
            with suppress(OSError, ValueError):  # no such file, or none of a zone
                yield name, offset_s(datetime.fromtimestamp(now, UTC), name)

    def _wait(self) -> None:
        self._ahead = time.time() - time.monotonic()
        timer = _Timer((0, 0), (int(time.time()) + FAR_S, 0))
        _libc().timerfd_settime(self._timer, ABSTIME | CANCEL_ON_SET, ctypes.byref(timer), None)

    def _fired(self) -> None:
        with suppress(OSError):  # ECANCELED: the clock was set
            os.read(self._timer, 8)
        before = self._ahead
        self._wait()
        self.look()
        if abs(self._ahead - before) >= LEAST_CHANGE_S:
            self._post(ClockSet(at=time.monotonic(), by_s=round(self._ahead - before, 3)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
