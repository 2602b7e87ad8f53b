"""Times of the week, by the clock on the wall."""

from datetime import UTC, datetime, timedelta

from appliance.core.denials import Denial
from appliance.core.model import Clock, Day, Period

DAYS = tuple(Day)


def why_not(periods: tuple[Period, ...], clock: Clock | None, now: float) -> Denial | None:
    """Why it is none of these times; None if it is, or there are none, which is always."""
    if not periods:
        return None
    if clock is None or not clock.trusted:
        return Denial.NO_CLOCK
    local = datetime.fromtimestamp(clock.epoch + now + clock.utc_offset_s, UTC)
    return None if any(within(period, local) for period in periods) else Denial.NOT_NOW


def within(period: Period, local: datetime) -> bool:
    """Whether it is that time; one that ends on the next day belongs to the day of its beginning."""
    time = f"{local:%H:%M}"
    today = DAYS[local.weekday()] in period.days
    if period.begin < period.end:
        return today and period.begin <= time < period.end
    yesterday = DAYS[(local - timedelta(days=1)).weekday()] in period.days
    return (today and time >= period.begin) or (yesterday and time < period.end)
