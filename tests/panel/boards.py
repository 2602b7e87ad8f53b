"""The boards on which buttons and lamps must do the same; each is a parameter of the fixture `board`.

A board has lines 0 to 5, whose names are what wiring is made of, and moves and reads them from outside, as fingers and
eyes would.
"""

import os
from itertools import count
from pathlib import Path

from appliance.panel.gpio.factory import lines
from appliance.panel.gpio.line_names import ChipLine, called


class SimulatedBoard:
    """gpiozero's mock pins, moved and read behind the back of what has them."""

    pins = (17, 27, 22, 5, 6, 13)
    other_name = "BOARD11"  # of line 0
    missing = 99

    def __init__(self):
        self.factory = lines("simulated")
        self.factory.reset()  # 1.6.2 has one set of pins for all factories

    def drive(self, line, high):
        """As the wiring moves a line."""
        pin = self.factory.pin(self.pins[line])
        if high:
            pin.drive_high()
        else:
            pin.drive_low()

    def level(self, line):
        return bool(self.factory.pin(self.pins[line]).state)

    def hold(self, line):
        """Another user of the line, until its `close`."""
        from gpiozero import DigitalInputDevice

        return DigitalInputDevice(self.pins[line], pin_factory=self.factory)

    def close(self):
        self.factory.close()
        self.factory.reset()


CONFIG, DEVICES = Path("/sys/kernel/config/gpio-sim"), Path("/sys/devices/platform")
_numbers = count()


class ChipBoard:
    """Our pins on a chip of the kernel's gpio-sim, which `take_away` and `bring_back` make go and come."""

    def __init__(self, label=None):
        self.label = label or f"board{os.getpid()}-{next(_numbers)}"
        self.pins = tuple(ChipLine(self.label, f"LINE{number}") for number in range(6))
        self.other_name = ChipLine(self.label, "0")
        self.missing = ChipLine(self.label, "LINE99")
        self._config = CONFIG / self.label
        bank = self._config / "bank"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text("6")
        (bank / "label").write_text(self.label)
        for number, pin in enumerate(self.pins):
            (bank / f"line{number}").mkdir()
            (bank / f"line{number}" / "name").write_text(pin.line)
        self.bring_back()
        self.factory = lines("chips")

    @property
    def path(self):
        return Path("/dev") / (self._config / "bank" / "chip_name").read_text().strip()

    def _attribute(self, line, name):
        device = DEVICES / (self._config / "dev_name").read_text().strip()
        return device / (self._config / "bank" / "chip_name").read_text().strip() / f"sim_gpio{line}" / name

    def drive(self, line, high):
        self._attribute(line, "pull").write_text("pull-up" if high else "pull-down")

    def level(self, line):
        return self._attribute(line, "value").read_text().strip() == "1"

    def hold(self, line):
        import gpiod

        chip = gpiod.Chip(str(self.path))
        try:
            return _Held(chip.request_lines({line: None}, consumer="someone else"))
        finally:
            chip.close()

    def take_away(self):
        (self._config / "live").write_text("0")

    def bring_back(self):
        (self._config / "live").write_text("1")

    def close(self):
        self.factory.close()
        if (self._config / "live").read_text().strip() == "1":
            self.take_away()
        for line in (self._config / "bank").glob("line*"):
            line.rmdir()
        (self._config / "bank").rmdir()
        self._config.rmdir()


class _Held:
    def __init__(self, request):
        self.close = request.release


def text(pin):
    """What a line is called in texts."""
    return called(pin)


# gpio-sim is in the lab's kernel only, where tests/lab runs this suite and counts what passed.
CHIPS = {"gpio-sim": ChipBoard} if CONFIG.is_dir() else {}
BOARDS = {"simulated": SimulatedBoard, **CHIPS}
