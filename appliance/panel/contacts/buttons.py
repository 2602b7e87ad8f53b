"""The panel's buttons: each edge of a line becomes an input at once; what an edge means is for the core to say."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.core.inputs import ButtonEdge, Input
from appliance.core.model import ButtonId
from appliance.panel.gpio.input_line import Heard, InputLine, InputWiring
from appliance.panel.gpio.line_claims import Claims


@dataclass(frozen=True, slots=True)
class ButtonWiring(InputWiring):
    """A button's line: pressed, it is closed."""


class Buttons:
    """Posts ButtonEdge from whichever thread gpiozero calls in; `at` is the moment of the edge, not of the call.

    A line that is active when taken is posted as an edge; not one that comes back, for nobody pressed it then. One that
    is lost ends its press, which then means nothing. Made on the loop's thread.
    """

    def __init__(self, wiring: tuple[ButtonWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._post = post
        self._lines = [InputLine(f"button {button.id}", button, claims, self._heard(button)) for button in wiring]

    def close(self) -> None:
        """Let go of the lines."""
        for line in self._lines:
            line.close()

    def _heard(self, wiring: ButtonWiring) -> Heard:
        button = ButtonId(wiring.id)

        def edge(at: float, closed: bool) -> None:
            self._post(ButtonEdge(at=at, button=button, active=closed))

        def settled(_closed: bool, from_the_first: bool) -> None:
            if from_the_first:
                edge(time.monotonic(), closed=True)

        def lost() -> None:
            self._post(ButtonEdge(at=time.monotonic(), button=button, active=False, lost=True))

        return Heard(edge, settled, lost)
