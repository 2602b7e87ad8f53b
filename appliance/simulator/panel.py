"""The simulated panel: presses buttons and shows lamps over a Unix socket, through gpiozero's mock pins.

One JSON object a line, each answered by one of the same kind; an error is {"error": text}. Times are CLOCK_MONOTONIC.

{"press": button, "seconds": s}      down for s (0.1 if not given), answered after the release: {"at": of the press};
                                     not sooner than 0.1 s after the release before
{"keys": text, "keypad": keypad}     {"at": moment}
{"card": number, "reader": reader, "bits": bits}   {"at": moment}; 26 bits if not given, 0 as at USB
{"edge": button, "active": bool}     {"at": moment}; a sensor is edged as "sensor." and its id
{"lamps": true}                      {"lamps": {lamp: lit}, "at": moment}
{"watch": "lamps"}                   the same, and then a line {"lamp": lamp, "lit": bool, "at": moment} a change
"""

import asyncio
import json
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import Record
from appliance.simulator.keypads_and_readers import SimulatedEntry

LONGEST_PRESS_S = 60.0
AGAIN_S = 0.1  # a finger needs so long to return, and the contact has settled by then
UNREAD = 1 << 16  # bytes that a slow watcher may leave unread


class SimulatedPin(Record):
    """A button's or lamp's line. `pin`: as the factory names it."""

    pin: object
    active_low: bool


class SimulatedPanel:
    """Drives the pins of buttons as fingers would, and sees the pins of lamps as eyes would.

    Must be created before any pin of `factory` (gpiozero's MockFactory), on the loop's thread.
    """

    def __init__(
        self,
        path: Path,
        factory: Any,
        buttons: dict[str, SimulatedPin],
        lamps: dict[str, SimulatedPin],
        entry: SimulatedEntry,
    ) -> None:
        self._path, self._factory = path, factory
        self._buttons, self._lamps, self._entry = buttons, lamps, entry
        self._watchers: set[StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._free_at: dict[str, float] = {}  # when a button may be pressed again
        self._server: asyncio.Server | None = None
        for name, lamp in lamps.items():
            factory.pin(lamp.pin, pin_class=_reporting_pin(partial(self._changed, name)))

    async def start(self) -> None:
        """Listen. Raises IntercomError."""
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
            self._path.chmod(0o600)
        except OSError as error:
            raise IntercomError(
                ErrorCode.UNAVAILABLE,
                f"The simulated panel cannot listen on {self._path}",
                reason(error),
                "Choose a state directory with a shorter path, writable for this user",
            ) from error

    async def stop(self) -> None:
        """Release pressed buttons, and stop."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            while line := await reader.readline():
                writer.write(_line(await self._answer(line, writer)))
                await writer.drain()
        except (ConnectionError, ValueError):  # gone, or a line without an end
            pass
        finally:
            self._tasks.discard(task)
            self._watchers.discard(writer)
            writer.close()

    async def _answer(self, line: bytes, writer: StreamWriter) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if "press" in request:
                return await self._press(request["press"], float(request.get("seconds", 0.1)))
            if "edge" in request:
                return self._edge(request["edge"], bool(request["active"]))
            if "keys" in request:
                return {"at": self._entry.keys(request["keypad"], str(request["keys"]))}
            if "card" in request:
                return {"at": self._entry.card(request["reader"], str(request["card"]), int(request.get("bits", 26)))}
            if request.get("watch") == "lamps":
                self._watchers.add(writer)
                return self._levels()
            if request.get("lamps"):
                return self._levels()
        except KeyError as error:
            return {"error": f"no button or member {error}; the buttons are: {', '.join(self._buttons)}"}
        except (AttributeError, TypeError, ValueError) as error:
            return {"error": f"not a request of a simulated panel: {error}"}
        return {"error": "not a request of a simulated panel: press, edge, keys, card, lamps or watch is expected"}

    async def _press(self, name: str, seconds: float) -> dict[str, Any]:
        if not 0 <= seconds <= LONGEST_PRESS_S:
            return {"error": f"a press lasts 0 to {LONGEST_PRESS_S:.0f} seconds, not {seconds}"}
        await asyncio.sleep(self._free_at.get(name, 0.0) - time.monotonic())
        try:
            answer = self._edge(name, active=True)
            await asyncio.sleep(seconds)
        finally:
            if name in self._buttons:
                self._free_at[name] = self._edge(name, active=False)["at"] + AGAIN_S
        return answer

    def _edge(self, name: str, active: bool) -> dict[str, Any]:
        button = self._buttons[name]
        pin = self._factory.pin(button.pin)
        now = time.monotonic()
        if active != button.active_low:
            pin.drive_high()
        else:
            pin.drive_low()
        return {"at": now}

    def _levels(self) -> dict[str, Any]:
        lit = {name: self._lit(name, bool(self._factory.pin(lamp.pin).state)) for name, lamp in self._lamps.items()}
        return {"lamps": lit, "at": time.monotonic()}

    def _lit(self, name: str, high: bool) -> bool:
        return high != self._lamps[name].active_low

    def _changed(self, name: str, high: bool) -> None:
        line = _line({"lamp": name, "lit": self._lit(name, high), "at": time.monotonic()})
        for writer in list(self._watchers):
            if writer.transport.get_write_buffer_size() > UNREAD:
                self._watchers.discard(writer)
                writer.close()
            else:
                writer.write(line)


def _reporting_pin(changed: Callable[[bool], None]) -> type[Any]:
    """Return a mock pin class that calls `changed` with each new level."""
    from gpiozero.pins.mock import MockPin  # noqa: PLC0415  late: only where a panel is simulated

    class ReportingPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
        # Every change passes this method; gpiozero's own MockConnectedPin overrides it (1.6.2, 2.0.1).
        def _change_state(self, value: bool) -> bool:
            did = bool(super()._change_state(value))
            if did:
                changed(bool(value))
            return did

    return ReportingPin


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


async def ask(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request to the panel at `path` and return its answer. Raises IntercomError."""
    async with _connected(path) as (reader, writer):
        return await _asked(path, reader, writer, request)


async def watch_lamps(path: Path) -> AsyncIterator[dict[str, Any]]:
    """Yield the lamps' levels, then each change, until the panel is gone. Raises IntercomError."""
    async with _connected(path) as (reader, writer):
        yield await _asked(path, reader, writer, {"watch": "lamps"})
        while line := await reader.readline():
            yield json.loads(line)


@asynccontextmanager
async def _connected(path: Path) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError as error:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"No simulated panel answers at {path}",
            reason(error),
            "Start the station with --demo, and give its own state directory",
        ) from error
    try:
        yield reader, writer
    finally:
        writer.close()


async def _asked(path: Path, reader: StreamReader, writer: StreamWriter, request: dict[str, Any]) -> dict[str, Any]:
    writer.write(_line(request))
    await writer.drain()
    line = await reader.readline()
    answer: dict[str, Any] = json.loads(line) if line else {"error": "it left"}
    if "error" in answer:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, f"The simulated panel at {path} refused", str(answer["error"]))
    return answer
