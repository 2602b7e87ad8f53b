"""Wiegand readers on lines: cards and keys become inputs, with the kernel's own time of each pulse."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.core.inputs import CardRead, Input, KeypadKey, ReadingDiscarded
from appliance.core.model import KeypadId, ReaderId
from appliance.panel.entry.wiegand_frames import Card, Discarded, Frames, Key, Reading
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import PinName, called

if TYPE_CHECKING:
    from appliance.panel.gpio.line_group import LineEdge, LineGroup

REPORT_EACH_S = 10.0  # shortest time between two reports about a cable with interference


class WiegandWiring(Record):
    """A reader's lines D0 and D1, on one chip, high at rest. `lengths`: of cards, in bits; keypad: for its keys.

    pull: "up" for the chip's own resistors, "none" for resistors of the wiring. timeout_s: how long after its last
    pulse a frame ends.
    """

    id: ReaderId
    d0: PinName
    d1: PinName
    lengths: frozenset[int] = frozenset({26, 34})
    keypad: KeypadId | None = None
    pull: Literal["up", "none"] = "up"
    timeout_s: float = 0.05


class WiegandReader:
    """One reader; on the loop's thread. Lost lines are claimed again."""

    def __init__(self, wiring: WiegandWiring, claims: Claims, post: Callable[[Input], None]) -> None:
        self._wiring, self._claims, self._post = wiring, claims, post
        self._name = f"reader {wiring.id} ({called(wiring.d0)}, {called(wiring.d1)})"
        self._loop = asyncio.get_running_loop()
        self._block: LineGroup | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._frames = self._none_yet()
        self._reports = DiscardReports(wiring.id, self._loop, post)
        claims.take(self._name, self._take)

    def close(self) -> None:
        """Release the lines."""
        self._release()
        self._reports.close()

    def _take(self) -> None:
        from appliance.panel.gpio.line_group import LineGroup  # noqa: PLC0415  late: libgpiod is loaded only where it is needed

        wiring = self._wiring
        self._frames = self._none_yet()
        self._block = LineGroup((wiring.d0, wiring.d1), wiring.pull, self._pulses, self._lost)

    def _none_yet(self) -> Frames:
        wiring = self._wiring
        return Frames(wiring.lengths, keys=wiring.keypad is not None, timeout_s=wiring.timeout_s)

    def _lost(self, why: IntercomError) -> None:
        self._release()
        self._claims.lost(self._name, self._take, why)

    def _release(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._block:
            self._block.close()
        self._timer = self._block = None

    def _pulses(self, pulses: list["LineEdge"]) -> None:
        for pulse in pulses:
            last = self._frames.last
            self._report(self._frames.pulse(pulse.line, pulse.at, after_loss=pulse.after_loss), last)
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        left = max(0.0, self._frames.ends_at - self._loop.time())
        self._timer = self._loop.call_later(left, self._due)

    def _due(self) -> None:
        """Check whether the frame has ended. All pulses so far are known: the loop reads them before its timers."""
        self._timer = None
        now = self._loop.time()
        if now < self._frames.ends_at:
            self._wait()
        else:
            self._report(self._frames.due(now), self._frames.last)

    def _report(self, reading: Reading | None, at: float) -> None:
        match reading:
            case None:
                pass
            case Card(number=number, bits=bits):
                self._post(CardRead(at=at, reader=self._wiring.id, number=number, bits=bits))
            case Key(key=key):
                if self._wiring.keypad is not None:
                    self._post(KeypadKey(at=at, keypad=self._wiring.keypad, key=key))
            case Discarded(why=why):
                self._reports.discarded(why)


class DiscardReports:
    """Reports discarded frames of a reader: the first at once, the following ones together."""

    def __init__(self, reader: ReaderId, loop: asyncio.AbstractEventLoop, post: Callable[[Input], None]) -> None:
        self._reader, self._loop, self._post = reader, loop, post
        self._count, self._why = 0, ""
        self._timer: asyncio.TimerHandle | None = None

    def discarded(self, why: str) -> None:
        """Count and report one more."""
        self._count, self._why = self._count + 1, why
        if self._timer is None:
            self._report()

    def close(self) -> None:
        """Stop reporting."""
        if self._timer:
            self._timer.cancel()

    def _report(self) -> None:
        self._timer = None
        if self._count:
            count, self._count = self._count, 0
            self._post(ReadingDiscarded(at=self._loop.time(), reader=self._reader, count=count, why=self._why))
            self._timer = self._loop.call_later(REPORT_EACH_S, self._report)
