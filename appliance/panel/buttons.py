"""The panel's buttons: each edge of a line becomes an input at once; what an edge means is for the core to say."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from appliance.core.inputs import ButtonEdge, Input
from appliance.core.model import ButtonId
from appliance.panel.claims import Claims
from appliance.panel.lines import line_errors

LONGEST_LAG_S = 5.0


@dataclass(frozen=True, slots=True)
class ButtonWiring:
    """A button's line. `pin`: as gpiozero names it (17, "GPIO17", "BOARD11").

    `pull` is the board's own resistor; "none" where the wiring has one, which then pulls up.
    """

    id: ButtonId
    pin: int | str
    pull: Literal["up", "down", "none"] = "up"

    @property
    def active_low(self) -> bool:
        """Whether the button pulls its line to ground."""
        return self.pull != "down"


class Buttons:
    """Posts ButtonEdge from whichever thread gpiozero calls in; `at` is the moment of the edge, not of the call.

    A line that is active when taken is posted as an edge. To be made on the loop's thread.
    """

    def __init__(self, wiring: tuple[ButtonWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._claims, self._post = claims, post
        self._devices: list[Any] = []
        for button in wiring:
            claims.take(f"button {button.id} (pin {button.pin})", partial(self._take, button))

    def close(self) -> None:
        """Let go of the lines."""
        for device in self._devices:
            with suppress(*line_errors()):
                device.close()
        self._devices.clear()

    def _take(self, button: ButtonWiring) -> None:
        # Late: the board's libraries are loaded only where there is a panel.
        from gpiozero import DigitalInputDevice  # noqa: PLC0415

        # Not gpiozero's Button: that one starts a thread for each, which wakes ten times a second.
        device = DigitalInputDevice(
            button.pin,
            pull_up={"up": True, "down": False, "none": None}[button.pull],
            active_state=False if button.pull == "none" else None,
            pin_factory=self._claims.factory,
        )
        self._devices.append(device)

        def edge(active: bool) -> None:
            since = device.active_time if active else device.inactive_time
            # A factory whose clock is not the one it stamps edges with must not send us to another day.
            lag = since if since is not None and 0 <= since < LONGEST_LAG_S else 0.0
            self._post(ButtonEdge(at=time.monotonic() - lag, button=button.id, active=active))

        device.when_activated = lambda: edge(active=True)
        device.when_deactivated = lambda: edge(active=False)
        if device.is_active:
            self._post(ButtonEdge(at=time.monotonic(), button=button.id, active=True))
