"""Announcements of recordings: a sound or texts, to the far end and the visitor, before the recording may begin.

A visitor is asked for a message in the same way.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial

from appliance.app.made_sounds import MadeSounds
from appliance.base import ids, times
from appliance.base.errors import IntercomError
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core.inputs import Input, RecordingAnnounced
from appliance.core.model import PlaybackEnd, PlaybackId, RecordingId, Speech
from appliance.core.orders import AnnounceRecording, DropAnnouncement

WHO = "announcement"
BEEP = "ok"  # after which a visitor's message begins
OVER = {"playback.finished", "playback.stopped", "playback.failed"}
CUT_OFF = "Its sound was cut off: {}."
HELD = CUT_OFF.format(PlaybackEnd.HELD)


class RecordingAnnouncer:
    """Posts for each announcement whether it was played to its end.

    One that another sound replaces, such as that the door is open, is played again after that sound.
    """

    def __init__(self, config: Callable[[], Config], sounds: MadeSounds, post: Callable[[Input], None]) -> None:
        self._config, self._sounds, self._post = config, sounds, post
        self._tasks: dict[RecordingId, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()  # one at a time: the speaker, and perhaps the far end, hear all of them
        # By playback: why it was not heard to its end; None: it is to be played again.
        self._playing: dict[str, asyncio.Future[str | None]] = {}
        self._replaced: list[asyncio.Future[str | None]] = []  # the playbacks that another sound has replaced

    def announce(self, order: AnnounceRecording) -> None:
        """Begin an announcement."""
        task = asyncio.create_task(self._announce(order), name="announcement of a recording")
        self._tasks[order.recording] = task
        task.add_done_callback(partial(self._over, order.recording))

    def drop(self, order: DropAnnouncement) -> None:
        """Give up an announcement: what plays of it the core has stopped."""
        if (task := self._tasks.get(order.recording)) is not None:
            task.cancel()

    def _over(self, recording: RecordingId, task: asyncio.Task[None]) -> None:
        if self._tasks.get(recording) is task:
            del self._tasks[recording]

    def take(self, envelope: Json) -> None:
        """Note that a playback is over."""
        if not self._playing or envelope["type"] not in OVER:
            return
        data = envelope["data"]
        over = self._playing.get(data["playback"])
        if over is None:
            waiting, self._replaced = self._replaced, []
            for each in waiting:
                _set(each, None)
        elif data.get("reason") == PlaybackEnd.REPLACED:
            self._replaced.append(over)
        else:
            _set(over, _fault(envelope["type"], data))

    async def stop(self) -> None:
        """Announce nothing more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _announce(self, order: AnnounceRecording) -> None:
        try:
            why = await asyncio.wait_for(self._play(order), times.current.announcement_s)
        except TimeoutError:  # an OSError too
            why = "It took too long."
        except (IntercomError, OSError) as err:
            why = str(err)
        heard = RecordingAnnounced(
            at=time.monotonic(), call=order.call, recording=order.recording, why=why, held=why == HELD
        )
        self._post(heard)

    async def _play(self, order: AnnounceRecording) -> str:
        """Play all its parts, one after another; returns why the first one that failed was not heard to its end."""
        async with self._turn:
            for part in self._parts(order):
                while (why := await self._play_part(part, order)) is None:
                    pass
                if why:
                    return why
        return ""

    async def _play_part(self, part: Speech | str, order: AnnounceRecording) -> str | None:
        """Play one part; returns why it was not heard, "" if it was, None if it must be played again."""
        playback = PlaybackId(ids.new("p"))
        over = self._playing[playback] = asyncio.get_running_loop().create_future()
        try:
            begun = await (
                self._sounds.play(
                    part, WHO, playback, order.call or None, speaker=order.speaker, announces=order.recording
                )
                if isinstance(part, str)
                else self._sounds.speak(part, WHO, playback, order.recording)
            )
            return await over if begun.error is None else str(begun.error)
        finally:
            del self._playing[playback]

    def _parts(self, order: AnnounceRecording) -> Iterator[Speech | str]:
        """The parts to play: the name of a sound, or texts."""
        settings, speech = self._config().recording, self._config().speech
        if not order.spoken:
            yield settings.announce_sound
            return
        from appliance.audio import announcements  # noqa: PLC0415  late: few stations speak

        name, text = ("recorded", settings.announce_text) if order.call else ("message", settings.message_text)
        texts = [(speech.language, text)]
        if not text:
            own = announcements.base(speech.language)
            otherwise = own if own in announcements.languages() else "en"
            texts = list(announcements.texts(name, speech.announce or (otherwise,), speech.language))
        for language, each in texts:
            yield Speech(each, language, call=order.call or None, speaker=order.speaker)
        if not order.call:
            yield BEEP


def _set(over: "asyncio.Future[str | None]", why: str | None) -> None:
    if not over.done():
        over.set_result(why)


def _fault(event: str, data: Json) -> str:
    """Why a playback that is over was not heard to its end; "" if it was."""
    if event == "playback.finished":
        return ""
    return str(data["why"]) if event == "playback.failed" else CUT_OFF.format(data["reason"])
