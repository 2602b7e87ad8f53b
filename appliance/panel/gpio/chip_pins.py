"""gpiozero's pins on the kernel's GPIO character devices, by libgpiod 2 (Python module gpiod).

For boards that gpiozero has no library for. No thread: the asyncio loop wakes when a line's descriptor is readable, and
an edge has the kernel's time (CLOCK_MONOTONIC). An output is requested with its level in one ioctl; the kernel sets the
bias.

gpiozero's own interface for this differs between 1.6.2 (Debian 13) and 2.0: see `reserve_pins` and `ChipPin.number`.
"""

import asyncio
import errno
import os
import time
from collections.abc import Callable
from types import MethodType, SimpleNamespace
from typing import Any
from weakref import WeakMethod, ref

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero import GPIOPinInUse, PinInvalidBounce, PinInvalidFunction, PinInvalidPull, PinSetInput
from gpiozero.pins import Factory, Pin

from appliance.base.errors import ErrorCode, IntercomError
from appliance.panel import guard
from appliance.panel.gpio.line_names import ChipLine, PinName

CONSUMER = "intercomd"
Lost = Callable[[IntercomError], None]
EVENTS_KEPT = 64  # edges that the kernel stores while the loop is busy, the newest
PAUSE_S = 0.02  # after so many at once, a line is not read for a while: an oscillating one must not use all our time
# Labels of the chips whose offsets are the GPIO numbers of a Raspberry Pi: of 0 to 3, of 4, of 5.
RASPBERRY_PI = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")

BIAS = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
EDGES = {"none": Edge.NONE, "rising": Edge.RISING, "falling": Edge.FALLING, "both": Edge.BOTH}


