"""The panel's sensors: contacts of doors, housings and others. Their level counts from the moment it is known."""

import time
from collections.abc import Callable

from appliance.core.inputs import Input, SensorEdge
from appliance.core.model import SensorId
from appliance.panel.gpio.input_line import InputLine, InputWiring, LineCallbacks
from appliance.panel.gpio.line_claims import Claims


class SensorWiring(InputWiring):
    """A sensor's line. A normally closed sensor is active when it is open, and so when its wire is cut."""

    normally_closed: bool = True


class Sensors:
    """Posts SensorEdge: the level of a claimed line, each edge, and None if it is lost. Made on the loop's thread."""

    def __init__(self, wiring: tuple[SensorWiring, ...], claims: Claims, post: Callable[[Input], None]) -> None:
        self._post = post
        self._lines = [InputLine(f"sensor {sensor.id}", sensor, claims, self._heard(sensor)) for sensor in wiring]

    def close(self) -> None:
        """Release the lines."""
        for line in self._lines:
            line.close()

    def _heard(self, wiring: SensorWiring) -> LineCallbacks:
        sensor = SensorId(wiring.id)

        def edge(at: float, closed: bool) -> None:
            self._post(SensorEdge(at=at, sensor=sensor, active=closed != wiring.normally_closed))

        def settled(closed: bool, _from_the_first: bool) -> None:
            edge(time.monotonic(), closed)

        def lost() -> None:
            self._post(SensorEdge(at=time.monotonic(), sensor=sensor, active=None))

        return LineCallbacks(edge, settled, lost)
