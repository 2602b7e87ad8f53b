"""Notices that a call's packets stop and come again: pjsua2 tells neither."""

LOOK_S = 0.5
STOPPED_S = 2.0


class RtpWatch:
    """Looks at one call's packet count twice a second."""

    def __init__(self) -> None:
        self._look_at = self._moved = 0.0
        self._packets = -1
        self._stopped = False

    def due(self, now: float) -> bool:
        """Whether to look now."""
        return now >= self._look_at

    def look(self, packets: int, now: float) -> bool | None:
        """True: packets come again; False: they have stopped; None: no news."""
        self._look_at = now + LOOK_S
        if packets != self._packets:
            first, self._packets, self._moved = self._packets < 0, packets, now
            if self._stopped and not first:
                self._stopped = False
                return True
        elif not self._stopped and now - self._moved >= STOPPED_S:
            self._stopped = True
            return False
        return None

    def excuse(self, now: float) -> bool | None:
        """No packets are due now, as in a hold; True ends a stop that was told."""
        stopped, self._stopped = self._stopped, False
        self._look_at, self._moved, self._packets = now + LOOK_S, now, -1
        return True if stopped else None
