"""Announcements to visitors: the station plays a sound, then speaks in each language."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from appliance.app.made_sounds import MadeSounds
from appliance.base import ids
from appliance.base.errors import IntercomError
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core.model import PlaybackId, Speech

log = logging.getLogger(__name__)

WHO = "announcement"
OVER = {"playback.finished", "playback.stopped", "playback.failed"}


class Announcer:
    """Speaks at events; a new announcement replaces the previous one, as any playback does."""

    def __init__(self, config: Callable[[], Config], sounds: MadeSounds) -> None:
        self._config, self._sounds = config, sounds
        self._next: deque[Speech | str] = deque()  # texts, and names of sounds
        self._task: asyncio.Task[None] | None = None
        self._playing = PlaybackId("")
        self._said = ""  # the fault that was reported last

    def take(self, envelope: Json) -> None:
        """Begin an announcement, or its next part."""
        speech = self._config().speech
        sounds = {"opened": speech.opened_sound, "unanswered": speech.unanswered_sound, "denied": speech.denied_sound}
        if not speech.announce and not any(sounds.values()):
            return
        from appliance.audio import announcements  # noqa: PLC0415  late: few stations speak

        recording = self._config().recording
        asks = recording.enabled and recording.message_s  # then a visitor is asked for a message in place of it
        if (name := announcements.sentence(envelope)) is not None and not (asks and name == "unanswered"):
            texts = announcements.texts(name, speech.announce, speech.language)
            self._next = deque(filter(None, [sounds[name]]))
            self._next.extend(Speech(text, language) for language, text in texts)
            self._go_on()
        elif envelope["type"] in OVER and envelope["data"]["playback"] == self._playing:
            if envelope["type"] == "playback.stopped":  # another sound has taken the speaker
                self._next.clear()
            self._go_on()

    async def stop(self) -> None:
        """Say nothing more."""
        self._next.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _go_on(self) -> None:
        if self._next and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._speak(), name="announcement")

    async def _speak(self) -> None:
        """Begin the next part that can be played."""
        while self._next:
            part, self._playing = self._next.popleft(), PlaybackId(ids.new("p"))
            play = (
                self._sounds.play(part, WHO, self._playing)
                if isinstance(part, str)
                else self._sounds.speak(part, WHO, self._playing)
            )
            try:
                fault = (await play).error
            except IntercomError as err:
                fault = err
            if fault is None:
                self._said = ""
                return
            self._report(str(fault))

    def _report(self, fault: str) -> None:
        if fault != self._said:
            log.warning("An announcement was not spoken. %s", fault)
        self._said = fault
