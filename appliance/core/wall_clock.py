"""What the clock on the wall says: whether it is night, and whether a period of the week holds."""

from datetime import UTC, datetime, timedelta

from appliance.core.model import Clock, Day, Denial, Period, State

DAYS = tuple(Day)
DAY_S = 86_400


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


def is_night(state: State) -> bool:
    """Whether it is night, when lamps shine less.

    While the clock is not trusted it is day: a lamp that is too bright disturbs less than one that nobody sees.
    """
    left = _left(state)
    return left is not None and left[1] < left[0]


def wake(state: State) -> float | None:
    """When night begins or ends next."""
    left = _left(state)
    return None if left is None else state.now + min(left)


def _left(state: State) -> tuple[float, float] | None:
    """Seconds to the next begin and to the next end; None where there is no night, or nobody knows what time it is."""
    hours, clock = state.settings.night, state.clock
    if hours is None or clock is None or not clock.trusted:
        return None
    now = round((clock.epoch + state.now + clock.utc_offset_s) % DAY_S, 3)  # seconds since midnight, local time
    return _until(hours.begin, now), _until(hours.end, now)


def _until(time: str, now: float) -> float:
    """Seconds to that time (HH:MM), a whole day when it is just now."""
    hours, minutes = map(int, time.split(":"))
    return ((hours * 60 + minutes) * 60 - now) % DAY_S or DAY_S
