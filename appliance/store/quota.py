"""Chooses the recordings to remove: a pure function of the stored recordings and the limits of [recording]."""

from collections.abc import Sequence
from itertools import accumulate
from math import inf

from appliance.base.record import Record

FREE_BYTES = 100_000_000  # kept free by default: the journal, updates and the system's log need it
_PLAUSIBLE_S = 1_735_689_600.0  # 2025, before intercomd existed: an earlier time comes from a clock that was not set


class Limits(Record):
    """The limits of recordings. free_bytes: the system's reserve. copied: remove recordings with a copy elsewhere.

    The other limits are for all finished recordings that are not protected, together; None: no limit. age_s is None as
    well while the station's clock is not trusted.
    """

    free_bytes: int = FREE_BYTES
    bytes: int | None = None
    count: int | None = None
    age_s: float | None = None
    copied: bool = False

    @property
    def any(self) -> bool:
        """Whether number, size or age are limited."""
        return (self.bytes, self.count, self.age_s) != (None, None, None)


class Stored(Record):
    """How much is stored: all finished recordings that may be removed."""

    count: int
    bytes: int


class Removable(Record):
    """A finished recording that may be removed. started_s: since 1970, by a clock that may have been wrong."""

    id: str
    started_s: float
    bytes: int
    duration_s: float = 0.0
    call: str = ""


def excess(oldest: Sequence[Removable], stored: Stored, limits: Limits, now_s: float) -> int:
    """How many of the oldest go, the first of all first. The space of the system is not looked at."""
    over_count = 0 if limits.count is None else stored.count - limits.count
    over_bytes = 0 if limits.bytes is None else stored.bytes - limits.bytes
    return max(
        min(max(0, over_count), len(oldest)),
        _to_free(oldest, over_bytes),
        _too_old(oldest, limits.age_s, now_s),
    )


def _to_free(oldest: Sequence[Removable], missing: int) -> int:
    """As few as free so many bytes; all of them if that is not enough."""
    if missing <= 0:
        return 0
    sums = accumulate(each.bytes for each in oldest)
    return next((number for number, freed in enumerate(sums, 1) if freed >= missing), len(oldest))


def _too_old(oldest: Sequence[Removable], age_s: float | None, now_s: float) -> int:
    """Return the number of recordings that are too old: the last one that is too old by its time, and all before it.

    The order of recordings is certain, their times are not: a recording is at least as young as each one before it, so
    a clock that was behind for one recording ages no other. A recording with an impossible time goes with a later one.
    """
    if age_s is None:
        return 0
    youngest, number = -inf, 0
    for index, each in enumerate(oldest, 1):
        if _PLAUSIBLE_S <= each.started_s <= now_s:
            youngest = max(youngest, each.started_s)
            if youngest < now_s - age_s:
                number = index
    return number
