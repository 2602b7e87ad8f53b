"""Times of the week, by the clock on the wall."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from appliance.core.model import Clock, Day, Period

DAYS = tuple(Day)


def reached(periods: Iterable[Period], clock: Clock, now: float) -> bool:
    """Whether it is one of these times."""
    local = datetime.fromtimestamp(clock.epoch + now + clock.utc_offset_s, UTC)
    return any(within(period, local) for period in periods)


def within(period: Period, local: datetime) -> bool:
    """Whether it is that time; one that ends on the next day belongs to the day of its beginning."""
    time = f"{local:%H:%M}"
    today = DAYS[local.weekday()] in period.days
    if period.begin < period.end:
        return today and period.begin <= time < period.end
    yesterday = DAYS[(local - timedelta(days=1)).weekday()] in period.days
    return (today and time >= period.begin) or (yesterday and time < period.end)
