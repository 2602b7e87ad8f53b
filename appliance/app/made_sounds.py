"""Sounds of texts, URLs and recordings: makes a file of each, and then asks the core to play the file."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.app.paths import Places
from appliance.base import ids
from appliance.base.record import carried
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core import inputs, orders
from appliance.core.model import (
    BUILT_IN_SOUNDS,
    FETCHED,
    RECORDED,
    SOUND_NAME,
    SPEECH,
    CallId,
    PlaybackId,
    RecordedSound,
    RecordingId,
    Speech,
    UrlSound,
)
from appliance.runtime.reactor import Reactor

if TYPE_CHECKING:
    from appliance.audio.recorded_sounds import RecordedSounds
    from appliance.audio.speech import Speaker
    from appliance.audio.url_sounds import UrlSounds

OPEN_OR_OVER = {"playback.ready", "playback.stopped", "playback.failed"}
MADE = {SPEECH, FETCHED, RECORDED}


class MadeSounds:
    """Speaks texts, fetches sounds, and plays recordings. A file loses its name once the SIP process has it open.

    recorded: the file of a finished recording; blocks on the disc, and raises IntercomError.
    """

    def __init__(
        self, config: Callable[[], Config], places: Places, reactor: Reactor, recorded: Callable[[str], Path]
    ) -> None:
        self._config, self._directory, self._reactor = config, places.made_sounds, reactor
        self._recorded = recorded
        self._speaker: Speaker | None = None
        self._urls: UrlSounds | None = None
        self._recordings: RecordedSounds | None = None
        self.clear()  # files of an earlier daemon

    async def say(self, wanted: Speech, who: str) -> orders.Reply:
        """Speak a text; the reply comes when its sound is about to begin. Raises IntercomError."""
        return await self.speak(wanted, who, wanted.playback or PlaybackId(ids.new("p")))

    async def speak(
        self, wanted: Speech, who: str, playback: PlaybackId, announces: RecordingId | None = None
    ) -> orders.Reply:
        """Speak a text as the playback with the id that the caller has chosen. announces: as in inputs.PlaySound."""
        from appliance.audio import speech  # noqa: PLC0415  late: few stations speak

        begun, settings = time.monotonic(), self._config().speech
        if self._speaker is None:
            self._speaker = speech.Speaker(self._directory)
        language = wanted.language or settings.language
        # Piper's voice speaks one language only; a request that names a voice names one of espeak-ng.
        by_piper = settings.engine == speech.PIPER and language == settings.language and not wanted.voice
        words = speech.Spoken(
            wanted.text,
            language,
            "" if by_piper else wanted.voice or settings.voice,
            wanted.rate or settings.rate,
            settings.piper_voice if by_piper else "",
        )
        await self._speaker.make(words, self._directory / f"{playback}.wav")
        waited_s = time.monotonic() - begun
        spoken = carried(inputs.PlaySpeech, wanted, playback=playback, waited_s=waited_s, announces=announces)
        return await self._begin(spoken, who)

    async def play(
        self,
        sound: str,
        who: str,
        playback: PlaybackId,
        call: CallId | None = None,
        *,
        speaker: bool = True,
        announces: RecordingId | None = None,
    ) -> orders.Reply:
        """Play a sound by its name on the speaker or into a call, as the playback of that id."""
        playing = inputs.PlaySound(sound=sound, call=call, speaker=speaker, playback=playback, announces=announces)
        return await self._reactor.request(playing, who)

    def names(self) -> list[Json]:
        """The sounds that can be played by name, with whether they are built in. Blocks on the disc."""
        return sound_names(self._config().audio.sounds)

    async def play_url(self, wanted: UrlSound, who: str) -> orders.Reply:
        """Play the sound of a URL; the reply comes when it is about to begin. Raises IntercomError."""
        from appliance.audio.url_sounds import UrlSounds  # noqa: PLC0415  late: few stations fetch sounds

        begun, hosts = time.monotonic(), self._config().audio.url_hosts
        if self._urls is None:
            self._urls = UrlSounds(self._directory)
        playback = wanted.playback or PlaybackId(ids.new("p"))
        await self._urls.fetch(wanted.url, self._directory / f"{playback}.wav", hosts)
        waited_s = time.monotonic() - begun
        return await self._begin(carried(inputs.PlayUrl, wanted, playback=playback, waited_s=waited_s), who)

    async def play_recording(self, wanted: RecordedSound, who: str) -> orders.Reply:
        """Play a recording; the reply comes when it is about to begin. Raises IntercomError."""
        from appliance.audio.recorded_sounds import RecordedSounds  # noqa: PLC0415  late: few stations play them

        begun = time.monotonic()
        if self._recordings is None:
            self._recordings = RecordedSounds(self._directory)
        sound = await asyncio.to_thread(self._recorded, wanted.recording)
        playback = wanted.playback or PlaybackId(ids.new("p"))
        await self._recordings.place(sound, self._directory / f"{playback}.wav")
        waited_s = time.monotonic() - begun
        return await self._begin(carried(inputs.PlayRecording, wanted, playback=playback, waited_s=waited_s), who)

    def take(self, envelope: Json) -> None:
        """Remove the file of a playback that has it open, or is over."""
        if envelope["type"] in OPEN_OR_OVER and envelope["data"]["sound"] in MADE:
            self._drop(envelope["data"]["playback"])

    def clear(self) -> None:
        """Remove all files."""
        with suppress(OSError):
            for each in self._directory.iterdir():
                each.unlink()
            self._directory.rmdir()

    async def _begin(self, playing: inputs.PlaySpeech | inputs.PlayUrl, who: str) -> orders.Reply:
        """Ask the core for a playback; its file goes if none begins."""
        begins = False
        try:
            reply = await self._reactor.request(playing, who)
            begins = reply.error is None
        finally:
            if not begins:
                self._drop(playing.playback)
        return reply

    def _drop(self, playback: str) -> None:
        (self._directory / f"{playback}.wav").unlink(missing_ok=True)


def sound_names(directory: str) -> list[Json]:
    """The built-in sounds and the files of a directory, each as name and whether it is built in."""
    try:
        files = {each.stem for each in Path(directory).iterdir() if each.suffix == ".wav"} if directory else set()
    except OSError:  # playback.failed says why, when one is played
        files = set()
    own = {name for name in files if re.fullmatch(SOUND_NAME, name)}
    return [{"name": name, "built_in": name not in own} for name in sorted(own.union(BUILT_IN_SOUNDS))]
