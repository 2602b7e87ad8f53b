"""Visible signs of a station, to wait for: events, SIP messages, lamps, the door's relay, packets, a recording."""

import array
import asyncio
import io
import math
import time
import wave
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from appliance.base.record import Record
from appliance.demo.sip_trace import TracedMessage
from appliance.demo.stations import DemoStation

FRONT, KITCHEN = "front", "kitchen"
ASK_EVERY_S = 0.1  # for HTTP requests
FULL_SCALE = 32768
BLOCK_S = 0.1
SPEECH_DBFS, SPEECH_S = -40.0, 1.0  # the least level and length of speech, in blocks


class Side:
    """A station, as seen since the step began."""

    def __init__(self, station: DemoStation) -> None:
        self.station = station
        self.recording: Path | None = None
        self.answered = ""  # the last answer by HTTP
        self.energised: set[str] = set()  # doors whose relay was energised in this step
        self._events = self._messages = self._lamps = 0
        self._packets: int | None = None
        self._grown = 0

    def begin(self) -> None:
        """Begin a step: earlier observations do not count for it."""
        self._events = len(self.station.events)
        self._messages = len(self.station.trace.read())
        self._lamps = len(self.station.lamps)
        self._packets, self._grown = None, 0
        self.energised = set()

    def events(self, *, earlier: bool = False) -> list[dict[str, Any]]:
        """Events of this step, or of all."""
        return self.station.events[0 if earlier else self._events :]

    def messages(self) -> list[TracedMessage]:
        """SIP messages of this step."""
        return self.station.trace.read()[self._messages :]

    def lamps(self) -> list[dict[str, Any]]:
        """Changes of lamps in this step."""
        return [change for change in self.station.lamps[self._lamps :] if "lamp" in change]

    async def packets(self) -> int:
        """The number of RTP packets that arrived in this step; a new stream counts from 0."""
        await asyncio.sleep(ASK_EVERY_S)
        calls = (await self.station.get("/v1/calls"))["calls"]
        received = sum((call.get("quality") or {}).get("received", 0) for call in calls)
        before = received if self._packets is None else self._packets
        self._grown += received - before if received >= before else received
        self._packets = received
        self.answered = f"{self._grown} packets"
        return self._grown


Scene = dict[str, Side]


class Sight(Record):
    """An expectation. side: its station; look: when it was met (CLOCK_MONOTONIC), None if not yet.

    seen: the present observation, for people; where: the file with details. exact: the moment is the moment of the
    sign, not of the check that found it.
    """

    side: str
    text: str
    look: Callable[[Side], Awaitable[float | None]]
    seen: Callable[[Side], str]
    where: Callable[[Side], Path]
    exact: bool = False


async def now(_scene: Scene) -> float:
    """A cue of a step without an act: return the present time."""
    return time.monotonic()


def event(side: str, kind: str, *, earlier: bool = False, **data: object) -> Sight:
    """An event with this data. earlier: it may have come before this step."""

    async def look(of: Side) -> float | None:
        for envelope in of.events(earlier=earlier):
            if envelope["type"] == kind and all(envelope["data"].get(name) == value for name, value in data.items()):
                return float(envelope["uptime"])
        return None

    text = " ".join(["event", kind, *(f"{name}={value}" for name, value in data.items())])
    return Sight(side, text, look, lambda of: _listed(envelope["type"] for envelope in of.events()), _log, exact=True)


def wire(
    side: str, method: str, status: int = 0, *, direction: str = "", digits: bool = False, again: bool = False
) -> Sight:
    """A SIP message that this side received: a request, or with `status` the response to ours.

    direction: of its SDP; digits: it accepts telephone-event; again: within a dialog.
    """

    async def look(of: Side) -> float | None:
        for message in of.messages():
            if (
                message.received
                and (message.method, message.status) == (method, status)
                and direction in {"", message.direction}
                and (message.takes_digits or not digits)
                and (message.to_tag or not again)
            ):
                return message.at - time.time() + time.monotonic()
        return None

    what = f"{status} to {method}" if status else method
    what = f"re-{what}" if again and not status else what
    more = [part for part in (direction, "telephone-event" if digits else "") if part]
    text = f"receives {what}" + (f" with {' and '.join(more)}" if more else "")

    def seen(of: Side) -> str:
        return _listed(map(str, of.messages()))

    return Sight(side, text, look, seen, lambda of: of.station.trace.path, exact=True)


