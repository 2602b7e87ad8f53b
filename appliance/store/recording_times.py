"""Corrects when recordings began, where the station's clock was wrong at the time and is right since."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from appliance.base import times
from appliance.base.wall_time import utc
from appliance.core.model import RecordingClock, RecordingId
from appliance.store import recording_index
from appliance.store.writer import After, Writer

_UNCERTAIN = 1000  # recordings whose times may be corrected later: on a board whose clock is never right they add up


class TimeCorrector:
    """Corrects the begin of recordings that began by an uncertain clock. `clock` and `trusted`: as of `Recordings`.

    changed: called in the writer's thread after a time was corrected.
    """

    def __init__(
        self,
        writer: Writer,
        clock: Callable[[], float],
        trusted: Callable[[], bool],
        changed: Callable[[sqlite3.Connection, RecordingId], None],
    ) -> None:
        self._writer, self._clock, self._trusted, self._changed = writer, clock, trusted, changed
        self._lock = threading.Lock()  # protects the following
        self._uncertain: dict[RecordingId, float] = {}  # when they began, by `clock`
        self._correcting = False

    def quality(self) -> RecordingClock:
        """How far the clock can be believed now."""
        return RecordingClock.RIGHT if self._trusted() else RecordingClock.UNCERTAIN

    def note(self, recording: RecordingId) -> None:
        """This one begins now, by an uncertain clock."""
        with self._lock:
            self._uncertain[recording] = self._clock()
            if len(self._uncertain) > _UNCERTAIN:
                del self._uncertain[next(iter(self._uncertain))]
            start, self._correcting = not self._correcting, True
        if start:
            self._correct_later()

    def _correct_later(self) -> None:
        self._writer.submit(self._correct, delay_s=times.current.recording_times_again_s, single=True)

    def _correct(self, connection: sqlite3.Connection) -> After:
        """Correct the times of what began by a wrong clock, once it is right: that long ago by CLOCK_MONOTONIC."""
        if not self._trusted():
            return self._correct_later
        with self._lock:
            begun = dict(self._uncertain)
        now, clock = datetime.now(UTC), self._clock()
        for recording, at in begun.items():
            started = utc(now - timedelta(seconds=clock - at))
            recording_index.change(connection, recording, started=started, clock=RecordingClock.CORRECTED)
            self._changed(connection, recording)

        def corrected() -> None:
            with self._lock:
                for recording in begun:
                    self._uncertain.pop(recording, None)
                self._correcting = again = bool(self._uncertain)
            if again:
                self._correct_later()

        return corrected
