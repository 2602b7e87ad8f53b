"""The relation of the wall clock to the monotonic clock."""

import time

READING_S = 0.001  # by which two readings of unchanged clocks may differ

_epoch = 0.0


def epoch() -> float:
    """The wall clock's time at CLOCK_MONOTONIC 0, in seconds since 1970.

    The value stays the same until the wall clock is set: corrections by NTP change the rate of both clocks. If each
    call computed the value, it would include the time between the two readings, and a moment would differ from answer
    to answer.
    """
    global _epoch  # noqa: PLW0603 - one for the process, as the clocks are
    before, now, after = time.monotonic(), time.time(), time.monotonic()
    if not now - after - READING_S <= _epoch <= now - before + READING_S:
        _epoch = now - after
    return _epoch
