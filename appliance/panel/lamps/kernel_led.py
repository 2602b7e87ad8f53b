"""Lamps with a driver in the kernel: LED-class devices (Documentation/leds/leds-class.rst).

Lamps with colours are its multicolour class (leds-class-multicolor.rst). A write to sysfs returns at once: drivers that
may sleep set the brightness in a workqueue of the kernel.
"""

import os
from contextlib import suppress
from pathlib import Path

from appliance.base.errors import IntercomError
from appliance.core.model import LampKind
from appliance.core.panel.colors import WHITE, parts
from appliance.panel.gpio.line_names import KernelLed
from appliance.panel.lamps.sysfs import trouble

LEDS = Path("/sys/class/leds")
PARTS = ("red", "green", "blue")


class LedLamp:
    """One lamp. Raises IntercomError."""

    def __init__(self, wiring: KernelLed) -> None:
        self._wiring = wiring
        folder = LEDS / wiring.name
        self._intensity = self._brightness = -1
        try:
            self.devices: tuple[str, ...] = (str(folder.resolve(strict=True)),)
            self._full = int((folder / "max_brightness").read_text())
            (folder / "trigger").write_text("none")  # otherwise the kernel may blink it
            index = folder / "multi_index"
            self._index = index.read_text().split() if index.exists() else []
            self._intensity = os.open(folder / "multi_intensity", os.O_WRONLY) if self._index else -1
            self._brightness = os.open(folder / "brightness", os.O_WRONLY)
            self._color = ""
            self.glows = self._full > 1
            self.kind = LampKind(dims=self.glows, colors=bool(self._index))
            self.show(0.0)
        except (OSError, IntercomError) as error:
            self.close()  # it is tried again each minute
            raise error if isinstance(error, IntercomError) else trouble(wiring, LEDS, error) from error

    def show(self, level: float, color: str = WHITE) -> None:
        """Shine; any level above 0 is at least the smallest brightness."""
        try:
            if self._index and color != self._color:
                known = dict(zip(PARTS, parts(color), strict=True))
                shares = (round(self._full * known.get(name, 0.0)) for name in self._index)
                os.pwrite(self._intensity, b"%s\n" % " ".join(map(str, shares)).encode(), 0)
                self._color = color
            os.pwrite(self._brightness, b"%d\n" % (max(1, round(self._full * level)) if level else 0), 0)
        except OSError as error:
            raise trouble(self._wiring, LEDS, error) from error

    def close(self) -> None:
        """Switch the LED off, and close its files."""
        with suppress(OSError):
            os.pwrite(self._brightness, b"0\n", 0)
        for file in (self._brightness, self._intensity):
            if file >= 0:
                os.close(file)
