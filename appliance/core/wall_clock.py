"""The local time of day: whether it is night or quiet hours, and whether a weekly period is active."""

from datetime import UTC, datetime, timedelta

from appliance.core.model import Clock, Day, Denial, Night, Period, QuietHours, State

DAYS = tuple(Day)
DAY_S = 86_400


def why_not(periods: tuple[Period, ...], clock: Clock | None, now: float) -> Denial | None:
    """Return why no period is active, or None if a period is active. Without periods, None: always active."""
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

    With an untrusted clock it is day: a lamp that is too bright disturbs less than a lamp that nobody sees.
    """
    return state.settings.night is not None and _within(_night(state))


def is_quiet(state: State) -> bool:
    """Whether the quiet hours apply: also by a clock that is not trusted, since being wrong disturbs little."""
    return state.appliance.clock is not None and _within(_quiet(state))


def night_changes_at(state: State) -> float | None:
    """When night next begins or ends, CLOCK_MONOTONIC seconds."""
    left = _night(state)
    return None if left is None else state.now + min(left)


def quiet_changes_at(state: State) -> float | None:
    """When the quiet hours next begin or end, CLOCK_MONOTONIC seconds."""
    left = _quiet(state)
    return None if left is None else state.now + min(left)


def iso(at: float | None, epoch: float, timespec: str = "microseconds") -> str | None:
    """As `utc`; None stays None."""
    return None if at is None else utc(at, epoch, timespec)


def utc(at: float, epoch: float, timespec: str = "microseconds") -> str:
    """A monotonic time as RFC 3339 in UTC. timespec: as for `datetime.isoformat`."""
    return datetime.fromtimestamp(epoch + at, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _night(state: State) -> tuple[float, float] | None:
    """Seconds to the next begin and to the next end of the night; None without a night or a trusted clock."""
    hours, clock = state.settings.night, state.appliance.clock
    return None if hours is None or clock is None or not clock.trusted else _left(hours, clock, state.now)


def _quiet(state: State) -> tuple[float, float] | None:
    """Seconds to the next begin and to the next end of the quiet hours; None without them or a clock."""
    hours, clock = state.runtime.quiet_hours, state.appliance.clock
    return None if not hours.begin or clock is None else _left(hours, clock, state.now)


def _within(left: tuple[float, float] | None) -> bool:
    """Whether the end comes before the next begin."""
    return left is not None and left[1] < left[0]


def _left(hours: Night | QuietHours, clock: Clock, now: float) -> tuple[float, float]:
    """Seconds to the next begin and to the next end."""
    local = round((clock.epoch + now + clock.utc_offset_s) % DAY_S, 3)  # seconds since midnight
    return _until(hours.begin, local), _until(hours.end, local)


def _until(time: str, now: float) -> float:
    """Seconds until that time (HH:MM); a whole day if it is now."""
    hours, minutes = map(int, time.split(":"))
    return ((hours * 60 + minutes) * 60 - now) % DAY_S or DAY_S
