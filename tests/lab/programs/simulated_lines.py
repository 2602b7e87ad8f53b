"""The lines of a simulated chip, driven and read from outside; for programs that run in the guest.

A thread of the kernel reports edges, with a higher priority than all others: in a guest with one processor it has
reported each edge before the next one can be made.
"""

import os
from pathlib import Path


class Lines:
    """All of a chip's, by their numbers."""

    def __init__(self, chip: str) -> None:
        config = Path("/sys/kernel/config/gpio-sim") / chip
        device = Path("/sys/devices/platform") / (config / "dev_name").read_text().strip()
        bank = device / (config / "bank" / "chip_name").read_text().strip()
        self.count = int((config / "bank" / "num_lines").read_text())
        self._pulls = [os.open(bank / f"sim_gpio{line}" / "pull", os.O_WRONLY) for line in range(self.count)]
        self._values = [os.open(bank / f"sim_gpio{line}" / "value", os.O_RDONLY) for line in range(self.count)]

    def pull(self, line: int, *, down: bool) -> None:
        """Connect it to ground, or let it go up; a line that is driven is not impressed."""
        os.pwrite(self._pulls[line], b"pull-down" if down else b"pull-up", 0)

    def low(self, line: int) -> bool:
        """Whether it is."""
        return os.pread(self._values[line], 1, 0) == b"0"
