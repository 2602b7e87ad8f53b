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


PinName = int | str | ChipLine  # a number or text is gpiozero's name of a pin (17, "GPIO17", "BOARD11")


def called(name: PinName) -> str:
    """What people call it."""
    return str(name) if isinstance(name, ChipLine) else f"pin {name}"
