"""Whether what works again is believed at once: not where it has failed again soon, time after time.

Each report that a broker or a receiver works, or does not, is an event. One that works now and then would fill the
journal with them; and a receiver that gets all events would cause new ones by each that it gets.
"""

DOUBTED = 2  # times in a row that it has failed soon


class Steadiness:
    """Of one broker or receiver. lasts_s: for how long it has to work until its next failure is one like any other."""

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s, self._lasts_at, self._short = lasts_s, 0.0, 0

    @property
    def doubted(self) -> bool:
        """Whether it has to last before it counts as working."""
        return self._short >= DOUBTED

    @property
    def due(self) -> float | None:
        """When it will have lasted; None: it is not doubted."""
        return self._lasts_at if self.doubted else None

    def begins(self, now: float) -> None:
        """It works from now on."""
        self._lasts_at = now + self._lasts_s

    def ends(self, now: float) -> bool:
        """It has worked until now. Returns whether that has lasted."""
        lasted = now >= self._lasts_at
        self._short = 0 if lasted else self._short + 1
        return lasted

    def believed(self, now: float) -> bool:
        """Whether it is doubted no longer from now on, as it works and has lasted."""
        lasted = self.doubted and now >= self._lasts_at
        if lasted:
            self._short = 0
        return lasted
