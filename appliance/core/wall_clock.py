"""The local time of day: whether it is night or quiet hours, and whether a period or a time profile is active."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from appliance.core.model import Clock, Day, Denial, Night, Period, Profile, QuietHours, State

DAYS = tuple(Day)
DAY_S = 86_400
MONTH_DAY = len("12-24")  # of a date that counts in every year
ALL_DAY = Period(DAYS, "00:00", "24:00")


def why_not(periods: tuple[Period, ...], clock: Clock | None, now: float) -> Denial | None:
    """Return why no period is active, or None if a period is active. Without periods, None: always active."""
    if not periods:
        return None
    if clock is None or not clock.trusted:
        return Denial.NO_CLOCK
    local = local_time(clock, now)
    return None if any(within(period, local) for period in periods) else Denial.NOT_NOW


def local_s(clock: Clock, now: float, offset_s: float | None = None) -> float:
    """Seconds of local time since 1970, to the millisecond: a Tick may come a rounding error too early.

    offset_s: of another zone than the station's.
    """
    return round(clock.epoch + now + (clock.utc_offset_s if offset_s is None else offset_s), 3)


def local_time(clock: Clock, now: float, offset_s: float | None = None) -> datetime:
    """The local time, as `local_s`."""
    return datetime.fromtimestamp(local_s(clock, now, offset_s), UTC)


def within(period: Period, local: datetime) -> bool:
    """Whether the local time is inside the period; a period past midnight belongs to the day on which it begins."""
    return any(DAYS[day.weekday()] in period.days for day in begun(period, local))


def begun(period: Period, local: datetime) -> Iterator[date]:
    """The days on which a period that holds the local time would begin, if it is for every day of the week."""
    time, today = f"{local:%H:%M}", local.date()
    if period.begin < period.end:
        if period.begin <= time < period.end:
            yield today
        return
    if time >= period.begin:
        yield today
    if time < period.end:
        yield today - timedelta(days=1)


# -- time profiles ---------------------------------------------------------------------------------------------------


def profile_why_not(state: State, name: str) -> Denial | None:
    """Why the time profile of that name is not active; None: it is, or `name` is empty. Needs a trusted clock."""
    if not name:
        return None
    profile, clock = state.settings.profile(name), state.appliance.clock
    if profile is None:
        return Denial.NO_PROFILE
    if clock is None or not clock.trusted:
        return Denial.NO_CLOCK
    return _why_not(state, profile, clock)


def is_active(state: State, name: str) -> bool:
    """Whether the time profile of that name is active, also by a clock that is not trusted."""
    profile, clock = state.settings.profile(name), state.appliance.clock
    return profile is not None and clock is not None and _why_not(state, profile, clock) is None


def profile_changes_at(state: State, name: str) -> float | None:
    """A time at which the profile may begin or end, CLOCK_MONOTONIC seconds, and before which it does neither."""
    profile, clock = state.settings.profile(name), state.appliance.clock
    local = None if profile is None or clock is None else _local(profile, clock, state.now)
    if profile is None or local is None:
        return None
    since = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    times = {"00:00", *(time for period in profile.times for time in (period.begin, period.end))}
    return state.now + min(_until(time, round(since, 3)) for time in times)


def is_holiday(state: State, day: date) -> bool | None:
    """Whether the day is a holiday; None: it is not known."""
    listed, known = state.settings.holidays, state.appliance.holidays
    if (text := day.isoformat()) in listed or f"{day:%m-%d}" in listed or text in known.dates:
        return True
    return None if state.settings.holidays_of and day.year not in known.years else False


def _why_not(state: State, profile: Profile, clock: Clock) -> Denial | None:
    local = _local(profile, clock, state.now)
    if local is None:
        return Denial.NO_CLOCK
    why = Denial.NOT_NOW
    for period in profile.times or (ALL_DAY,):
        for day in begun(period, local):
            fits = _fits(state, profile, period, day) if _of_dates(profile, day) else False
            if fits:
                return None
            if fits is None:
                why = Denial.NO_HOLIDAYS
    return why


def _fits(state: State, profile: Profile, period: Period, day: date) -> bool | None:
    """Whether the period begins on that day; None: that depends on a holiday of which nothing is known."""
    weekly = DAYS[day.weekday()] in period.days
    if profile.holidays == "any" or weekly == (profile.holidays == "also"):
        return weekly
    holiday = is_holiday(state, day)
    return None if holiday is None else holiday is not (profile.holidays == "never")


def _of_dates(profile: Profile, day: date) -> bool:
    """Whether the profile is for that day of the year."""
    for first, last in profile.dates:
        text = f"{day:%m-%d}" if len(first) == MONTH_DAY else day.isoformat()
        inside = first <= text <= last if first <= last else text >= first or text <= last
        if inside:
            return True
    return not profile.dates


def _local(profile: Profile, clock: Clock, now: float) -> datetime | None:
    """The time of day in the profile's zone; None if the zone's offset is not known."""
    own = profile.zone and profile.zone != clock.zone
    offset = dict(clock.offsets).get(profile.zone) if own else clock.utc_offset_s
    return None if offset is None else local_time(clock, now, offset)


# -- night and quiet hours -------------------------------------------------------------------------------------------


def is_night(state: State) -> bool:
    """Whether it is night, when lamps are dimmed.

    With an untrusted clock it is day: a lamp that is too bright disturbs less than a lamp that nobody sees.
    """
    if (profile := state.settings.night_profile) and profile_why_not(state, profile) is None:
        return True
    return state.settings.night is not None and _within(_night(state))


def is_quiet(state: State) -> bool:
    """Whether the quiet hours apply: also by a clock that is not trusted, since being wrong disturbs little."""
    if state.appliance.clock is None:
        return False
    hours = state.runtime.quiet_hours
    return (bool(hours.profile) and is_active(state, hours.profile)) or _within(_quiet(state, hours))


def night_changes_at(state: State) -> float | None:
    """When night next begins or ends, CLOCK_MONOTONIC seconds."""
    left, profile = _night(state), state.settings.night_profile
    changes = profile_changes_at(state, profile) if profile else None
    return changes if left is None else state.now + min(left)


def quiet_changes_at(state: State) -> float | None:
    """When the quiet hours next begin or end, CLOCK_MONOTONIC seconds."""
    hours = state.runtime.quiet_hours
    left = _quiet(state, hours)
    own = None if left is None else state.now + min(left)
    if not hours.profile:
        return own
    changes = profile_changes_at(state, hours.profile)
    return own if changes is None else changes if own is None else min(own, changes)


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


def _quiet(state: State, hours: QuietHours) -> tuple[float, float] | None:
    """Seconds to the next begin and to the next end of the quiet hours; None without them or a clock."""
    clock = state.appliance.clock
    return None if not hours.begin or clock is None else _left(hours, clock, state.now)


def _within(left: tuple[float, float] | None) -> bool:
    """Whether the end comes before the next begin."""
    return left is not None and left[1] < left[0]


def _left(hours: Night | QuietHours, clock: Clock, now: float) -> tuple[float, float]:
    """Seconds to the next begin and to the next end."""
    local = round(local_s(clock, now) % DAY_S, 3)  # seconds since midnight
    return _until(hours.begin, local), _until(hours.end, local)


def _until(time: str, now: float) -> float:
    """Seconds until that time (HH:MM); a whole day if it is now."""
    hours, minutes = map(int, time.split(":"))
    return ((hours * 60 + minutes) * 60 - now) % DAY_S or DAY_S
