"""A simulated mixer, for stations without a card: one playback element and one capture element, with dB and switches.

The tests demand the same of it as of the mixers of real cards.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from appliance.audio.mixer import PLAYBACK, Element, Reading

RANGES = {PLAYBACK: (-45.0, 0.0), "capture": (-16.0, 30.0)}  # dB, in steps of 0.5: about those of a USB phone
STEP_DB = 0.5


class SimulatedMixers:
    """A mixer whose elements have the first of the wanted names."""

    def find(self, device: str, way: str, names: Sequence[str]) -> Element | None:
        """See Mixers; any device has one."""
        del device
        return SimulatedElement(names[0], way) if names else None


class SimulatedElement:
    """A simulated element, which stores the level that was set."""

    def __init__(self, name: str, way: str) -> None:
        self.name = name
        self._reading = Reading(None, sum(RANGES[way]) / 2, RANGES[way], muted=False)

    def read(self) -> Reading:
        """See Element."""
        return self._reading

    def set_db(self, db: float) -> None:
        """See Element: a card has steps."""
        low, high = RANGES[PLAYBACK] if self._reading.range_db is None else self._reading.range_db
        self._reading = replace(self._reading, db=min(max(db // STEP_DB * STEP_DB, low), high))

    def set_percent(self, percent: float) -> None:
        """See Element: this one has dB."""

    def set_muted(self, muted: bool) -> None:
        """See Element."""
        self._reading = replace(self._reading, muted=muted)

    def descriptors(self) -> Sequence[int]:
        """See Element: nobody else changes it."""
        return ()

    def changed(self) -> None:
        """See Element."""

    def close(self) -> None:
        """See Element."""