class ChipFactory(Factory):  # type: ignore[misc]  # gpiozero has no types
    """Makes pins of ChipLines, and on a Raspberry Pi of numbers (17, "GPIO17").

    Its pins belong to the thread of a running asyncio loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pins: dict[PinName, ChipPin] = {}

    def close(self) -> None:
        """Release all lines."""
        for pin in self._pins.values():
            pin.close()
        self._pins.clear()

    def pin(self, name: PinName) -> "ChipPin":
        """Return the pin of that name, always the same one; its line is not claimed yet."""
        return self._pins.setdefault(name, ChipPin(name))

    # Both versions' own methods would look the name up among the pins of a Raspberry Pi's header.

    def reserve_pins(self, requester: Any, *names: PinName) -> None:
        """Reserve the pins for one device. Raises GPIOPinInUse."""
        with self._res_lock:
            for name in names:
                for other in (reservation() for reservation in self._reservations[name]):
                    if other is not None and requester._conflicts_with(other):  # noqa: SLF001  gpiozero's interface
                        raise GPIOPinInUse(f"{name} is already in use by {other!r}")
                self._reservations[name].append(ref(requester))

    def release_pins(self, reserver: Any, *names: PinName) -> None:
        """Release the reservation of `reserve_pins`, if there is one."""
        with self._res_lock:
            for name in names:
                kept = [each for each in self._reservations[name] if each() not in {reserver, None}]
                self._reservations[name] = kept

    def release_all(self, reserver: Any) -> None:
        """Release all pins of a device."""
        self.release_pins(reserver, *list(self._reservations))

    @staticmethod
    def ticks() -> float:
        """CLOCK_MONOTONIC in seconds, the clock of the kernel's edges."""
        return time.monotonic()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two `ticks`."""
        return later - earlier


class ChipPin(Pin):  # type: ignore[misc]  # gpiozero has no types
    """One line; claimed when its function is set, until `close`. `state` is the level, 1 for high.

    `edge_at` is the time (`ticks`) of the newest edge while it is reported. Failures are IntercomErrors with cause and
    remedy. `when_lost` is called with one when the line's chip is removed; the line is released by then.
    """

    def __init__(self, name: PinName) -> None:
        super().__init__()
        self.number = name  # 1.6.2 passes it to release_pins
        self.when_lost: Lost | None = None
        self.edge_at = 0.0
        self._request: Any = None
        self._offset = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._forget()

    def __repr__(self) -> str:
        return str(self.number)

    def close(self) -> None:
        """Release the line; may be called twice."""
        self._release()
        self._forget()

    def output_with_state(self, state: Any) -> None:
        """Make it an output with this level, in one step: a lamp that is on at 0 V does not flash."""
        self._function, self._level = "output", bool(state)
        self._apply()

    def _forget(self) -> None:
        self.when_lost = None
        self._function, self._level = "input", False
        self._pull, self._edges = "floating", "both"
        self._when_changed: Callable[[], Any] | None = None

    def _get_info(self) -> SimpleNamespace:
        return SimpleNamespace(name=self.number)  # 2.0 passes it to release_pins

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in {"input", "output"}:
            raise PinInvalidFunction(f"the function of {self!r} cannot be {value!r}")
        self._function = value
        self._apply()

    def _get_state(self) -> int:
        try:
            return int(self._held().get_value(self._offset) is Value.ACTIVE)
        except OSError as error:
            raise self._trouble(error) from error

    def _set_state(self, value: Any) -> None:
        if self._function != "output":
            raise PinSetInput(f"{self!r} is an input")
        self._level = bool(value)
        try:
            self._held().set_value(self._offset, Value.ACTIVE if self._level else Value.INACTIVE)
        except OSError as error:
            raise self._trouble(error) from error

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if value not in BIAS:
            raise PinInvalidPull(f"the pull of {self!r} cannot be {value!r}")
        self._pull = value
        self._apply()

    def _get_bounce(self) -> float | None:
        return None

    def _set_bounce(self, value: float | None) -> None:
        if value is not None:  # the kernel's debounce would hide short pulses, and give an edge the time of its end
            raise PinInvalidBounce(f"the bounce of {self!r} is for the core")

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        self._edges = value
        self._apply()

    def _get_when_changed(self) -> Any:
        return self._when_changed and self._when_changed()

    def _set_when_changed(self, value: Any) -> None:
        # Methods weakly, as gpiozero's own pins do: a device without references closes itself.
        self._when_changed = WeakMethod(value) if isinstance(value, MethodType) else value and (lambda: value)
        self._apply()

    def _held(self) -> Any:
        if self._request is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return self._request

    def _settings(self) -> Any:
        if self._function == "output":
            level = Value.ACTIVE if self._level else Value.INACTIVE
            return gpiod.LineSettings(direction=Direction.OUTPUT, output_value=level)
        return gpiod.LineSettings(
            direction=Direction.INPUT,
            bias=BIAS[self._pull],
            edge_detection=EDGES[self._edges] if self._when_changed else Edge.NONE,
        )

    def _apply(self) -> None:
        """Apply the settings to the line. Raises IntercomError."""
        try:
            if self._request is not None:
                self._request.reconfigure_lines({self._offset: self._settings()})
                return
            path, self._offset = locate(self.number)
            with gpiod.Chip(path) as chip:
                try:
                    self._request = chip.request_lines(
                        {self._offset: self._settings()}, consumer=CONSUMER, event_buffer_size=EVENTS_KEPT
                    )
                except OSError as error:
                    raise self._trouble(error, chip.get_line_info(self._offset).consumer) from error
        except guard.Refused as refused:
            raise unusable(self, refused.cause, refused.remedy) from refused
        except OSError as error:
            raise self._trouble(error) from error
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._request.fd, self._read)

    def _read(self) -> None:
        try:
            came = self._request.read_edge_events()
        except OSError as error:
            lost, trouble = self.when_lost, self._trouble(error)
            self._release()
            if lost:
                lost(trouble)
            return
        if self._loop and len(came) >= EVENTS_KEPT:
            self._loop.remove_reader(self._request.fd)
            self._pause = self._loop.call_later(PAUSE_S, self._loop.add_reader, self._request.fd, self._read)
        for event in came:
            if self._when_changed and (call := self._when_changed()):
                self.edge_at = event.timestamp_ns / 1e9
                call(self.edge_at, int(event.event_type is event.Type.RISING_EDGE))

    def _release(self) -> None:
        if self._request is None:
            return
        if self._pause:
            self._pause.cancel()
        if self._loop:
            self._loop.remove_reader(self._request.fd)
        self._request.release()
        self._request = None

    def _trouble(self, error: OSError, consumer: str = "") -> IntercomError:
        return trouble(self, error, consumer)


def trouble(line: object, error: OSError, consumer: str = "") -> IntercomError:
    """The error for the kernel's refusal; `line`: its name for people, `consumer`: who uses it."""
    match error.errno:
        case errno.EBUSY:
            return unusable(line, f"in use by {consumer or 'the kernel'!r}", guard.FREE_IT)
        case errno.ENODEV:
            return unusable(line, "its chip was removed", "reconnect it: the line is claimed again by itself")
        case errno.EACCES | errno.EPERM:
            return unusable(line, f"its chip cannot be opened: {error.strerror}", guard.OPEN_IT)
        case _:
            return unusable(line, error.strerror or str(error), "the kernel's log (dmesg) may say more")


def unusable(line: object, cause: str, remedy: str) -> IntercomError:
    """The error for a line that cannot be used."""
    return IntercomError(ErrorCode.UNAVAILABLE, f"{line} cannot be used", cause, remedy)


def locate(name: PinName) -> tuple[str, int]:
    """Return a chip's path and a line's offset. Raises guard.Refused."""
    if isinstance(name, ChipLine):
        return guard.find(name.chip, name.line)
    number = str(name).removeprefix("GPIO")
    known, shut = guard.chips()
    label = next((label for _, label, _ in known if label in RASPBERRY_PI), None)
    if label is None and not shut:
        cause = f"pin {name} is a number of a Raspberry Pi, and this machine has no such chip"
        raise guard.Refused(1, cause, "name the line by chip and line, as gpioinfo shows them")
    return guard.find(label or " or ".join(RASPBERRY_PI), number)
