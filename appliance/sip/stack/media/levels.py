"""Sets the volume of the speaker and the gain of the microphone as desired, and reports the levels of the mixers.

A level is set when it is desired, when its card comes, and when a mixer answers that has failed; a change by somebody
else, as with alsamixer, is reported and left alone.
"""

import logging
import select
from collections.abc import Callable

from appliance.audio.cards import card_named, card_of
from appliance.audio.mixer import CAPTURE, PLAYBACK, Element, MixerGoneError, Mixers
from appliance.audio.profiles import profile
from appliance.base import times
from appliance.core import inputs
from appliance.core.audio.scale import db_of
from appliance.core.model import NO_CARD, NULL, SIMULATED, Level, MixerLevel, SoundCard
from appliance.sip.stack.calls.operations import Post

LOG = logging.getLogger(__name__)


class Side:
    """The speaker or the microphone: its PCM, its card, and the element of the mixer that sets it."""

    def __init__(self, pcm: str, way: str, mixers: Mixers, waits: select.epoll) -> None:
        self._pcm, self._way, self._mixers, self._waits = pcm, way, mixers, waits
        self._element: Element | None = None
        self._descriptors: tuple[int, ...] = ()
        self._wanted, self._card, self._profile = Level(), "", ""
        self.level: MixerLevel | None = None
        self.failed = False  # a mixer that may answer later

    def find(self, cards: tuple[SoundCard, ...]) -> None:
        """Find the element among the cards that exist now, and set it."""
        if self._pcm == NULL:
            return
        self.failed = False
        self.close()
        card = self._card_among(cards)
        if card is None:
            return
        kind = profile(card.id, card.name)
        self._card, self._profile = card.id, kind.name
        try:
            self._element = self._mixers.find(f"hw:CARD={card.id}", self._way, getattr(kind, self._way))
            self._descriptors = () if self._element is None else tuple(self._element.descriptors())
        except MixerGoneError as error:
            self.failed = True
            LOG.debug("No mixer for the %s of %s: %s", self._way, card.id, error)
        for descriptor in self._descriptors:
            self._waits.register(descriptor, select.EPOLLIN)
        self.set(self._wanted)

    def _card_among(self, cards: tuple[SoundCard, ...]) -> SoundCard | None:
        """The card that the PCM names; for "default", the only card. A sound server's mixer is left to its user."""
        if self._pcm == SIMULATED:
            return SoundCard(0, SIMULATED, "Simulated card")
        if card_of(self._pcm) is None:
            able = [card for card in cards if getattr(card, self._way)]
            return able[0] if self._pcm == "default" and len(able) == 1 else None
        return card_named(self._pcm, cards)

    def set(self, wanted: Level) -> None:
        """Set the level as desired, as far as something is; read it."""
        self._wanted, element = wanted, self._element
        try:
            if element is not None and wanted.percent is not None:
                ends = element.read().range_db
                if ends is None:
                    element.set_percent(wanted.percent)
                else:
                    element.set_db(db_of(wanted.percent, *ends))
            if element is not None and wanted.muted is not None:
                element.set_muted(wanted.muted)
        except MixerGoneError as error:
            LOG.debug("The %s of %s cannot be set: %s", self._way, self._pcm, error)
        self.read()

    def read(self) -> None:
        """Read the level; a mixer that fails is freed until it is found again."""
        if self._element is None:
            self.level = MixerLevel(card=self._card, profile=self._profile) if self._card else None
            return
        try:
            self._element.changed()
            found = self._element.read()
        except MixerGoneError as error:
            LOG.debug("The mixer of %s is gone: %s", self._pcm, error)
            self.failed = True
            self.close()
            return
        low, high = found.range_db or (None, None)
        self.level = MixerLevel(
            card=self._card,
            profile=self._profile,
            element=self._element.name,
            percent=found.loudness,
            db=found.db,
            min_db=low,
            max_db=high,
            muted=found.muted,
        )

    def close(self) -> None:
        """Free the mixer."""
        for descriptor in self._descriptors:
            self._waits.unregister(descriptor)
        if self._element is not None:
            self._element.close()
        self._element, self._descriptors, self._card, self.level = None, (), "", None


class Levels:
    """Speaker and microphone. `fileno` is readable when somebody else has changed a mixer."""

    def __init__(
        self, capture: str, playback: str, mixers: Mixers, post: Post, announce: Callable[[str], None]
    ) -> None:
        """`announce`: called with a text before anything that may block, and with "" after it."""
        self._post, self._announce = post, announce
        self._waits = select.epoll()
        self._speaker = Side(playback, PLAYBACK, mixers, self._waits)
        self._microphone = Side(capture, CAPTURE, mixers, self._waits)
        self._wanted = Level(), Level()
        self._reported: tuple[MixerLevel | None, MixerLevel | None] = None, None
        self._cards: tuple[SoundCard, ...] = ()
        self._again_at: float | None = None  # when mixers that failed are tried again
        self._real = not {capture, playback} <= NO_CARD

    def fileno(self) -> int:
        """The descriptor, for poll()."""
        return self._waits.fileno()

    def found(self, now: float, cards: tuple[SoundCard, ...]) -> None:
        """Use these cards from now on."""
        self._busy(True)
        self._cards = cards
        for side in (self._speaker, self._microphone):
            side.find(cards)
        self._report(now)

    def desire(self, now: float, speaker: Level, microphone: Level) -> None:
        """Set a level whose desired value has changed."""
        if (speaker, microphone) == self._wanted:
            return
        old, self._wanted = self._wanted, (speaker, microphone)
        self._busy(True)
        for side, before, wanted in zip((self._speaker, self._microphone), old, self._wanted, strict=True):
            if wanted != before:
                side.set(wanted)
        self._report(now)

    def turn(self, now: float) -> None:
        """Report what somebody else has changed; try mixers again that failed."""
        if self._again_at is not None and now >= self._again_at:
            self._busy(True)
            self._again_at = None
            for side in (self._speaker, self._microphone):
                if side.failed:
                    side.find(self._cards)
            self._report(now)
        if self._waits.poll(0):
            self._busy(True)
            self._speaker.read()
            self._microphone.read()
            self._report(now)

    def close(self) -> None:
        """Free the mixers."""
        self._speaker.close()
        self._microphone.close()
        self._waits.close()

    def _busy(self, busy: bool) -> None:
        if self._real:
            self._announce("reading the mixer" if busy else "")

    def _report(self, now: float) -> None:
        self._busy(False)
        if not (self._speaker.failed or self._microphone.failed):
            self._again_at = None
        elif self._again_at is None:
            self._again_at = now + times.current.card_again_s[-1]
        shown = self._speaker.level, self._microphone.level
        if shown != self._reported:
            self._reported = shown
            self._post(inputs.LevelsRead(at=now, speaker=shown[0], microphone=shown[1]))
