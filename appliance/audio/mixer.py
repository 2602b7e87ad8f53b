"""One element of a card's mixer, as the volume of the speaker or the gain of the microphone."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from appliance.audio.cards import alsa_library
from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.core.audio.scale import percent_of

PLAYBACK, CAPTURE = "playback", "capture"
MUTES = -99_999.0  # dB; lower is ALSA's word for silence (SND_CTL_TLV_DB_GAIN_MUTE), not a level
MUTE_BELOW_DB = 60.0  # such an element counts as having this range below its maximum
LOWEST_DB, HIGHEST_DB = -200.0, 100.0  # values outside are no range: elements without dB give them, too


class MixerGoneError(Exception):
    """The card is gone, or its mixer cannot be used."""


class Reading(Record):
    """An element's state; None for an absent control. percent: of the element's own scale, if it has no dB."""

    percent: float | None = None
    db: float | None = None
    range_db: tuple[float, float] | None = None
    muted: bool | None = None

    @property
    def loudness(self) -> float | None:
        """The level in per cent: by the ear's scale where there is a level in dB, otherwise by the element's own."""
        if self.db is None or self.range_db is None:
            return self.percent
        return percent_of(self.db, *self.range_db)


class Element(Protocol):
    """The functions of a mixer's element that the SIP process calls.

    All methods but `close` may raise MixerGoneError.
    """

    name: str

    def read(self) -> Reading:
        """The state now."""

    def set_db(self, db: float) -> None:
        """Set the level; the card takes the nearest that it has, at most this."""

    def set_percent(self, percent: float) -> None:
        """Set the level of an element without dB."""

    def set_muted(self, muted: bool) -> None:
        """Set the switch; does nothing without one."""

    def descriptors(self) -> Sequence[int]:
        """Descriptors that become readable when another program has changed the mixer; then call `changed`."""

    def changed(self) -> None:
        """Take in the changes."""

    def close(self) -> None:
        """Free the mixer."""


class Mixers(Protocol):
    """Finds elements."""

    def find(self, device: str, way: str, names: Sequence[str]) -> Element | None:
        """The first of the named elements that has a level in that direction; None if the mixer has none of them.

        Raises MixerGoneError if there is no such mixer.
        """


class AlsaMixers:
    """The mixers of ALSA; a device is named as in `hw:CARD=usbphone`."""

    def find(self, device: str, way: str, names: Sequence[str]) -> Element | None:
        """See Mixers."""
        try:
            alsa = alsa_library()
        except IntercomError as error:
            raise MixerGoneError(str(error)) from error
        kinds = {"Volume", f"{way.capitalize()} Volume", "Joined Volume", f"Joined {way.capitalize()} Volume"}
        try:
            there = set(alsa.mixers(device=device))
            for name in names:
                if name in there:
                    found = alsa.Mixer(name, device=device)
                    if kinds & set(found.volumecap()):
                        return AlsaElement(alsa, found, name, way)
                    found.close()
        except alsa.ALSAAudioError as error:
            raise MixerGoneError(str(error)) from error
        return None


class AlsaElement:
    """An element in one direction, by pyalsaaudio."""

    def __init__(self, alsa: Any, mixer: Any, name: str, way: str) -> None:
        self._alsa, self._mixer, self.name, self._way = alsa, mixer, name, way
        self._kind = alsa.PCM_PLAYBACK if way == PLAYBACK else alsa.PCM_CAPTURE

    def read(self) -> Reading:
        """See Element."""
        with self._there():
            percent = max(self._mixer.getvolume(self._kind, self._alsa.VOLUME_UNITS_PERCENTAGE))
            db = max(self._mixer.getvolume(self._kind, self._alsa.VOLUME_UNITS_DB)) / 100
            low, high = (each / 100 for each in self._mixer.getrange(self._kind, self._alsa.VOLUME_UNITS_DB))
        low = high - MUTE_BELOW_DB if low <= MUTES else low
        db = low if db <= MUTES else db
        if LOWEST_DB <= low < high <= HIGHEST_DB and low <= db <= high:
            return Reading(None, db, (low, high), self._muted())
        return Reading(float(percent), None, None, self._muted())

    def set_db(self, db: float) -> None:
        """See Element."""
        self._set(round(db * 100), self._alsa.VOLUME_UNITS_DB)

    def set_percent(self, percent: float) -> None:
        """See Element."""
        self._set(round(percent), self._alsa.VOLUME_UNITS_PERCENTAGE)

    def set_muted(self, muted: bool) -> None:
        """See Element."""
        if self._muted() is None:
            return
        with self._there():
            if self._way == PLAYBACK:
                self._mixer.setmute(int(muted))
            else:
                self._mixer.setrec(int(not muted))

    def descriptors(self) -> Sequence[int]:
        """See Element."""
        with self._there():
            return [descriptor for descriptor, _ in self._mixer.polldescriptors()]

    def changed(self) -> None:
        """See Element."""
        with self._there():
            self._mixer.handleevents()

    def close(self) -> None:
        """See Element."""
        self._mixer.close()

    def _set(self, level: int, units: int) -> None:
        with self._there():
            self._mixer.setvolume(level, pcmtype=self._kind, units=units)

    @contextlib.contextmanager
    def _there(self) -> Iterator[None]:
        """Raise MixerGoneError where the block cannot use the mixer. ValueError: it has no channel, so no level."""
        try:
            yield
        except (self._alsa.ALSAAudioError, ValueError) as error:
            raise MixerGoneError(str(error)) from error

    def _muted(self) -> bool | None:
        """Whether the switch is off; None without a switch. A capture switch is on while it captures."""
        try:
            if self._way == PLAYBACK:
                return all(self._mixer.getmute())
            return not any(self._mixer.getrec())
        except self._alsa.ALSAAudioError:
            return None
