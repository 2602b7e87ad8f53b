"""A lamp's output: a line, a PWM channel, a device of the kernel's LED class, or three of them for colours."""

from typing import Protocol

from appliance.core.model import LampKind
from appliance.core.panel.colors import WHITE, parts

HALF = 0.5


class Light(Protocol):
    """One lamp's hardware, dark when created. Creation and methods raise the errors of `line_errors`."""

    kind: LampKind
    glows: bool  # it dims smoothly without any cost
    devices: tuple[str, ...]  # the kernel's devices, as paths in /sys: if one is removed, the light is lost

    def show(self, level: float, color: str = WHITE) -> None:
        """Shine with this share of its maximum, 0 to 1; the nearest that the hardware can do."""

    def close(self) -> None:
        """Go dark, and release the hardware; raises nothing."""


class Three:
    """A lamp with colours: lights for red, green and blue."""

    def __init__(self, lights: tuple[Light, ...]) -> None:
        self._lights = lights
        self.glows = all(light.glows for light in lights)
        self.devices = tuple(device for light in lights for device in light.devices)
        self.kind = LampKind(dims=all(light.kind.dims for light in lights), colors=True)

    def show(self, level: float, color: str = WHITE) -> None:
        """Each light shines with its part; lights that cannot dim are on from half of it."""
        for light, part in zip(self._lights, parts(color), strict=True):
            light.show(level * (part if light.kind.dims else float(part >= HALF)))

    def close(self) -> None:
        """Close all lights."""
        for light in self._lights:
            light.close()
