"""How the panel's lines are named."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChipLine:
    """A line of a GPIO chip.

    Chip: its label, its name in /dev, or its path; line: its name, or its offset if that is all digits.
    """

    chip: str
    line: str

    def __str__(self) -> str:
        return f"line {self.line} of chip {self.chip}"


@dataclass(frozen=True, slots=True)
class KernelLed:
    """A device of the kernel's LED class, by its name in /sys/class/leds. `brightness`: up to 1, of what it can."""

    name: str
    brightness: float

    def __str__(self) -> str:
        return f"LED {self.name}"


PinName = int | str | ChipLine  # a number or text is gpiozero's name of a pin (17, "GPIO17", "BOARD11")


def called(name: PinName | KernelLed) -> str:
    """What people call it."""
    return str(name) if isinstance(name, ChipLine | KernelLed) else f"pin {name}"
