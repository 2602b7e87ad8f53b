"""Lamps on PWM channels, by the kernel's sysfs interface (Documentation/driver-api/pwm.rst)."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core.model import LampKind
from appliance.core.panel.colors import WHITE
from appliance.panel.gpio.line_names import PwmChannel
from appliance.panel.lamps.sysfs import trouble

CHIPS = Path("/sys/class/pwm")
PERIOD_NS = 1_000_000  # 1 kHz: no visible flicker, and every chip supports it


def chip(name: str) -> Path:
    """The folder of a chip, named by its device, or as pwmchip0. Raises FileNotFoundError."""
    for folder in sorted(CHIPS.iterdir()) if CHIPS.is_dir() else []:
        if name in {folder.name, (folder / "device").resolve().name}:
            return folder
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def export(wiring: PwmChannel) -> bool:
    """Have the kernel create the channel's files; False: they exist already. Raises IntercomError.

    A moment later udev lets the group write to them.
    """
    try:
        folder = chip(wiring.chip)
        if (folder / f"pwm{wiring.channel}").exists():
            return False
        (folder / "export").write_text(str(wiring.channel))
    except OSError as error:
        if error.errno == errno.ENODEV:
            cause = f"the chip has {(folder / 'npwm').read_text().strip()} channels, counted from 0"
            raise IntercomError(ErrorCode.UNAVAILABLE, f"{wiring} cannot be used", cause, "use one of those") from error
        raise trouble(wiring, CHIPS, error) from error
    return True


class Pwm:
    """One exported channel. It stays exported, enabled and dark: a disabled one has no defined level. IntercomError."""

    kind = LampKind(dims=True, colors=False)
    glows = True

    def __init__(self, wiring: PwmChannel, *, active_low: bool = False) -> None:
        self._wiring = wiring
        try:
            self._folder = chip(wiring.chip) / f"pwm{wiring.channel}"
            self.devices: tuple[str, ...] = (str(self._folder.resolve(strict=True).parent),)
            self._upside_down = False
            self._prepare("inversed" if active_low else "normal")
            self._duty = os.open(self._folder / "duty_cycle", os.O_WRONLY)
        except OSError as error:
            raise trouble(wiring, CHIPS, error) from error

    def show(self, level: float, color: str = WHITE) -> None:  # noqa: ARG002  it has one colour
        """Shine for this share of each period."""
        try:
            os.pwrite(self._duty, b"%d\n" % self._lasting(level), 0)
        except OSError as error:
            raise trouble(self._wiring, CHIPS, error) from error

    def close(self) -> None:
        """Go dark."""
        with suppress(IntercomError):
            self.show(0.0)
        os.close(self._duty)

    def _prepare(self, polarity: str) -> None:
        """Set it up dark, in the order that every kernel accepts.

        Older kernels refuse everything while the period is 0, all of them a duty cycle above the period, and many
        drivers a change of polarity while the channel is enabled.
        """
        if self._read("enable") == "1":
            self._write("enable", "0")
        if int(self._read("duty_cycle")) > PERIOD_NS:
            self._write("duty_cycle", "0")
        self._write("period", str(PERIOD_NS))
        if self._read("polarity") != polarity:
            try:
                self._write("polarity", polarity)
            except OSError:  # the chip has only one polarity, so its dark is light
                self._upside_down = True
        self._write("duty_cycle", str(self._lasting(0.0)))
        self._write("enable", "1")

    def _lasting(self, level: float) -> int:
        lasting = round(PERIOD_NS * level)
        return PERIOD_NS - lasting if self._upside_down else lasting

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text().strip()

    def _write(self, name: str, value: str) -> None:
        (self._folder / name).write_text(value)
