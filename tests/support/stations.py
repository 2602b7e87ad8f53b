"""Two SIP processes on loopback behind their links, and an ear for tones in what was recorded."""

import asyncio
import math
import signal
import struct
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from appliance.base import ids
from appliance.core import inputs
from appliance.core.desired import CallMedia, Sound
from appliance.core.model import CallId
from appliance.core.orders import Answer, Place, Ring
from appliance.sip.link import Link
from appliance.sip.settings import SipSettings
from tests.support.waiting import noted, until_async

Samples = npt.NDArray[np.float64]

PATIENCE_S = 120.0
RATE = 16000
AMPLITUDE = 8000


class Station:
    """A link and what it has posted. `wait` takes an input out of what has not been waited for yet."""

    def __init__(self, **settings: Any) -> None:
        self.settings = SipSettings(**{"address": "127.0.0.1", **settings})
        self.link = Link(self.settings, self._post)
        self.address = ""
        self.all: list[Any] = []
        self._unseen: list[Any] = []
        self._news = asyncio.Event()

    def _post(self, happened: Any) -> None:
        self.all.append(happened)
        self._unseen.append(happened)
        self._news.set()

    async def wait(self, kind: type[Any], patience: float = PATIENCE_S, **expected: object) -> Any:
        end = time.monotonic() + patience
        while True:
            for place, happened in enumerate(self._unseen):
                if isinstance(happened, kind) and all(getattr(happened, k) == v for k, v in expected.items()):
                    del self._unseen[place]
                    return happened
            self._news.clear()
            try:
                with noted(kind.__name__):
                    await asyncio.wait_for(self._news.wait(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"no {kind.__name__} {expected}; unseen: {self._unseen}") from None

    async def ready(self) -> Self:
        self.address = (await self.wait(inputs.SipReady)).address
        return self

    @property
    def uri(self) -> str:
        return f"sip:{self.settings.user}@{self.address}"

    def of(self, kind: type[Any]) -> list[Any]:
        return [happened for happened in self.all if isinstance(happened, kind)]


@asynccontextmanager
async def stations(*several: Any) -> AsyncIterator[Any]:
    """Each with its settings; started, and stopped afterwards whatever happens."""
    made = [Station(**settings) for settings in several]
    try:
        for station in made:
            await station.link.start()
        for station in made:
            await station.ready()
        yield made
    finally:
        children = [station.link._child for station in made if station.link.pid]
        for station in made:
            await station.link.stop()
    # Misuse of pjsua2 shows as an abort when it is freed. (Not asked after a failure, which says more.)
    # A card that is slow to close may cost it SIGALRM.
    for child in children:
        assert child is None or child.status not in {-signal.SIGABRT, -signal.SIGSEGV, 1}, (
            f"the SIP process ended with {child.status}"
        )


def talk(
    call: CallId, *, held: bool = False, microphone: bool = True, speaker: bool = True, recording: Any = None
) -> Sound:
    return Sound((CallMedia(call, held, microphone, speaker, tone=False, recording=recording),))


async def place(caller: Station, callee: Station) -> tuple[CallId, CallId]:
    """The caller's call, ringing at the callee: both ids."""
    ours = CallId(ids.new("c"))
    caller.link.order(Place(ours, callee.uri))
    theirs = (await callee.wait(inputs.CallArrived)).call
    callee.link.order(Ring(theirs))
    await caller.wait(inputs.CallProgressed, call=ours, code=180, early_media=False)
    return ours, theirs


async def connect(caller: Station, callee: Station) -> tuple[CallId, CallId]:
    ours, theirs = await place(caller, callee)
    callee.link.order(Answer(theirs))
    for station, call in ((caller, ours), (callee, theirs)):
        await station.wait(inputs.CallConfirmed, call=call)
        await station.wait(inputs.MediaStarted, call=call)
    return ours, theirs


def tone_file(path: Path, hertz: int) -> Path:
    """Two seconds of a tone that can be looped without a click."""
    samples = (round(AMPLITUDE * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(2 * RATE))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


class Ear:
    """Listens to a file of samples while it is written: `header` bytes, which are right only in the end, come first.

    channel: the one that it listens to, where the file has two: 0 or 1.
    """

    def __init__(self, path: Path, header: int = 44, channel: int | None = None) -> None:
        self.path, self._header, self._channel = path, header, channel

    def samples(self) -> Samples:
        data = self.path.read_bytes()[self._header :]
        if self._channel is None:
            return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(float)
        return np.frombuffer(data[: len(data) // 4 * 4], dtype="<i2").astype(float)[self._channel :: 2]

    async def level(self, hertz: int, seconds: float = 0.5) -> float:
        """dB against what tone_file holds, in the next half second that is recorded."""
        start = self._recorded()
        await until_async(lambda: self._recorded() >= start + seconds * RATE, f"{self.path} to grow")
        return level(self.samples()[start:], hertz)

    def _recorded(self) -> int:
        """How many samples there are."""
        return max(0, self.path.stat().st_size - self._header) // (2 if self._channel is None else 4)

    async def hears(self, hertz: int, low: float, high: float) -> None:
        """Its level comes to lie between the two (and the sound on its way there may take its time)."""
        end = time.monotonic() + PATIENCE_S
        while not low <= (found := await self.level(hertz)) <= high:
            assert time.monotonic() < end, f"{hertz} Hz at {found:.1f} dB, not within {low} to {high}"


def level(samples: Samples, hertz: int) -> float:
    window = np.hanning(len(samples))
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE)
    amplitude = 2 * abs(np.sum(samples * window * phase)) / window.sum()
    return 20 * math.log10(max(amplitude, 1e-3) / AMPLITUDE)
