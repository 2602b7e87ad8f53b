"""An input line: claimed, reported edge by edge, and claimed again when it is lost."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from appliance.base.record import Record
from appliance.panel.gpio.factory import line_errors
from appliance.panel.gpio.line_claims import Claims
from appliance.panel.gpio.line_names import PinName, called

LONGEST_LAG_S = 5.0
SETTLED_S = 0.05  # by then a newly claimed line has followed its pull, however long the cable


class InputWiring(Record):
    """A contact's line; closed means that the contact connects the line to the other side of its resistor.

    `pull` is the board's own resistor; "none" if the wiring has one, which then pulls up.
    """

    id: str
    pin: PinName
    pull: Literal["up", "down", "none"] = "up"

    @property
    def active_low(self) -> bool:
        """Whether the contact pulls its line to ground."""
        return self.pull != "down"


class LineCallbacks(Record, gc=True):
    """Callbacks of a line, in the thread in which gpiozero calls.

    edge: the time of the edge, not of the call, and whether the contact is closed from then on. settled: whether it is
    closed a moment after the line was claimed, and whether it was closed from the first. lost: nothing is known until
    `settled`.
    """

    edge: Callable[[float, bool], None]
    settled: Callable[[bool, bool], None]
    lost: Callable[[], None]


class InputLine:
    """One line. `name` describes it for people. Created on the loop's thread."""

    def __init__(self, name: str, wiring: InputWiring, claims: Claims, heard: LineCallbacks) -> None:
        self._wiring, self._claims, self._heard = wiring, claims, heard
        self._line = f"{name} ({called(wiring.pin)})"
        self._device: Any = None
        self._settling: asyncio.TimerHandle | None = None
        claims.take(self._line, self._take)

    def close(self) -> None:
        """Release the line."""
        if self._settling:
            self._settling.cancel()
        if self._device:
            with suppress(*line_errors()):
                self._device.close()
        self._device = None

    def _take(self) -> None:
        # Late import: the board's libraries are loaded only if there is a panel.
        from gpiozero import DigitalInputDevice  # noqa: PLC0415

        wiring, factory = self._wiring, self._claims.factory
        # Not gpiozero's Button, which starts a thread that wakes ten times a second.
        device = self._device = DigitalInputDevice(
            wiring.pin,
            pull_up={"up": True, "down": False, "none": None}[wiring.pull],
            active_state=False if wiring.pull == "none" else None,
            pin_factory=factory,
        )

        def edge(closed: bool) -> None:
            self._heard.edge(moment(closed), closed)

        def moment(closed: bool) -> float:
            if (at := getattr(device.pin, "edge_at", None)) is not None:  # ChipPin knows it, by this clock
                return float(at)
            since = device.active_time if closed else device.inactive_time
            # A factory that stamps edges with another clock must not lead to a wrong day.
            lag = since if since is not None and 0 <= since < LONGEST_LAG_S else 0.0
            return time.monotonic() - lag

        device.when_activated = lambda: edge(closed=True)
        device.when_deactivated = lambda: edge(closed=False)
        device.pin.when_lost = self._lost  # only ChipPin calls it: other pins do not notice
        try:
            closed = bool(device.is_active)
        except line_errors():
            self.close()  # else the line would be in use by ourselves at the next claim
            raise
        self._settling = asyncio.get_running_loop().call_later(SETTLED_S, self._settled, closed)

    def _settled(self, closed_at_first: bool) -> None:
        try:
            closed = bool(self._device.is_active)
        except line_errors() as error:  # an expander by I2C may leave a reading without an answer
            self._lost(error)
        else:
            self._heard.settled(closed, closed and closed_at_first)

    def _lost(self, why: Exception) -> None:
        self.close()
        self._heard.lost()
        self._claims.lost(self._line, self._take, why)
