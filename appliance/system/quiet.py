"""Reports when the quiet hours begin and end, by the machine's local time, which the core does not know."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from appliance.core.inputs import Input, QuietChanged
from appliance.core.model import QuietHours

LONGEST_S = 3600.0  # longest time between checks: the machine may have slept, or be in another time zone


def at(hours: QuietHours, now: datetime) -> tuple[bool, datetime | None]:
    """Whether it is quiet, and when that changes next; `now` in local time, without a zone. None: never."""
    if not hours.begin or hours.begin == hours.end:
        return False, None
    begin, end = (_next(text, now) for text in (hours.begin, hours.end))
    return end < begin, min(begin, end)


def _next(text: str, now: datetime) -> datetime:
    hour, _, minute = text.partition(":")
    today = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


class Quiet:
    """Posts QuietChanged; lives on the loop's thread."""

    def __init__(self, post: Callable[[Input], None]) -> None:
        self._post, self._hours, self._reported = post, QuietHours(), False
        self._timer: asyncio.TimerHandle | None = None

    def desire(self, hours: QuietHours) -> None:
        """Set the quiet hours."""
        self._hours = hours
        self.look()

    def look(self) -> None:
        """Check the clock, now and whenever it matters: it may have been set."""
        self.stop()
        now = datetime.now()  # noqa: DTZ005 - wall-clock hours
        quiet, change = at(self._hours, now)
        if quiet != self._reported:
            self._reported = quiet
            self._post(QuietChanged(at=time.monotonic(), quiet=quiet))
        if change is not None:
            # by way of UTC, as local time may jump in between
            wait_s = min(change.astimezone().timestamp() - time.time(), LONGEST_S)
            self._timer = asyncio.get_running_loop().call_later(max(wait_s, 0.0) + 0.01, self.look)

    def stop(self) -> None:
        """Stop checking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
