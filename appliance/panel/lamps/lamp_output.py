"""What a lamp shines by: a line, a PWM channel, a device of the kernel's LED class, or three for its colours."""

from typing import Protocol

from appliance.core.model import LampKind
from appliance.core.panel.colors import WHITE, parts

HALF = 0.5


class Light(Protocol):
    """One lamp's hardware, dark when it was made. Its makers and methods raise what `line_errors` names."""

    kind: LampKind
    glows: bool  # it dims, and that costs nobody any time
    devices: tuple[str, ...]  # of the kernel's, as paths in /sys: when one of them goes, so does the light

    def show(self, level: float, color: str = WHITE) -> None:
        """Shine with so much of what it can, 0 to 1; what cannot do that, or not that colour, comes near it."""

    def close(self) -> None:
        """Go dark, and let go of it; raises nothing."""


class Three:
    """A lamp with colours: lights for red, green and blue."""

    def __init__(self, lights: tuple[Light, ...]) -> None:
        self._lights = lights
        self.glows = all(light.glows for light in lights)
        self.devices = tuple(device for light in lights for device in light.devices)
        self.kind = LampKind(dims=all(light.kind.dims for light in lights), colors=True)

    def show(self, level: float, color: str = WHITE) -> None:
        """Each shines with its part; where they only go on and off, from half of it on."""
        for light, part in zip(self._lights, parts(color), strict=True):
            light.show(level * (part if light.kind.dims else float(part >= HALF)))

    def close(self) -> None:
        """Close all."""
        for light in self._lights:
            light.close()
