"""Several lines of one GPIO chip, claimed together by libgpiod 2.

For what single pins cannot do: levels of several lines set or read at one moment, edges of several lines in the order
in which they came, and the notice that some were lost. On any board, whatever gpiozero uses for buttons and lamps.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal

import gpiod
from gpiod.line import Bias, Direction, Drive, Edge, Value

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.panel import guard
from appliance.panel.gpio.chip_pins import CONSUMER, locate, trouble, unusable
from appliance.panel.gpio.line_names import PinName, called

EVENTS_KEPT = 1024  # edges that the kernel stores while the loop is busy: its maximum (GPIO_V2_LINES_MAX * 16)
Pull = Literal["up", "none"]
_BIAS = {"up": Bias.PULL_UP, "none": Bias.DISABLED}


class LineEdge(Record):
    """An edge. at: CLOCK_MONOTONIC seconds by the kernel; after_loss: earlier edges of the group were lost."""

    line: int
    at: float
    after_loss: bool


class LineGroup:
    """The lines, numbered as given, until `close`; on the asyncio loop's thread.

    inputs: lines that are read, with the chip's pull-up resistor or without, and whose edges go to `edges`: falling
    ones, or both. outputs: lines that are driven low or released (open drain). lost: called when the chip is removed;
    the lines are released by then. Raises IntercomError if a line is not available, or if they are on several chips.
    """

    def __init__(
        self,
        inputs: tuple[PinName, ...],
        pull: Pull,
        edges: Callable[[list[LineEdge]], None],
        lost: Callable[[IntercomError], None],
        *,
        outputs: tuple[PinName, ...] = (),
        both: bool = False,
    ) -> None:
        self._edges, self._lost = edges, lost
        self._what = ", ".join(called(name) for name in (*inputs, *outputs))
        path, offsets = self._find((*inputs, *outputs))
        self._inputs, self._outputs = offsets[: len(inputs)], offsets[len(inputs) :]
        self._number = {offset: number for number, offset in enumerate(self._inputs)}
        self._newest = 0  # of the kernel's sequence numbers
        seen = gpiod.LineSettings(
            direction=Direction.INPUT, bias=_BIAS[pull], edge_detection=Edge.BOTH if both else Edge.FALLING
        )
        driven = gpiod.LineSettings(direction=Direction.OUTPUT, drive=Drive.OPEN_DRAIN, output_value=Value.ACTIVE)
        wanted = dict.fromkeys(self._inputs, seen) | dict.fromkeys(self._outputs, driven)
        self._request = self._take(path, wanted)
        self._loop = asyncio.get_running_loop()
        self._watched = False
        self.watch()

    def close(self) -> None:
        """Release the lines; may be called twice."""
        if self._request is not None:
            self.ignore()
            self._request.release()
        self._request = None

    def watch(self) -> None:
        """Report edges, also the edges that the kernel has stored since `ignore`."""
        if self._request is not None and not self._watched:
            self._watched = True
            self._loop.add_reader(self._request.fd, self._read)

    def ignore(self) -> None:
        """Report no edges until `watch`."""
        if self._watched:
            self._watched = False
            self._loop.remove_reader(self._request.fd)

    def forget(self) -> None:
        """Discard the edges that came."""
        with suppress(_Gone):
            while self._come():
                pass

    def drive(self, low: Iterable[int]) -> None:
        """Drive these outputs low and release the others, all at once."""
        wanted = set(low)
        levels: Mapping[Any, Value] = {
            offset: Value.INACTIVE if number in wanted else Value.ACTIVE for number, offset in enumerate(self._outputs)
        }
        with suppress(_Gone):
            self._try(lambda: self._request.set_values(levels))

    def low(self) -> frozenset[int]:
        """The inputs that are low now; none once the lines are lost."""
        try:
            levels = self._try(lambda: self._request.get_values(self._inputs))
        except _Gone:
            return frozenset()
        return frozenset(number for number, level in enumerate(levels) if level is Value.INACTIVE)

    @property
    def held(self) -> bool:
        """Whether the lines are still held."""
        return self._request is not None

    def _read(self) -> None:
        with suppress(_Gone):
            while came := self._come():
                self._edges([self._seen(event) for event in came])
                if not self._watched:  # the callback has called `ignore`
                    return

    def _seen(self, event: Any) -> LineEdge:
        whole = event.global_seqno == self._newest + 1
        self._newest = event.global_seqno
        return LineEdge(self._number[event.line_offset], event.timestamp_ns / 1e9, after_loss=not whole)

    def _come(self) -> list[Any]:
        def read() -> list[Any]:
            return self._request.read_edge_events() if self._request.wait_edge_events(0) else []

        came: list[Any] = self._try(read)
        return came

    def _try(self, act: Callable[[], Any]) -> Any:
        """The result of `act`. Raises _Gone if the lines are lost, which was reported then."""
        if self._request is None:
            raise _Gone
        try:
            return act()
        except OSError as error:
            self.close()
            self._lost(trouble(self._what, error))
            raise _Gone from error

    def _find(self, names: tuple[PinName, ...]) -> tuple[str, list[int]]:
        try:
            found = [locate(name) for name in names]
        except guard.Refused as refused:
            raise unusable(self._what, refused.cause, refused.remedy) from refused
        except OSError as error:
            raise trouble(self._what, error) from error
        paths = {path for path, _ in found}
        if len(paths) > 1:
            cause = f"they are lines of several chips: {', '.join(sorted(paths))}"
            raise unusable(self._what, cause, "wire all of them to one chip")
        return paths.pop(), [offset for _, offset in found]

    def _take(self, path: str, wanted: dict[int, Any]) -> Any:
        try:
            with gpiod.Chip(path) as chip:
                try:
                    return chip.request_lines(wanted, consumer=CONSUMER, event_buffer_size=EVENTS_KEPT)
                except OSError as error:
                    users = [chip.get_line_info(offset).consumer for offset in wanted]
                    raise trouble(self._what, error, ", ".join(dict.fromkeys(filter(None, users)))) from error
        except OSError as error:
            raise trouble(self._what, error) from error


class _Gone(Exception):  # noqa: N818  what happened
    """The lines are lost."""
