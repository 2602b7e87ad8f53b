"""How often something may happen."""


class Rate:
    """`at_once`, and then one `every_s` seconds."""

    def __init__(self, at_once: int, every_s: float) -> None:
        self._ahead_s, self._every_s, self._next = (at_once - 1) * every_s, every_s, 0.0

    def allows(self, now: float) -> bool:
        """Whether one more is allowed; if so, count it."""
        begins = max(self._next, now)
        if begins - now > self._ahead_s:
            return False
        self._next = begins + self._every_s
        return True
