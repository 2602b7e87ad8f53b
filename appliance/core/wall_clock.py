"""The local time of day: whether it is night, and whether a weekly period is active."""

from datetime import UTC, datetime, timedelta

from appliance.core.model import Clock, Day, Denial, Period, State

DAYS = tuple(Day)
DAY_S = 86_400


def why_not(periods: tuple[Period, ...], clock: Clock | None, now: float) -> Denial | None:
    """Why none of these periods is active; None if one is, or if there are none, which means always."""
    if not periods:
        return None
    if clock is None or not clock.trusted:
        return Denial.NO_CLOCK
    local = datetime.fromtimestamp(clock.epoch + now + clock.utc_offset_s, UTC)
    return None if any(within(period, local) for period in periods) else Denial.NOT_NOW


def within(period: Period, local: datetime) -> bool:
    """Whether the local time is inside the period; a period past midnight belongs to the day on which it begins."""
    time = f"{local:%H:%M}"
    today = DAYS[local.weekday()] in period.days
    if period.begin < period.end:
        return today and period.begin <= time < period.end
    yesterday = DAYS[(local - timedelta(days=1)).weekday()] in period.days
    return (today and time >= period.begin) or (yesterday and time < period.end)


def is_night(state: State) -> bool:
    """Whether it is night, when lamps are dimmed.

    While the clock is not trusted it is day: a lamp that is too bright disturbs less than one that nobody sees.
    """
    left = _left(state)
    return left is not None and left[1] < left[0]


def wake(state: State) -> float | None:
    """When night next begins or ends, CLOCK_MONOTONIC seconds."""
    left = _left(state)
    return None if left is None else state.now + min(left)


def iso(at: float | None, epoch: float) -> str | None:
    """A monotonic time as RFC 3339 in UTC, with microseconds; None stays None."""
    return (
        None
        if at is None
        else datetime.fromtimestamp(epoch + at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    )


def _left(state: State) -> tuple[float, float] | None:
    """Seconds to the next begin and to the next end of the night; None without a night or a trusted clock."""
    hours, clock = state.settings.night, state.appliance.clock
    if hours is None or clock is None or not clock.trusted:
        return None
    now = round((clock.epoch + state.now + clock.utc_offset_s) % DAY_S, 3)  # seconds since midnight, local time
    return _until(hours.begin, now), _until(hours.end, now)


def _until(time: str, now: float) -> float:
    """Seconds until that time (HH:MM); a whole day if it is now."""
    hours, minutes = map(int, time.split(":"))
    return ((hours * 60 + minutes) * 60 - now) % DAY_S or DAY_S
