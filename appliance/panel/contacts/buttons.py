"""The panel's buttons: every edge of a line becomes an input at once, and the core decides its meaning."""

import time
from collections.abc import Callable

from appliance.core.inputs import ButtonEdge, Input
from appliance.core.model import ButtonId
from appliance.panel.gpio.input_line import InputLine, InputWiring, LineCallbacks
from appliance.panel.gpio.line_claims import Claims


class ButtonWiring(InputWiring):
    """A button's line: a pressed button is a closed contact."""


class Buttons:
    """Posts ButtonEdge from the thread in which gpiozero calls; `at` is the time of the edge, not of the call.

    A line that is active when it is claimed, at the start or after it was lost, is posted as a first level: nobody
    pressed it then. A lost line ends its press, which then has no action. Created on the loop's thread.
    """

    def __init__(self, wiring: tuple[ButtonWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._post = post
        self._lines = [InputLine(f"button {button.id}", button, claims, self._heard(button)) for button in wiring]

    def close(self) -> None:
        """Release the lines."""
        for line in self._lines:
            line.close()

    def _heard(self, wiring: ButtonWiring) -> LineCallbacks:
        button = ButtonId(wiring.id)

        def edge(at: float, closed: bool) -> None:
            self._post(ButtonEdge(at=at, button=button, active=closed))

        def settled(_closed: bool, from_the_first: bool) -> None:
            if from_the_first:
                self._post(ButtonEdge(at=time.monotonic(), button=button, active=True, first=True))

        def lost() -> None:
            self._post(ButtonEdge(at=time.monotonic(), button=button, active=False, lost=True))

        return LineCallbacks(edge, settled, lost)
