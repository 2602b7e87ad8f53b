"""Speech as part of the daemon: a client's text becomes a file, and then a playback that the core decides about."""

import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.app.paths import Places
from appliance.base import ids
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core import inputs, orders
from appliance.core.model import SPEECH, PlaybackId
from appliance.core.model import Speech as Wanted
from appliance.runtime.reactor import Reactor

if TYPE_CHECKING:
    from appliance.audio.speech import Speaker

OPEN_OR_OVER = {"playback.ready", "playback.stopped", "playback.failed"}


class Speech:
    """Speaks texts. A file loses its name once the SIP process has it open."""

    def __init__(self, config: Callable[[], Config], places: Places, reactor: Reactor) -> None:
        self._config, self._directory, self._reactor = config, places.speech, reactor
        self._speaker: Speaker | None = None
        self.clear()  # what an earlier daemon has left

    async def say(self, wanted: Wanted, who: str) -> orders.Reply:
        """Speak a text; the reply comes when its sound is about to begin. Raises IntercomError."""
        from appliance.audio import speech  # noqa: PLC0415  late: few stations speak

        begun, settings = time.monotonic(), self._config().speech
        if self._speaker is None:
            self._speaker = speech.Speaker(self._directory)
        words = speech.Words(
            wanted.text,
            wanted.language or settings.language,
            wanted.voice or settings.voice,
            wanted.rate or settings.rate,
        )
        playback = PlaybackId(ids.new("p"))
        await self._speaker.make(words, self._directory / f"{playback}.wav")
        waited_s = time.monotonic() - begun
        begin = inputs.PlaySpeech(playback, wanted.call, wanted.speaker, wanted.volume, waited_s)
        begins = False
        try:
            reply = await self._reactor.request(begin, who)
            begins = reply.error is None
        finally:
            if not begins:
                self._drop(playback)
        return reply

    def take(self, envelope: Json) -> None:
        """Remove the file of a playback that has it open, or is over."""
        if envelope["type"] in OPEN_OR_OVER and envelope["data"]["sound"] == SPEECH:
            self._drop(envelope["data"]["playback"])

    def clear(self) -> None:
        """Remove all files."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _drop(self, playback: str) -> None:
        (self._directory / f"{playback}.wav").unlink(missing_ok=True)
