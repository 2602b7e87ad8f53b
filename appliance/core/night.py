"""Whether it is night, when lamps shine less: by the local time that the clock shows, each day the same.

Where the clock is not to be trusted it is day: a lamp that is too bright disturbs less than one that is not seen.
"""

from appliance.core.model import State

DAY_S = 86_400


def is_now(state: State) -> bool:
    """Whether it is night."""
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
