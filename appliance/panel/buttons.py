"""The panel's buttons: each edge of a line becomes an input at once; what an edge means is for the core to say."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from appliance.core.inputs import ButtonEdge, Input
from appliance.core.model import ButtonId
from appliance.panel.claims import Claims
from appliance.panel.lines import line_errors
from appliance.panel.names import PinName, called

LONGEST_LAG_S = 5.0
SETTLED_S = 0.05  # by then a line just taken has followed its pull, however long the cable


@dataclass(frozen=True, slots=True)
class ButtonWiring:
    """A button's line.

    `pull` is the board's own resistor; "none" where the wiring has one, which then pulls up.
    """

    id: ButtonId
    pin: PinName
    pull: Literal["up", "down", "none"] = "up"

    @property
    def active_low(self) -> bool:
        """Whether the button pulls its line to ground."""
        return self.pull != "down"


class Buttons:
    """Posts ButtonEdge from whichever thread gpiozero calls in; `at` is the moment of the edge, not of the call.

    A line that is active when taken is posted as an edge; not one that comes back, for nobody pressed it then. Made on
    the loop's thread.
    """

    def __init__(self, wiring: tuple[ButtonWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._buttons = [_Button(button, claims, post) for button in wiring]

    def close(self) -> None:
        """Let go of the lines."""
        for button in self._buttons:
            button.close()


class _Button:
    """One button. A line that is lost ends its press, which then means nothing, and is claimed again."""

    def __init__(self, wiring: ButtonWiring, claims: Claims, post: Callable[[Input], None]) -> None:
        self._wiring, self._claims, self._post = wiring, claims, post
        self._line = f"button {wiring.id} ({called(wiring.pin)})"
        self._device: Any = None
        self._was_lost = False
        self._settling: asyncio.TimerHandle | None = None
        claims.take(self._line, self._take)

    def close(self) -> None:
        if self._settling:
            self._settling.cancel()
        if self._device:
            with suppress(*line_errors()):
                self._device.close()
        self._device = None

    def _take(self) -> None:
        # Late: the board's libraries are loaded only where there is a panel.
        from gpiozero import DigitalInputDevice  # noqa: PLC0415

        wiring, factory = self._wiring, self._claims.factory
        # Not gpiozero's Button: that one starts a thread for each, which wakes ten times a second.
        device = self._device = DigitalInputDevice(
            wiring.pin,
            pull_up={"up": True, "down": False, "none": None}[wiring.pull],
            active_state=False if wiring.pull == "none" else None,
            pin_factory=factory,
        )

        def edge(active: bool) -> None:
            since = device.active_time if active else device.inactive_time
            # A factory whose clock is not the one it stamps edges with must not send us to another day.
            lag = since if since is not None and 0 <= since < LONGEST_LAG_S else 0.0
            self._tell(time.monotonic() - lag, active=active)

        device.when_activated = lambda: edge(active=True)
        device.when_deactivated = lambda: edge(active=False)
        device.pin.when_lost = self._lost  # called by ChipPin alone: other pins do not notice
        if device.is_active and not self._was_lost:
            self._settling = asyncio.get_running_loop().call_later(SETTLED_S, self._settled)

    def _settled(self) -> None:
        """Believe a line that was active when taken, if it still is."""
        with suppress(*line_errors()):
            if self._device and self._device.is_active:
                self._tell(time.monotonic(), active=True)

    def _lost(self, why: Exception) -> None:
        self._was_lost = True
        self.close()
        self._post(ButtonEdge(at=time.monotonic(), button=self._wiring.id, active=False, lost=True))
        self._claims.lost(self._line, self._take, why)

    def _tell(self, at: float, *, active: bool) -> None:
        self._post(ButtonEdge(at=at, button=self._wiring.id, active=active))
