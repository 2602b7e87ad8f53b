"""Names of the panel's lines, and of other lamp outputs."""

from appliance.base.record import Record


class ChipLine(Record):
    """A line of a GPIO chip.

    Chip: its label, its name in /dev, or its path; line: its name, or its offset if that is all digits.
    """

    chip: str
    line: str

    def __str__(self) -> str:
        return f"line {self.line} of chip {self.chip}"


class KernelLed(Record):
    """A device of the kernel's LED class, by its name in /sys/class/leds."""

    name: str

    def __str__(self) -> str:
        return f"LED {self.name}"


class PwmChannel(Record):
    """A channel of a PWM chip, which is named by its device, or as in /sys/class/pwm."""

    chip: str
    channel: int

    def __str__(self) -> str:
        return f"PWM {self.chip}/{self.channel}"


PinName = int | str | ChipLine  # a number or text is gpiozero's name of a pin (17, "GPIO17", "BOARD11")
LightName = PinName | KernelLed | PwmChannel


def called(name: LightName) -> str:
    """The name for people."""
    return f"pin {name}" if isinstance(name, int | str) else str(name)