def lamp(side: str, name: str, *, lit: bool | None = None) -> Sight:
    """A lamp's line changes, or is on or off."""

    async def look(of: Side) -> float | None:
        for change in of.lamps():
            if change["lamp"] == name and lit in {None, change["lit"]}:
                return float(change["at"])
        return None

    text = f"lamp {name} " + {None: "changes", True: "is lit", False: "is off"}[lit]

    def seen(of: Side) -> str:
        return _listed(f"lamp {change['lamp']} {'on' if change['lit'] else 'off'}" for change in of.lamps())

    return Sight(side, text, look, seen, _log, exact=True)


def relay(side: str, door: str, *, energised: bool) -> Sight:
    """A door's relay line, as the guard process drives it; at rest counts only after it was energised."""

    def level(of: Side) -> str:
        try:
            return (of.station.directory / f"relay-{door}").read_text()[:1]
        except FileNotFoundError:
            return "no line"

    async def look(of: Side) -> float | None:
        if level(of) == "1":
            of.energised.add(door)
        seen = door in of.energised if energised else door in of.energised and level(of) == "0"
        return time.monotonic() if seen else None

    text = f"relay of door {door} is {'energised' if energised else 'at rest'}"
    return Sight(side, text, look, level, lambda of: of.station.directory / f"relay-{door}")


def packets(side: str, count: int) -> Sight:
    """At least `count` RTP packets have arrived since the step began."""

    async def look(of: Side) -> float | None:
        return time.monotonic() if await of.packets() >= count else None

    return Sight(side, f"receives {count} RTP packets", look, lambda of: of.answered, _log)


def by(side: str, text: str, path: tuple[str, ...], wanted: object) -> Sight:
    """A value in `GET /v1/state`."""

    async def look(of: Side) -> float | None:
        await asyncio.sleep(ASK_EVERY_S)
        found = await of.station.get("/v1/state")
        for key in path:
            found = found[key]
        of.answered = f"{'.'.join(path)} is {found}"
        return time.monotonic() if found == wanted else None

    return Sight(side, text, look, lambda of: of.answered, _log)


def door_ready(side: str, door: str) -> Sight:
    """The relay guard has that door."""

    async def look(of: Side) -> float | None:
        await asyncio.sleep(ASK_EVERY_S)
        doors = (await of.station.get("/v1/state"))["doors"]
        of.answered = f"doors: {doors}"
        return time.monotonic() if any(each["id"] == door and each["available"] for each in doors) else None

    return Sight(side, f"the relay of door {door} can be operated", look, lambda of: of.answered, _log)


def page(side: str) -> Sight:
    """The page's address is known."""

    async def look(of: Side) -> float | None:
        try:
            return time.monotonic() if of.station.page else None
        except OSError as error:
            of.answered = str(error)
            return None

    return Sight(side, "the page is served", look, lambda of: of.answered, _log)


def speech(side: str) -> Sight:
    """The newest recording, fetched as a client would, holds speech."""

    async def look(of: Side) -> float | None:
        await asyncio.sleep(ASK_EVERY_S)
        recordings = (await of.station.get("/v1/recordings"))["recordings"]
        if not recordings:
            of.answered = "no recording"
            return None
        newest = recordings[0]
        loud_s = _loud_s(await of.station.get(newest["url"]))
        of.recording = of.station.directory / "recordings" / f"{newest['id']}.wav"
        of.answered = f"{loud_s:.1f} s above {SPEECH_DBFS:.0f} dBFS in {newest['id']}"
        return time.monotonic() if loud_s >= SPEECH_S else None

    text = f"the recording holds speech (1 s above {SPEECH_DBFS:.0f} dBFS)"
    return Sight(side, text, look, lambda of: of.answered, lambda of: of.station.directory / "recordings")


def _loud_s(audio: bytes) -> float:
    """How long a WAV file is as loud as speech."""
    with wave.open(io.BytesIO(audio)) as file:
        rate, samples = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    block = int(rate * BLOCK_S)
    loud = 0
    for start in range(0, len(samples) - block + 1, block):
        power = sum(sample * sample for sample in samples[start : start + block]) / block
        loud += 10 * math.log10(max(power, 1) / FULL_SCALE**2) >= SPEECH_DBFS
    return loud * BLOCK_S


def _listed(things: Iterable[str]) -> str:
    return ", ".join(things) or "nothing"


def _log(of: Side) -> Path:
    return of.station.log
