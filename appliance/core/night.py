"""Whether it is night, when lamps shine less: by the local time that the clock shows, each day the same.

Where the clock is not to be trusted it is day: a lamp that is too bright disturbs less than one that is not seen.
"""

from appliance.core.model import Clock, State

DAY_S = 86_400


def is_now(state: State) -> bool:
    """Whether it is night."""
    hours = state.settings.night
    if hours is None or state.clock is None or not state.clock.trusted:
        return False
    now = _seconds(state.clock, state.now)
    return _until(hours.end, now) < _until(hours.begin, now)


def wake(state: State) -> float | None:
    """When night begins or ends next."""
    hours = state.settings.night
    if hours is None or state.clock is None or not state.clock.trusted:
        return None
    now = _seconds(state.clock, state.now)
    return state.now + min(_until(hours.begin, now), _until(hours.end, now))


def _seconds(clock: Clock, now: float) -> float:
    """Since midnight, local time."""
    return round((clock.epoch + now + clock.utc_offset_s) % DAY_S, 3)


def _until(time: str, now: float) -> float:
    """Seconds to that time (HH:MM), a whole day when it is just now."""
    hours, minutes = map(int, time.split(":"))
    return ((hours * 60 + minutes) * 60 - now) % DAY_S or DAY_S
