"""The kernel's devices for lamps beyond plain lines: LED-class devices and PWM chips, as sysfs shows them."""

import os
from importlib.util import find_spec
from pathlib import Path

from appliance.base.record import Record


class LedDevice(Record):
    """A device of the LED class. `colors`: a multicolour device. `ours`: we may write to it."""

    name: str
    levels: int
    colors: bool
    ours: bool


class PwmChip(Record):
    """A PWM chip: its name in /sys/class/pwm changes between boots, its device's name does not."""

    name: str
    device: str
    channels: int
    ours: bool


def leds(root: Path = Path("/")) -> tuple[LedDevice, ...]:
    """All LED-class devices."""
    return tuple(
        LedDevice(
            folder.name,
            int((folder / "max_brightness").read_text()),
            (folder / "multi_index").exists(),
            os.access(folder / "brightness", os.W_OK),
        )
        for folder in sorted((root / "sys/class/leds").glob("*"))
    )


def pwm_chips(root: Path = Path("/")) -> tuple[PwmChip, ...]:
    """All PWM chips."""
    return tuple(
        PwmChip(
            folder.name,
            (folder / "device").resolve().name,
            int((folder / "npwm").read_text()),
            os.access(folder / "export", os.W_OK),
        )
        for folder in sorted((root / "sys/class/pwm").glob("pwmchip*"))
    )


def lines_dim() -> bool:
    """Whether lines that are named by pins have PWM: with lgpio, or with the factory set for gpiozero."""
    return bool(os.environ.get("GPIOZERO_PIN_FACTORY") or find_spec("lgpio"))
