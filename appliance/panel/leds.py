"""Lamps that the kernel has a driver for: LED-class devices (Documentation/leds/leds-class.rst).

A write to sysfs returns at once: drivers that may sleep set the brightness in a workqueue of the kernel.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from appliance.errors import IntercomError
from appliance.panel.names import KernelLed

LEDS = Path("/sys/class/leds")


class Led:
    """One lamp; `value` makes it shine with its brightness, or not. Raises IntercomError."""

    def __init__(self, wiring: KernelLed) -> None:
        self._wiring = wiring
        folder = LEDS / wiring.name
        try:
            full = int((folder / "max_brightness").read_text())
            (folder / "trigger").write_text("none")  # else the kernel goes on to blink it
            self._file = os.open(folder / "brightness", os.O_WRONLY)
        except OSError as error:
            raise self._trouble(error) from error
        self._bright = max(1, round(full * wiring.brightness))
        self.value = False

    @property
    def value(self) -> bool:
        """Whether it was last made to shine."""
        return self._value

    @value.setter
    def value(self, on: bool) -> None:
        try:
            os.pwrite(self._file, b"%d\n" % (self._bright if on else 0), 0)
        except OSError as error:
            raise self._trouble(error) from error
        self._value = on

    def close(self) -> None:
        """Switch it off and let go of it."""
        with suppress(IntercomError):
            self.value = False
        os.close(self._file)

    def _trouble(self, error: OSError) -> IntercomError:
        match error.errno:
            case errno.ENOENT:
                there = ", ".join(sorted(path.name for path in LEDS.iterdir())) if LEDS.is_dir() else ""
                cause, remedy = f"the kernel has none of that name; there are: {there or 'none'}", "take one of those"
            case errno.ENODEV:
                cause, remedy = "its device was taken away", "bring it back: it is taken again by itself"
            case errno.EACCES | errno.EPERM | errno.EROFS:
                cause = f"it can not be written: {error.strerror}"
                remedy = "let the group gpio, and the service's sandbox, write to it (docs/how-to/wire-lines.md)"
            case _:
                cause, remedy = error.strerror or str(error), "the kernel's log (dmesg) may tell more"
        return IntercomError("unavailable", f"{self._wiring} can not be used", cause, remedy)
