"""Notices that the clock was set, which nothing depends on: what waits, waits by CLOCK_MONOTONIC.

But times in events and in the log make a jump then, and a board without a clock of its own starts years ago, until the
network tells it the time. The kernel says so (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET): nothing is polled.
"""

import asyncio
import ctypes
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress

from appliance.core.inputs import ClockSet, Input

log = logging.getLogger(__name__)

ABSTIME, CANCEL_ON_SET = 1, 2
FAR_S = 365 * 86_400  # the timer itself is of no interest; when it is over it begins anew
TOLD_S = 1.0  # less is a correction, no jump


class _Timer(ctypes.Structure):
    """struct itimerspec: an interval, and the moment, each in seconds and nanoseconds."""

    _fields_ = (("interval", ctypes.c_long * 2), ("moment", ctypes.c_long * 2))


class Clock:
    """Posts ClockSet until `stop`; lives on the loop's thread."""

    def __init__(self, post: Callable[[Input], None], was_set: Callable[[], None] = lambda: None) -> None:
        """Begin; `was_set` is called as well, be it by a little. Where the kernel can not say so, nothing is told."""
        self._post, self._was_set = post, was_set
        self._ahead = 0.0  # of CLOCK_MONOTONIC
        self._timer = int(_libc().timerfd_create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC))
        if self._timer < 0:
            log.info("a clock that is set will not be told: %s", os.strerror(ctypes.get_errno()))
            return
        self._wait()
        asyncio.get_running_loop().add_reader(self._timer, self._fired)

    def stop(self) -> None:
        """End."""
        if self._timer >= 0:
            asyncio.get_running_loop().remove_reader(self._timer)
            os.close(self._timer)
            self._timer = -1

    def _wait(self) -> None:
        self._ahead = time.time() - time.monotonic()
        timer = _Timer((0, 0), (int(time.time()) + FAR_S, 0))
        _libc().timerfd_settime(self._timer, ABSTIME | CANCEL_ON_SET, ctypes.byref(timer), None)

    def _fired(self) -> None:
        with suppress(OSError):  # ECANCELED: the clock was set
            os.read(self._timer, 8)
        before = self._ahead
        self._wait()
        self._was_set()
        if abs(self._ahead - before) >= TOLD_S:
            self._post(ClockSet(at=time.monotonic(), by_s=round(self._ahead - before, 3)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
